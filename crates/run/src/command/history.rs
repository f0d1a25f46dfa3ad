//! `ade history`.
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
    /// What was done: `WRITE`, `MERGE`, `OPTIMIZE`…
    pub operation: String,
    /// The batch that it brought.
    pub batch_id: Option<String>,
    /// The run that made it.
    pub run_id: Option<String>,
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
            operation: commit.operation,
            batch_id: commit.batch_id.map(|id| id.to_string()),
            run_id: commit.run_id.map(|id| id.to_string()),
            rows_added: commit.rows_added,
            rows_removed: commit.rows_removed,
        });
        Ok(versions.collect())
    }
}
