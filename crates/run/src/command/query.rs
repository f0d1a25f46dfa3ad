//! `ade query`.
use std::io::Write;
use std::sync::Arc;

use ade_engine::{
    CsvOptions, JsonLayout, OutputError, RelationName, Rows, Session, SessionOptions, SqlError, SqlErrorKind,
    write_csv, write_json, write_parquet, write_table,
};
use ade_lake::At;
use ade_project::NodeKind;
use ade_project::resource::Materialization;
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use futures::TryStreamExt;

use super::Statement;
use crate::error::RunError;
use crate::workspace::{LakeCatalog, Views, Workspace};

/// What the message about a name begins with that means nothing.
const UNKNOWN: &str = "there is no table or view ";

/// When to read the lake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadAt {
    pub(crate) at: At,
    /// Where a time begins: a day is its end, and yet nothing to come as long as it goes on.
    begins: Option<DateTime<Utc>>,
}

impl ReadAt {
    /// Reads a version (`12`), a day (its end: `2026-01-31`) or a time in UTC (`2026-01-31 08:00:00`).
    pub fn parse(text: &str) -> Result<Self, RunError> {
        let text = text.trim();
        let instant = |time: DateTime<Utc>| Self { at: At::Timestamp(time), begins: Some(time) };
        if let Ok(version) = text.parse() {
            return Ok(Self { at: At::Version(version), begins: None });
        }
        if text.strip_prefix('-').is_some_and(|number| number.parse::<u64>().is_ok()) {
            let hint = "`ade history TABLE` lists the versions of a table".to_owned();
            return Err(RunError::usage(format!("`{text}` is no version: must be 0 or more"), hint));
        }
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(instant(time.to_utc()));
        }
        let formats = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"];
        if let Some(time) = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()) {
            return Ok(instant(time.and_utc()));
        }
        if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            let end = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap_or_default();
            let begins = Some(day.and_time(NaiveTime::MIN).and_utc());
            return Ok(Self { at: At::Timestamp(day.and_time(end).and_utc()), begins });
        }
        Err(RunError::usage(
            format!("`{text}` is neither a version nor a time"),
            "write a version such as 12, a day such as 2026-01-31, or a time such as '2026-01-31 08:00:00' (UTC)"
                .to_owned(),
        ))
    }

    fn instant(self) -> Option<DateTime<Utc>> {
        match self.at {
            At::Timestamp(time) => Some(time),
            At::Latest | At::Version(_) => None,
        }
    }

    /// Refuses a time that is still to come: nobody knows what there will be.
    pub(crate) fn refuse_future(self, now: DateTime<Utc>) -> Result<(), RunError> {
        let Some(begins) = self.begins.filter(|begins| *begins > now) else { return Ok(()) };
        let (begins, now) = (begins.format("%Y-%m-%d %H:%M:%S"), now.format("%Y-%m-%d %H:%M:%S"));
        Err(RunError::usage(
            format!("{begins} UTC is still to come: it is {now} UTC"),
            "give a time that has passed; times without an offset are UTC".to_owned(),
        ))
    }
}

/// The rows of one statement, not yet read.
pub struct Answer {
    rows: Rows,
    statement: Statement,
}

impl Answer {
    /// Reads at most `limit` rows and writes them as an aligned table; tells how many there were.
    pub async fn write_table(self, out: &mut (dyn Write + Send), limit: usize) -> Result<u64, RunError> {
        write_table(self.rows, out, Some(limit)).await.map_err(|error| failed(&self.statement, error))
    }

    /// Writes all rows as CSV with a header.
    pub async fn write_csv(self, out: &mut (dyn Write + Send)) -> Result<u64, RunError> {
        write_csv(self.rows, out, &CsvOptions::default()).await.map_err(|error| failed(&self.statement, error))
    }

    /// Writes all rows as one JSON object per line.
    pub async fn write_json(self, out: &mut (dyn Write + Send)) -> Result<u64, RunError> {
        write_json(self.rows, out, JsonLayout::Lines).await.map_err(|error| failed(&self.statement, error))
    }

    /// Writes all rows as a Parquet file.
    pub async fn write_parquet(self, out: &mut (dyn Write + Send)) -> Result<u64, RunError> {
        write_parquet(self.rows, out).await.map_err(|error| failed(&self.statement, error))
    }

    /// Reads all rows into one batch.
    pub(crate) async fn collect(self) -> Result<RecordBatch, RunError> {
        let schema = self.rows.schema();
        let failed = |error| failed(&self.statement, OutputError::Sql(error));
        let batches = self.rows.collect().await.map_err(failed)?;
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        concat_batches(&schema, &batches).map_err(|_| RunError::Stamp { rows })
    }

    /// Reads all rows and keeps none.
    pub async fn drain(mut self) -> Result<u64, RunError> {
        let mut rows = 0;
        while let Some(batch) =
            self.rows.try_next().await.map_err(|error| failed(&self.statement, OutputError::Sql(error)))?
        {
            rows += batch.num_rows() as u64;
        }
        Ok(rows)
    }
}

/// An error while rows were made or written. Those of values have no place in the text.
fn failed(statement: &Statement, error: OutputError) -> RunError {
    match error {
        OutputError::Sql(error) => {
            let error = SqlError { position: None, ..error };
            RunError::Query { problem: Box::new(statement.problem(&error, None)) }
        }
        other => RunError::Output(other),
    }
}

impl Workspace {
    /// A session for people's queries over the lake as it was at `at`.
    pub(crate) async fn session_at(&self, at: ReadAt) -> Result<Session, RunError> {
        at.refuse_future(self.world.clock.now())?;
        let schema = self.project.environment.relation(&self.project.environment.schema, "").schema;
        let options = SessionOptions::new(schema).with_now(self.world.clock.now());
        let views = match at.instant() {
            Some(instant) => Arc::new(Views::of(self.meta.views_at(self.environment(), instant).await?)),
            None => Arc::clone(&self.views),
        };
        let catalog = LakeCatalog::new(self.lake.clone(), self.meta.clone(), views, at.at);
        Ok(self.engine.session(Arc::new(catalog), options))
    }

    /// Starts a statement. With `limit`, at most so many rows are made.
    pub async fn query(&self, statement: &Statement, at: ReadAt, limit: Option<usize>) -> Result<Answer, RunError> {
        let session = self.session_at(at).await?;
        let rows = session.query_at_most(statement.sql(), limit).await;
        let rows = rows.map_err(|error| self.sql_problem(statement, error, at))?;
        Ok(Answer { rows, statement: statement.clone() })
    }

    /// A statement that cannot be planned or started.
    fn sql_problem(&self, statement: &Statement, error: SqlError, at: ReadAt) -> RunError {
        let error = if at.instant().is_some() { self.not_yet(error) } else { error };
        // Of the past it is not known here what there was.
        let is_now = at == ReadAt::default();
        let view = error.view.as_deref().filter(|_| is_now).and_then(|name| self.views.get(name)).map(|view| view.sql);
        let hint = if is_now { self.how_to_make(&error, None) } else { None };
        let error = match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        };
        RunError::Query { problem: Box::new(statement.problem(&error, view)) }
    }

    /// Of a name that meant nothing at a time in the past, and means a view today, says so.
    fn not_yet(&self, error: SqlError) -> SqlError {
        let name = error.message.strip_prefix(UNKNOWN).filter(|_| error.kind == SqlErrorKind::Unknown);
        let Some(name) = name.and_then(|name| name.split_once('.')) else { return error };
        let name = RelationName::new(name.0, name.1);
        if self.views.get(&name).is_none() {
            return error;
        }
        SqlError { message: format!("view {name} did not exist at that time"), hint: None, ..error }
    }

    /// What to do when SQL names something that the project would make: it was never built here, or it is a view and the
    /// metadata database, which has the views, was lost. `wanted` is the model whose SQL it is.
    pub(crate) fn how_to_make(&self, error: &SqlError, wanted: Option<&str>) -> Option<String> {
        if error.kind != SqlErrorKind::Unknown {
            return None;
        }
        let name = error.message.strip_prefix(UNKNOWN)?;
        let project = &self.project;
        let ids = project.models.keys().chain(project.seeds.keys()).chain(project.sources.keys());
        let is_it =
            |relation: &ade_project::Relation| RelationName::new(&relation.schema, &relation.table).to_string() == name;
        let id = ids.into_iter().find(|id| project.relation(id).is_some_and(is_it))?;
        let node = id.name();
        // What it is made from may not be there either.
        let select = format!("run `ade build --select +{}`", wanted.unwrap_or(node));
        match id.kind() {
            NodeKind::Model if project.models.get(id)?.materialized == Materialization::Ephemeral => {
                Some(format!("model `{node}` is ephemeral: it is part of the models that read it, and has no table"))
            }
            NodeKind::Source => {
                project.sources.get(id)?.connection.as_ref()?;
                let select = match wanted {
                    Some(_) => select,
                    None => format!("run `ade build --select {node}`"),
                };
                Some(format!("source table `{node}` has not landed in environment `{}`: {select}", self.environment()))
            }
            kind => {
                let kind = kind.as_str();
                Some(format!("{kind} `{node}` is not built yet in environment `{}`: {select}", self.environment()))
            }
        }
    }
}
