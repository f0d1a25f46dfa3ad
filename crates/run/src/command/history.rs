//! `ade history`.
use ade_lake::Commit;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::error::RunError;
use crate::workspace::Workspace;

/// One version of a table.
#[derive(Debug, Clone, Serialize)]
pub struct VersionInfo {
    /// Its number.
    pub version: u64,
    /// When it was committed.
    pub committed_at: Option<DateTime<Utc>>,
    /// What was done to the rows: `create`, `append`, `replace`, `replace interval`, `upsert`, `delete`, `restore`, `compact`,
    /// `clean up`; for a commit of another program, its own word.
    pub operation: String,
    /// The batch that it brought.
    pub batch_id: Option<String>,
    /// The run that made it.
    pub run_id: Option<String>,
    /// Why rows took the place of those that were there, where that is not plain.
    pub reason: Option<String>,
    /// Rows that came.
    pub rows_added: Option<u64>,
    /// Rows that went.
    pub rows_removed: Option<u64>,
}

impl Workspace {
    /// The newest versions of a table, newest first.
    pub async fn history(&self, name: &str, limit: usize) -> Result<Vec<VersionInfo>, RunError> {
        let table = self.find_table(name).await?;
        let commits = self.lake.history(&table, Some(limit)).await?;
        let versions = commits.into_iter().map(|commit| VersionInfo {
            version: commit.version,
            committed_at: commit.committed_at,
            operation: operation(&commit).to_owned(),
            batch_id: commit.batch_id.map(|id| id.to_string()),
            run_id: commit.run_id.map(|id| id.to_string()),
            reason: commit.reason,
            rows_added: commit.rows_added,
            rows_removed: commit.rows_removed,
        });
        Ok(versions.collect())
    }
}

/// Delta has one word, `WRITE`, for rows that come, and rows that come in place of others; which it was shows in their
/// numbers.
fn operation(commit: &Commit) -> &str {
    let is_ours = commit.engine.as_deref().is_some_and(|engine| engine.starts_with("ade/"));
    if !is_ours {
        return &commit.operation;
    }
    match commit.operation.as_str() {
        "WRITE" | "MERGE" if commit.version == 0 => "create",
        "WRITE" if commit.interval.is_some() => "replace interval",
        "WRITE" if commit.rows_removed.is_some_and(|rows| rows > 0) => "replace",
        "WRITE" => "append",
        "MERGE" => "upsert",
        "DELETE" => "delete",
        "RESTORE" => "restore",
        "OPTIMIZE" => "compact",
        "VACUUM START" => "clean up",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use ade_lake::Interval;

    use super::*;

    #[test]
    fn commits_of_others_keep_their_words() {
        let of = |engine: &str, operation: &str, version: u64, rows_removed: u64| Commit {
            version,
            committed_at: None,
            operation: operation.to_owned(),
            batch_id: None,
            run_id: None,
            interval: None,
            position: None,
            reason: None,
            rows_added: Some(3),
            rows_removed: Some(rows_removed),
            engine: Some(engine.to_owned()),
        };
        for (engine, delta, version, removed, word) in [
            ("ade/0.1.0", "WRITE", 0, 0, "create"),
            ("ade/0.1.0", "WRITE", 4, 0, "append"),
            ("ade/0.1.0", "WRITE", 4, 2, "replace"),
            ("ade/0.1.0", "MERGE", 4, 2, "upsert"),
            ("ade/0.1.0", "DELETE", 4, 2, "delete"),
            ("ade/0.1.0", "OPTIMIZE", 4, 0, "compact"),
            ("ade/0.1.0", "RESTORE", 4, 2, "restore"),
            ("delta-rs:py-1.0", "WRITE", 4, 2, "WRITE"),
            ("Apache-Spark/4.0", "MERGE", 4, 2, "MERGE"),
        ] {
            assert_eq!(operation(&of(engine, delta, version, removed)), word, "{delta} by {engine}");
        }
        let interval = Interval { from: DateTime::UNIX_EPOCH, to: DateTime::UNIX_EPOCH + chrono::TimeDelta::days(1) };
        let of_a_day = Commit { interval: Some(interval), ..of("ade/0.1.0", "WRITE", 4, 0) };
        assert_eq!(operation(&of_a_day), "replace interval");
    }
}
