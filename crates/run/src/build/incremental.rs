//! How the rows of an incremental model meet those of its table.
use ade_diagnostic::{Diagnostic, rule};
use ade_engine::datafusion::common::ScalarValue;
use ade_engine::{Session, type_name};
use ade_lake::{At, Interval, KeySpec, LakeError, Region, SchemaChange, Snapshot, TableName, Write};
use ade_project::resource::{BatchSize, Incremental, IncrementalStrategy, Materialization, Model, OnSchemaChange};
use ade_project::template::Compiled;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Datelike, Months, TimeDelta, TimeZone, Timelike, Utc};

use super::compile::{sql_name, sql_problem};
use super::model::whole;
use super::{Build, TaskError};

/// What is run, and what is done with its rows.
pub(crate) struct Steps {
    pub(crate) sql: String,
    pub(crate) write: Write,
    pub(crate) schema_change: SchemaChange,
    /// The interval that is replaced.
    pub(crate) interval: Option<Interval>,
    /// Up to when the table is complete.
    pub(crate) until: Option<DateTime<Utc>>,
}

/// An incremental model whose table exists.
pub(crate) struct Incrementing<'a> {
    model: &'a Model,
    settings: &'a Incremental,
    snapshot: Snapshot,
    now: DateTime<Utc>,
}

/// Whether, and onto what, a model's rows are added; `None` when its table is made whole.
pub(crate) async fn incrementing<'a>(
    build: &Build,
    model: &'a Model,
    table: &TableName,
) -> Result<Option<Incrementing<'a>>, TaskError> {
    let Some(settings) = &model.incremental else { return Ok(None) };
    let from_nothing = model.full_refresh.unwrap_or(build.options.full_refresh);
    if model.materialized != Materialization::Incremental || from_nothing {
        return Ok(None);
    }
    match build.workspace.lake.snapshot(table, At::Latest).await {
        Ok(snapshot) => Ok(Some(Incrementing { model, settings, snapshot, now: build.workspace.world.clock.now() })),
        Err(LakeError::NoTable { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Incrementing<'_> {
    /// The statement that makes a table whole.
    pub(crate) fn first(model: &Model, compiled: &Compiled, now: DateTime<Utc>) -> Steps {
        let (write, schema_change) = whole();
        let settings = model.incremental.as_ref();
        let write = match settings.filter(|settings| settings.strategy == IncrementalStrategy::Merge) {
            Some(settings) if !settings.unique_key.is_empty() => {
                Write::ReplaceByKey(KeySpec::new(settings.unique_key.iter().cloned()))
            }
            _ => write,
        };
        let mut steps = Steps { sql: compiled.text.clone(), write, schema_change, interval: None, until: None };
        if let Some(grid) = settings.and_then(|settings| settings.interval.as_ref()) {
            let to = next(floor(now, grid.batch_size), grid.batch_size);
            steps.sql = within(&steps.sql, &grid.event_time, floor(grid.begin, grid.batch_size), to);
            steps.until = Some(to);
        }
        steps
    }

    /// The statement whose rows meet the table's, and how.
    pub(crate) async fn statement(&self, session: &Session, compiled: &Compiled) -> Result<Steps, TaskError> {
        let schema =
            session.schema_of(&compiled.text).await.map_err(|error| sql_problem(self.model, compiled, &error))?;
        let (sql, schema_change) = self.fit(&compiled.text, &schema)?;
        let keyed = !self.settings.unique_key.is_empty();
        let mut steps = Steps { sql, write: Write::Append, schema_change, interval: None, until: None };
        match self.settings.strategy {
            IncrementalStrategy::Merge if keyed => {
                steps.sql = self.keep_columns(&steps.sql, &schema);
                steps.write = Write::Upsert(self.keys());
            }
            IncrementalStrategy::DeleteInsert if keyed => steps.write = Write::DeleteInsert(self.keys()),
            // Without a key there is nothing to meet: all rows are added, as in dbt.
            IncrementalStrategy::Append | IncrementalStrategy::Merge | IncrementalStrategy::DeleteInsert => {}
            IncrementalStrategy::InsertOverwrite => {
                steps.write = self.partitions(session, compiled, &steps.sql).await?;
            }
            IncrementalStrategy::Microbatch => self.interval(&mut steps, &schema)?,
        }
        Ok(steps)
    }

    fn keys(&self) -> KeySpec {
        KeySpec::new(self.settings.unique_key.iter().cloned())
    }

    /// Makes the query's columns those that the table may get, by `on_schema_change`.
    fn fit(&self, sql: &str, query: &SchemaRef) -> Result<(String, SchemaChange), TaskError> {
        let table = self.snapshot.schema();
        let new: Vec<&str> = query
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .filter(|name| table.field_with_name(name).is_err())
            .collect();
        let gone: Vec<&str> = table
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .filter(|name| query.field_with_name(name).is_err())
            .collect();
        let refuse = |what: String, hint: &str| {
            let problem = Diagnostic::error(&rule::INVALID_CONTRACT, format!("model `{}`: {what}", self.model.name));
            TaskError::Diagnostics(vec![problem.at(self.model.file.top()).hint(hint)])
        };
        let listed = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let refresh = "build it from nothing with --full-refresh";
        match self.settings.on_schema_change {
            _ if new.is_empty() && gone.is_empty() => Ok((sql.to_owned(), SchemaChange::Evolve)),
            OnSchemaChange::Fail => Err(refuse(
                format!(
                    "its columns changed (new: {}; gone: {}) and `on_schema_change` is `fail`",
                    listed(&new),
                    listed(&gone)
                ),
                refresh,
            )),
            OnSchemaChange::Ignore if !gone.is_empty() => Err(refuse(
                format!("its table has {} and its query has not", listed(&gone)),
                "bring the column back, or set `on_schema_change: append_new_columns`, or build with --full-refresh",
            )),
            OnSchemaChange::SyncAllColumns if !gone.is_empty() => Err(refuse(
                format!("{} is gone from its query; columns are only removed by a whole build", listed(&gone)),
                refresh,
            )),
            OnSchemaChange::Ignore => {
                let columns: Vec<String> = table.fields().iter().map(|field| quoted(field.name())).collect();
                Ok((format!("select {} from (\n{sql}\n) as ade_rows", columns.join(", ")), SchemaChange::Evolve))
            }
            OnSchemaChange::AppendNewColumns | OnSchemaChange::SyncAllColumns => {
                let known = query.fields().iter().map(|field| quoted(field.name()));
                let empty = gone.iter().filter_map(|name| {
                    let field = table.field_with_name(name).ok()?;
                    Some(format!("cast(null as {}) as {}", type_name(field.data_type()), quoted(name)))
                });
                let columns: Vec<String> = known.chain(empty).collect();
                Ok((format!("select {} from (\n{sql}\n) as ade_rows", columns.join(", ")), SchemaChange::Evolve))
            }
        }
    }

    /// `merge_update_columns` and `merge_exclude_columns`: known rows keep the others.
    fn keep_columns(&self, sql: &str, query: &SchemaRef) -> String {
        let Incremental { unique_key, merge_update_columns: update, merge_exclude_columns: exclude, .. } =
            self.settings;
        if update.is_empty() && exclude.is_empty() {
            return sql.to_owned();
        }
        let table = self.snapshot.schema();
        let kept = |name: &String| {
            let chosen = if update.is_empty() { exclude.contains(name) } else { !update.contains(name) };
            chosen && !unique_key.contains(name) && table.field_with_name(name).is_ok()
        };
        let columns: Vec<String> = query
            .fields()
            .iter()
            .map(|field| {
                let name = quoted(field.name());
                if kept(field.name()) {
                    format!("case when ade_old.ade_is_known then ade_old.{name} else ade_new.{name} end as {name}")
                } else {
                    format!("ade_new.{name}")
                }
            })
            .collect();
        let keys: Vec<String> =
            unique_key.iter().map(|key| format!("ade_old.{0} = ade_new.{0}", quoted(key))).collect();
        format!(
            "select {} from (\n{sql}\n) as ade_new left join (select *, true as ade_is_known from {}) as ade_old on {}",
            columns.join(", "),
            sql_name(self.model),
            keys.join(" and "),
        )
    }

    /// `insert_overwrite`: the partitions that occur among the new rows.
    async fn partitions(&self, session: &Session, compiled: &Compiled, sql: &str) -> Result<Write, TaskError> {
        let [column] = self.settings.partition_by.as_slice() else {
            let problem = Diagnostic::error(
                &rule::INVALID_CONFIG,
                format!("model `{}`: `insert_overwrite` needs `partition_by` with exactly one column", self.model.name),
            );
            return Err(TaskError::Diagnostics(vec![problem.at(self.model.file.top())]));
        };
        let distinct = format!("select distinct {} from (\n{sql}\n) as ade_rows", quoted(column));
        let rows = session.query(&distinct).await.map_err(|error| sql_problem(self.model, compiled, &error))?;
        let batches = rows.collect().await.map_err(|error| sql_problem(self.model, compiled, &error))?;
        let mut values = Vec::new();
        for batch in &batches {
            for row in 0..RecordBatch::num_rows(batch) {
                values.push(
                    ScalarValue::try_from_array(batch.column(0), row).map_err(|error| {
                        ade_engine::SqlError::new(ade_engine::SqlErrorKind::Failed, error.to_string())
                    })?,
                );
            }
        }
        Ok(Write::ReplaceWhere(Region::In { column: column.clone(), values }))
    }

    /// Replaces the interval from the last complete one, less the lookback, up to the current one.
    fn interval(&self, steps: &mut Steps, query: &SchemaRef) -> Result<(), TaskError> {
        let Some(grid) = &self.settings.interval else {
            let problem = Diagnostic::error(
                &rule::INVALID_CONFIG,
                format!("model `{}`: `microbatch` needs `event_time`, `batch_size` and `begin`", self.model.name),
            );
            return Err(TaskError::Diagnostics(vec![problem.at(self.model.file.top())]));
        };
        let size = grid.batch_size;
        let current = floor(self.now, size);
        let to = next(current, size);
        let complete = self.snapshot.state().position.as_ref().and_then(|position| {
            let text = position.get("until")?.as_str()?;
            DateTime::parse_from_rfc3339(text).ok().map(|time| previous(time.to_utc(), size))
        });
        // Whatever was the current interval last time was not complete then.
        let mut from = complete.unwrap_or(grid.begin).min(current);
        for _ in 0..grid.lookback {
            from = previous(from, size);
        }
        let from = from.max(floor(grid.begin, size));
        steps.sql = within(&steps.sql, &grid.event_time, from, to);
        let column =
            query.fields().iter().find(|field| field.name().eq_ignore_ascii_case(&grid.event_time)).ok_or_else(
                || {
                    let names = query.fields().iter().map(|field| field.name().as_str());
                    let problem = Diagnostic::error(
                        &rule::INVALID_CONFIG,
                        format!(
                            "model `{}` has no column `{}`, which is its `event_time`",
                            self.model.name, grid.event_time
                        ),
                    );
                    TaskError::Diagnostics(vec![problem.at(self.model.file.top()).suggestion(&grid.event_time, names)])
                },
            )?;
        let bound = |time: DateTime<Utc>| {
            ScalarValue::TimestampMicrosecond(Some(time.timestamp_micros()), None).cast_to(column.data_type())
        };
        let failed = |error: ade_engine::datafusion::error::DataFusionError| {
            ade_engine::SqlError::new(ade_engine::SqlErrorKind::Invalid, error.strip_backtrace())
        };
        steps.write = Write::ReplaceWhere(Region::Range {
            column: column.name().clone(),
            from: bound(from).map_err(failed)?,
            to: bound(to).map_err(failed)?,
        });
        steps.interval = Some(Interval { from, to });
        steps.until = Some(to);
        Ok(())
    }
}

fn within(sql: &str, column: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let literal = |time: DateTime<Utc>| format!("timestamp '{}'", time.format("%Y-%m-%d %H:%M:%S"));
    let column = quoted(column);
    format!("select * from (\n{sql}\n) as ade_rows where {column} >= {} and {column} < {}", literal(from), literal(to))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The start of the interval that `time` is in.
fn floor(time: DateTime<Utc>, size: BatchSize) -> DateTime<Utc> {
    let (month, day, hour) = match size {
        BatchSize::Hour => (time.month(), time.day(), time.hour()),
        BatchSize::Day => (time.month(), time.day(), 0),
        BatchSize::Month => (time.month(), 1, 0),
        BatchSize::Year => (1, 1, 0),
    };
    Utc.with_ymd_and_hms(time.year(), month, day, hour, 0, 0).single().unwrap_or(time)
}

/// The start of the interval after the one that begins at `start`.
fn next(start: DateTime<Utc>, size: BatchSize) -> DateTime<Utc> {
    match size {
        BatchSize::Hour => start + TimeDelta::hours(1),
        BatchSize::Day => start + TimeDelta::days(1),
        BatchSize::Month => start.checked_add_months(Months::new(1)).unwrap_or(start),
        BatchSize::Year => start.checked_add_months(Months::new(12)).unwrap_or(start),
    }
}

/// The start of the interval before the one that begins at `start`.
fn previous(start: DateTime<Utc>, size: BatchSize) -> DateTime<Utc> {
    match size {
        BatchSize::Hour => start - TimeDelta::hours(1),
        BatchSize::Day => start - TimeDelta::days(1),
        BatchSize::Month => start.checked_sub_months(Months::new(1)).unwrap_or(start),
        BatchSize::Year => start.checked_sub_months(Months::new(12)).unwrap_or(start),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_lie_on_a_grid() {
        let time = Utc.with_ymd_and_hms(2024, 3, 31, 13, 45, 7).unwrap();
        let shown: Vec<String> = [BatchSize::Hour, BatchSize::Day, BatchSize::Month, BatchSize::Year]
            .into_iter()
            .map(|size| {
                let start = floor(time, size);
                format!("{} {}", start.format("%F %T"), next(start, size).format("%F %T"))
            })
            .collect();
        assert_eq!(
            shown,
            [
                "2024-03-31 13:00:00 2024-03-31 14:00:00",
                "2024-03-31 00:00:00 2024-04-01 00:00:00",
                "2024-03-01 00:00:00 2024-04-01 00:00:00",
                "2024-01-01 00:00:00 2025-01-01 00:00:00",
            ]
        );
    }
}
