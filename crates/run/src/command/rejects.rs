//! `ade rejects`: what was rejected, and what is to become of it.
use std::fmt::Write as _;
use std::time::Duration;

use ade_lake::{At, TableName};
use ade_project::resource::SourceTable;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use chrono::{SecondsFormat, Utc};
use serde::Serialize;

use crate::build::RejectFilter;
use crate::error::RunError;
use crate::source::{BATCH_ID, DISCARDED, QUARANTINE, RULE, Restating, STATE};
use crate::workspace::Workspace;

/// Rejects of one table that break the same promises, and are in the same state.
#[derive(Debug, Clone, Serialize)]
pub struct RejectGroup {
    /// `source.table`, or `schema.table` of one that the project does not declare.
    pub table: String,
    /// `row`, `value` or `record`.
    pub kind: String,
    /// What is broken.
    pub rule: String,
    /// `open`, `replayed` or `discarded`.
    pub state: String,
    /// How many they are.
    pub rejects: u64,
    /// When the first of them came, and the last.
    pub first_at: String,
    /// The last of them.
    pub last_at: String,
}

/// One reject.
#[derive(Debug, Clone, Serialize)]
pub struct Reject {
    /// `source.table`, or `schema.table` of one that the project does not declare.
    pub table: String,
    /// What tells it apart.
    pub reject_id: String,
    /// `row`, `value` or `record`.
    pub kind: String,
    /// What is broken.
    pub rule: String,
    /// Why, in words.
    pub reason: String,
    /// Where it is in its source.
    pub place: String,
    /// `open`, `replayed` or `discarded`.
    pub state: String,
    /// The batch that it came with.
    pub batch_id: String,
    /// When it came.
    pub rejected_at: String,
    /// What it looks like in the lake, as JSON; empty of what no row could be made of.
    pub record: String,
    /// Whether something of it is sealed, because nobody could treat it.
    pub is_sealed: bool,
}

/// What became of the rejects of one table.
#[derive(Debug, Clone, Serialize)]
pub struct DiscardedRejects {
    /// `source.table`, or `schema.table` of one that the project does not declare.
    pub table: String,
    /// How many were discarded.
    pub rejects: u64,
}

impl Workspace {
    /// What was rejected, in groups; `all`: also what is no longer open.
    pub async fn reject_groups(&self, filter: &RejectFilter, all: bool) -> Result<Vec<RejectGroup>, RunError> {
        let Some(condition) = self.condition(filter, all).await? else { return Ok(Vec::new()) };
        let sql = format!(
            "select table_schema, table_name, kind, coalesce(rule, reason), state, cast(count(*) as varchar), \
             cast(min(rejected_at) as varchar), cast(max(rejected_at) as varchar) from ade.rejects where {condition} \
             group by 1, 2, 3, 4, 5 order by 1, 2, 5, count(*) desc, 4, 3"
        );
        let rows = self.texts(&sql).await?;
        Ok(rows
            .into_iter()
            .map(|row| RejectGroup {
                table: self.called(&row[0], &row[1]),
                kind: row[2].clone(),
                rule: row[3].clone(),
                state: row[4].clone(),
                rejects: row[5].parse().unwrap_or_default(),
                first_at: row[6].clone(),
                last_at: row[7].clone(),
            })
            .collect())
    }

    /// The newest rejects; `all`: also what is no longer open.
    pub async fn rejects(&self, filter: &RejectFilter, all: bool, limit: usize) -> Result<Vec<Reject>, RunError> {
        let Some(condition) = self.condition(filter, all).await? else { return Ok(Vec::new()) };
        let sql = format!(
            "select table_schema, table_name, reject_id, kind, rule, reason, place, state, batch_id, \
             cast(rejected_at as varchar), record, case when sealed is not null then 'yes' end from ade.rejects \
             where {condition} order by rejected_at desc, table_schema, table_name, place, reject_id limit {limit}"
        );
        let rows = self.texts(&sql).await?;
        Ok(rows
            .into_iter()
            .map(|row| Reject {
                table: self.called(&row[0], &row[1]),
                reject_id: row[2].clone(),
                kind: row[3].clone(),
                rule: row[4].clone(),
                reason: row[5].clone(),
                place: row[6].clone(),
                state: row[7].clone(),
                batch_id: row[8].clone(),
                rejected_at: row[9].clone(),
                record: row[10].clone(),
                is_sealed: row[11] == "yes",
            })
            .collect())
    }

    /// Settles rejects that nobody wants: they stay where they are, and do not count any more. What comes again with a new
    /// reason, or another value, is a new reject.
    pub async fn discard_rejects(
        &self,
        filter: &RejectFilter,
        patience: Duration,
    ) -> Result<Vec<DiscardedRejects>, RunError> {
        self.must_be_writable("ade rejects discard")?;
        let run_id = self.world.ids.next();
        self.write_as(run_id, "ade rejects discard", patience);
        let mut done = Vec::new();
        for (name, table) in self.apart_of(filter).await? {
            let lease = self.lake.lease(&table, "ade rejects discard").await?;
            let mut conditions = vec![format!("{STATE} = 'open'")];
            conditions.extend(filter.conditions(RULE, BATCH_ID));
            let restating = Restating {
                workspace: self,
                table: &table,
                lease: &lease,
                condition: conditions.join(" and "),
                state: format!("{DISCARDED} {}", now(self)),
                run_id,
            };
            let rejects = restating.carry_out(|_| true).await;
            self.release(&table, &lease).await;
            let rejects = rejects?;
            if rejects > 0 {
                done.push(DiscardedRejects { table: name, rejects });
            }
        }
        Ok(done)
    }

    /// The tables that something is kept apart of which a filter takes, by their names for people.
    async fn apart_of(&self, filter: &RejectFilter) -> Result<Vec<(String, TableName)>, RunError> {
        let mut found = Vec::new();
        for table in self.lake.list().await? {
            let Some(schema) = table.schema().strip_suffix(QUARANTINE) else { continue };
            let owner = self.owner(schema, table.table());
            let (source, name) = owner.map_or((schema, table.table()), |owner| (&owner.source, &owner.name));
            if filter.takes(source, name) {
                found.push((format!("{source}.{name}"), table));
            }
        }
        if found.is_empty() && (filter.source.is_some() || filter.table.is_some()) {
            self.must_know(filter)?;
        }
        Ok(found)
    }

    /// A name that nothing has is a slip, and no word that nothing was rejected.
    fn must_know(&self, filter: &RejectFilter) -> Result<(), RunError> {
        if self.project.sources.values().any(|source| filter.takes(&source.source, &source.name)) {
            return Ok(());
        }
        let mut asked = String::new();
        for (what, name) in [("source", &filter.source), ("table", &filter.table)] {
            if let Some(name) = name {
                let _ = write!(asked, "{}{what} `{name}`", if asked.is_empty() { "" } else { ", " });
            }
        }
        let hint = "`ade ls --resource-type source` lists them".to_owned();
        Err(RunError::usage(format!("no table is of {asked}"), hint))
    }

    fn owner(&self, schema: &str, table: &str) -> Option<&SourceTable> {
        self.project.sources.values().find(|source| {
            let name = Self::table_name(&source.relation).ok();
            name.is_some_and(|name| name.schema() == schema && name.table() == table)
        })
    }

    fn called(&self, schema: &str, table: &str) -> String {
        match self.owner(schema, table) {
            Some(owner) => format!("{}.{}", owner.source, owner.name),
            None => format!("{schema}.{table}"),
        }
    }

    /// The condition over `ade.rejects`; `None` where no table is meant.
    async fn condition(&self, filter: &RejectFilter, all: bool) -> Result<Option<String>, RunError> {
        let tables = self.apart_of(filter).await?;
        if tables.is_empty() {
            return Ok(None);
        }
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let of = tables.iter().map(|(_, table)| {
            let schema = table.schema().strip_suffix(QUARANTINE).unwrap_or_default();
            format!("(table_schema = {} and table_name = {})", quoted(schema), quoted(table.table()))
        });
        let mut conditions = vec![format!("({})", of.collect::<Vec<_>>().join(" or "))];
        conditions.extend(filter.conditions("rule", "batch_id"));
        if !all {
            conditions.push("state = 'open'".to_owned());
        }
        Ok(Some(conditions.join(" and ")))
    }

    /// The rows of an answer as texts; NULL is empty.
    async fn texts(&self, sql: &str) -> Result<Vec<Vec<String>>, RunError> {
        let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
        let answer = self.session(At::Latest).query(sql).await.map_err(failed)?.collect().await.map_err(failed)?;
        let mut rows = Vec::new();
        for batch in answer {
            rows.extend(texts(&batch)?);
        }
        Ok(rows)
    }
}

fn texts(batch: &RecordBatch) -> Result<Vec<Vec<String>>, RunError> {
    let columns = batch.columns().iter().map(|column| cast(column, &DataType::Utf8));
    let columns: Vec<ArrayRef> =
        columns.collect::<Result<_, _>>().map_err(|_| RunError::Stamp { rows: batch.num_rows() })?;
    let text = |column: &ArrayRef, row: usize| {
        let column = column.as_string::<i32>();
        if column.is_valid(row) { column.value(row).to_owned() } else { String::new() }
    };
    Ok((0..batch.num_rows()).map(|row| columns.iter().map(|column| text(column, row)).collect()).collect())
}

/// Now, as states tell it.
fn now(workspace: &Workspace) -> String {
    let now: chrono::DateTime<Utc> = workspace.world.clock.now();
    now.to_rfc3339_opts(SecondsFormat::Secs, true)
}
