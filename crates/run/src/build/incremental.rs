//! How the rows of an incremental model meet those of its table.
use ade_diagnostic::{Diagnostic, agree, count, rule};
use ade_engine::datafusion::common::ScalarValue;
use ade_engine::{Session, type_name};
use ade_lake::{
    At, Interval, KeySpec, LakeError, Region, RowCounts, SchemaChange, Snapshot, TableName, Write, delta_schema,
};
use ade_project::resource::{Incremental, IncrementalStrategy, Materialization, Model, OnSchemaChange};
use ade_project::template::Compiled;
use arrow::datatypes::{DataType, SchemaRef};
use chrono::{DateTime, Utc};

use super::check_spec::relation_name;
use super::compile::{sql_name, sql_problem};
use super::interval::{complete_until, due, so_far, touched};
use super::model::whole;
use super::{Build, EventTimeRange, TaskError};

/// What is run, and what is done with its rows.
pub(crate) struct Steps {
    /// Statements whose rows go into one write, in order: one, or one for each interval.
    pub(crate) statements: Vec<String>,
    pub(crate) write: Write,
    pub(crate) schema_change: SchemaChange,
    /// The interval that is replaced.
    pub(crate) interval: Option<Interval>,
    /// Up to when the table is complete.
    pub(crate) until: Option<DateTime<Utc>>,
    /// What its author may not expect.
    pub(crate) notes: Vec<String>,
}

impl Steps {
    /// That rows which were made shared their key, of which the table has one row each.
    pub(crate) fn repeated(&self, counts: RowCounts) -> Option<String> {
        let Write::Upsert(keys) = &self.write else { return None };
        let repeated = counts.arrived.saturating_sub(counts.added);
        (repeated > 0).then(|| {
            format!(
                "{repeated} of {} {} a `unique_key` ({}) that another row of them has, too: one row of each key stayed; \
                 have the query give one row for each, so that it says which",
                count(counts.arrived, "row"),
                agree(repeated, "has", "have"),
                keys.columns.join(", "),
            )
        })
    }
}

/// An incremental model whose table exists.
pub(crate) struct Incrementing<'a> {
    build: &'a Build,
    model: &'a Model,
    settings: &'a Incremental,
    snapshot: Snapshot,
    now: DateTime<Utc>,
    range: Option<EventTimeRange>,
}

/// Whether, and onto what, a model's rows are added; `None` when its table is made whole.
pub(crate) async fn incrementing<'a>(
    build: &'a Build,
    model: &'a Model,
    table: &TableName,
) -> Result<Option<Incrementing<'a>>, TaskError> {
    let Some(settings) = &model.incremental else { return Ok(None) };
    let from_nothing = model.full_refresh.unwrap_or(build.options.full_refresh);
    if model.materialized != Materialization::Incremental || from_nothing {
        return Ok(None);
    }
    // A table behind a view is what is left of another time; readers have long been on the view.
    if build.workspace.views.get(&relation_name(&model.relation)).is_some() {
        return Ok(None);
    }
    match build.workspace.lake.snapshot(table, At::Latest).await {
        Ok(snapshot) => {
            let (now, range) = (build.workspace.world.clock.now(), build.options.event_time);
            Ok(Some(Incrementing { build, model, settings, snapshot, now, range }))
        }
        Err(LakeError::NoTable { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Incrementing<'_> {
    /// The statement that makes a table whole; of one that is made by intervals, those of `range` when there is one.
    pub(crate) fn first(
        model: &Model,
        compiled: &Compiled,
        now: DateTime<Utc>,
        range: Option<EventTimeRange>,
    ) -> Steps {
        // Rows that share a `unique_key` are all kept, as in dbt: which of them is right is no guess to make, and a check for
        // `unique` sees them.
        let (write, schema_change) = whole();
        let settings = model.incremental.as_ref();
        let sql = compiled.text.clone();
        // Readers must never see a table that is made anew in part: however many intervals there are, they are one commit.
        let grid = settings.and_then(|settings| settings.interval.as_ref());
        let all = |grid| match range.map(|range| touched(grid, range)).as_deref() {
            Some([first, .., last]) => Interval { from: first.from, to: last.to },
            Some([only]) => *only,
            Some([]) | None => so_far(grid, now),
        };
        let (sql, until) = match grid.map(|grid| (grid, all(grid))) {
            Some((grid, all)) => (within(&sql, &grid.event_time, &all), Some(all.to)),
            None => (sql, None),
        };
        Steps { statements: vec![sql], write, schema_change, interval: None, until, notes: Vec::new() }
    }

    /// The intervals to make, oldest first: those that were asked for, or those that are due; `None` for a model that is not made by intervals.
    pub(crate) fn due(&self) -> Result<Option<Vec<Interval>>, TaskError> {
        if self.settings.strategy != IncrementalStrategy::Microbatch {
            return Ok(None);
        }
        let Some(grid) = &self.settings.interval else {
            let problem = Diagnostic::error(
                &rule::INVALID_CONFIG,
                format!("model `{}`: `microbatch` needs `event_time`, `batch_size` and `begin`", self.model.name),
            );
            return Err(TaskError::Diagnostics(vec![problem.at(self.model.file.top())]));
        };
        Ok(Some(match self.range {
            Some(range) => touched(grid, range),
            None => due(grid, self.until(), self.now),
        }))
    }

    /// Up to when the table is complete.
    fn until(&self) -> Option<DateTime<Utc>> {
        let text = self.snapshot.state().position.as_ref()?.get("until")?.as_str()?;
        DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc())
    }

    /// The statements whose rows meet the table's, and how; with `intervals`, which follow on each other, those of them.
    pub(crate) async fn statements(
        &self,
        session: &Session,
        compiled: &Compiled,
        intervals: &[Interval],
    ) -> Result<Steps, TaskError> {
        let schema = session
            .schema_of(&compiled.text)
            .await
            .map_err(|error| sql_problem(self.build, self.model, compiled, error))?;
        let (sql, schema_change) = self.fit(&compiled.text, &schema)?;
        let keyed = !self.settings.unique_key.is_empty();
        let mut steps = Steps {
            statements: vec![sql],
            write: Write::Append,
            schema_change,
            interval: None,
            until: None,
            notes: self.left_out(&schema),
        };
        match self.settings.strategy {
            IncrementalStrategy::Merge if keyed => {
                let fitted = session.schema_of(&steps.statements[0]).await;
                let fitted = fitted.map_err(|error| sql_problem(self.build, self.model, compiled, error))?;
                steps.statements = vec![self.keep_columns(&steps.statements[0], &fitted)];
                steps.write = Write::Upsert(self.keys());
            }
            IncrementalStrategy::DeleteInsert if keyed => steps.write = Write::DeleteInsert(self.keys()),
            // Without a key there is nothing to meet: all rows are added, as in dbt.
            IncrementalStrategy::Append | IncrementalStrategy::Merge | IncrementalStrategy::DeleteInsert => {}
            IncrementalStrategy::InsertOverwrite => {
                steps.write = Write::ReplacePartitions { columns: self.settings.partition_by.clone() };
            }
            IncrementalStrategy::Microbatch => self.replace_intervals(&mut steps, &schema, intervals)?,
        }
        Ok(steps)
    }

    /// What is said of columns that the query has and the table does not get.
    fn left_out(&self, query: &SchemaRef) -> Vec<String> {
        if self.settings.on_schema_change != OnSchemaChange::Ignore {
            return Vec::new();
        }
        let table = self.snapshot.schema();
        let is_new = |name: &&str| table.field_with_name(name).is_err();
        let new = query.fields().iter().map(|field| field.name().as_str()).filter(is_new);
        let told = new.map(|name| {
            format!(
                "`{name}` is new and left out, as `on_schema_change` is `ignore`: `append_new_columns` adds it from now on, \
                 --full-refresh everywhere"
            )
        });
        told.collect()
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
            // What is new, gone or of another type: the table follows.
            OnSchemaChange::SyncAllColumns => Ok((sql.to_owned(), SchemaChange::Sync)),
            OnSchemaChange::Fail => {
                let retyped = self.retyped(query)?;
                if new.is_empty() && gone.is_empty() && retyped.is_empty() {
                    return Ok((sql.to_owned(), SchemaChange::Refuse));
                }
                let changes = [("new", listed(&new)), ("gone", listed(&gone)), ("of another type", retyped.join(", "))];
                let changes: Vec<String> = changes
                    .into_iter()
                    .filter(|(_, columns)| !columns.is_empty())
                    .map(|(what, columns)| format!("{what}: {columns}"))
                    .collect();
                let what = format!("its columns changed ({}) and `on_schema_change` is `fail`", changes.join("; "));
                Err(refuse(what, refresh))
            }
            _ if new.is_empty() && gone.is_empty() => Ok((sql.to_owned(), SchemaChange::Evolve)),
            OnSchemaChange::Ignore if !gone.is_empty() => Err(refuse(
                format!("its table has {} and its query has not", listed(&gone)),
                "bring the column back; or set `on_schema_change` to `append_new_columns` (it stays, NULL in new rows) or \
                 `sync_all_columns` (it goes); or build with --full-refresh",
            )),
            OnSchemaChange::Ignore => {
                let columns: Vec<String> = table.fields().iter().map(|field| quoted(field.name())).collect();
                Ok((format!("select {} from (\n{sql}\n) as ade_rows", columns.join(", ")), SchemaChange::Evolve))
            }
            OnSchemaChange::AppendNewColumns => {
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

    /// The columns whose type is not the table's, with both.
    fn retyped(&self, query: &SchemaRef) -> Result<Vec<String>, TaskError> {
        let stored = delta_schema(self.snapshot.table(), query)?.schema;
        let table = self.snapshot.schema();
        let changed = stored.fields().iter().zip(query.fields()).filter_map(|(field, given)| {
            let before = table.field_with_name(field.name()).ok()?.data_type();
            let differs = before != field.data_type() && *given.data_type() != DataType::Null;
            let types = || format!("{} before, now {}", type_name(before), type_name(field.data_type()));
            differs.then(|| format!("`{}` ({})", field.name(), types()))
        });
        Ok(changed.collect())
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

    /// `microbatch`: the rows of these intervals take the place of those that the table has of them.
    fn replace_intervals(&self, steps: &mut Steps, query: &SchemaRef, intervals: &[Interval]) -> Result<(), TaskError> {
        let (Some(grid), Some(first), Some(last)) = (&self.settings.interval, intervals.first(), intervals.last())
        else {
            return Ok(());
        };
        let sql = std::mem::take(&mut steps.statements).concat();
        steps.statements = intervals.iter().map(|interval| within(&sql, &grid.event_time, interval)).collect();
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
            from: bound(first.from).map_err(failed)?,
            to: bound(last.to).map_err(failed)?,
        });
        let made = Interval { from: first.from, to: last.to };
        steps.until = if self.range.is_some() { complete_until(self.until(), &made) } else { Some(made.to) };
        steps.interval = Some(made);
        Ok(())
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn within(sql: &str, column: &str, interval: &Interval) -> String {
    let literal = |time: DateTime<Utc>| format!("timestamp '{}'", time.format("%Y-%m-%d %H:%M:%S"));
    let column = quoted(column);
    format!(
        "select * from (\n{sql}\n) as ade_rows where {column} >= {} and {column} < {}",
        literal(interval.from),
        literal(interval.to)
    )
}
