//! `ade query`.
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use ade_engine::{
    CsvOptions, JsonLayout, Rows, Session, SessionOptions, SqlText, split_statements, write_csv, write_json,
    write_parquet, write_table,
};
use ade_lake::At;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use futures::TryStreamExt;

use crate::error::RunError;
use crate::workspace::{LakeCatalog, Views, Workspace};

/// When to read the lake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadAt(pub(crate) At);

impl ReadAt {
    /// Reads a version (`12`), a day (its end: `2026-01-31`) or a time in UTC (`2026-01-31 08:00:00`).
    pub fn parse(text: &str) -> Result<Self, RunError> {
        let text = text.trim();
        if let Ok(version) = text.parse() {
            return Ok(Self(At::Version(version)));
        }
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self(At::Timestamp(time.to_utc())));
        }
        let formats = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"];
        if let Some(time) = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()) {
            return Ok(Self(At::Timestamp(time.and_utc())));
        }
        if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            let end = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap_or_default();
            return Ok(Self(At::Timestamp(day.and_time(end).and_utc())));
        }
        Err(RunError::usage(
            format!("`{text}` is neither a version nor a time"),
            "write a version such as 12, a day such as 2026-01-31, or a time such as '2026-01-31 08:00:00' (UTC)"
                .to_owned(),
        ))
    }

    fn instant(self) -> Option<DateTime<Utc>> {
        match self.0 {
            At::Timestamp(time) => Some(time),
            At::Latest | At::Version(_) => None,
        }
    }
}

/// The rows of one statement, not yet read.
pub struct Answer(Rows);

impl Answer {
    /// Reads at most `limit` rows and writes them as an aligned table; tells how many there were.
    pub async fn write_table(self, out: &mut (dyn Write + Send), limit: usize) -> Result<u64, RunError> {
        Ok(write_table(self.0, out, Some(limit)).await?)
    }

    /// Writes all rows as CSV with a header.
    pub async fn write_csv(self, out: &mut (dyn Write + Send)) -> Result<u64, RunError> {
        Ok(write_csv(self.0, out, &CsvOptions::default()).await?)
    }

    /// Writes all rows as one JSON object per line.
    pub async fn write_json(self, out: &mut (dyn Write + Send)) -> Result<u64, RunError> {
        Ok(write_json(self.0, out, JsonLayout::Lines).await?)
    }

    /// Writes all rows as a Parquet file.
    pub async fn write_parquet(self, out: &mut (dyn Write + Send)) -> Result<u64, RunError> {
        Ok(write_parquet(self.0, out).await?)
    }

    /// Reads all rows and keeps none.
    pub async fn drain(mut self) -> Result<u64, RunError> {
        let mut rows = 0;
        while let Some(batch) = self.0.try_next().await? {
            rows += batch.num_rows() as u64;
        }
        Ok(rows)
    }
}

impl Workspace {
    /// A session for people's queries over the lake as it was at `at`.
    pub(crate) async fn session_at(&self, at: ReadAt) -> Result<Session, RunError> {
        let schema = self.project.environment.relation(&self.project.environment.schema, "").schema;
        let options = SessionOptions::new(schema).with_now(self.world.clock.now());
        let views = match at.instant() {
            Some(instant) => Arc::new(Views::of(self.meta.views_at(self.environment(), instant).await?)),
            None => Arc::clone(&self.views),
        };
        let catalog = LakeCatalog::new(self.lake.clone(), self.meta.clone(), views, at.0);
        Ok(self.engine.session(Arc::new(catalog), options))
    }

    /// Starts one statement. With `limit`, at most so many rows are made.
    pub async fn query(&self, sql: &str, at: ReadAt, limit: Option<usize>) -> Result<Answer, RunError> {
        let session = self.session_at(at).await?;
        let statements = split_statements(sql)?;
        let [statement] = statements.as_slice() else {
            let count = statements.len();
            return Err(RunError::usage(
                format!("expected one statement, found {count}"),
                (count > 1).then(|| "put them in a file and run it with --file".to_owned()),
            ));
        };
        let text = match limit {
            Some(limit) if is_query(&statement.sql) => {
                format!("select * from (\n{}\n) as ade_rows limit {limit}", statement.sql)
            }
            _ => statement.sql.clone(),
        };
        // An error must point into what the person wrote, so that text is planned first.
        session.plan(&statement.sql).await?;
        Ok(Answer(session.query(&text).await?))
    }

    /// The statements of a file.
    pub fn statements(path: &Path) -> Result<Vec<SqlText>, RunError> {
        let text = std::fs::read_to_string(path).map_err(|source| RunError::File {
            action: "read",
            path: path.to_owned(),
            source,
        })?;
        Ok(split_statements(&text)?)
    }
}

fn is_query(sql: &str) -> bool {
    let first = sql.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    matches!(first.as_str(), "select" | "with" | "values") || first.starts_with('(')
}
