//! Columns that look renamed: what is said is always a proposal. A new column is held against a missing one by what is in it:
//! its first values, treated as the missing column's were, are looked up among those that have landed.
use std::sync::Arc;

use ade_connect::{ColumnDrift, DriftedColumn, ReadPlan, Snapshot as SourceSnapshot, fit};
use ade_engine::datafusion::datasource::MemTable;
use ade_engine::{MemoryCatalog, RelationName};
use ade_lake::Snapshot;
use ade_privacy::{Keyring, Obfuscator, Treatment};
use ade_project::resource::IngestMode;
use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Field, Int64Type, Schema};
use futures::StreamExt;

use super::super::door::Door;
use super::super::ingest::TableLanding;
use crate::build::{TaskError, relation_name};
use crate::error::RunError;

/// What the looked-up values are called.
const VALUES: &str = "ade_values";
/// Fewer different values are in many columns.
const FEWEST_VALUES: u64 = 4;
/// Pairs that are looked at.
const MOST_PAIRS: usize = 24;

/// A missing column and a new one that look like one column renamed; by their names in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) struct Renaming {
    pub(in crate::source) missing: String,
    pub(in crate::source) new: DriftedColumn,
    /// What speaks for it, beside name and place.
    pub(in crate::source) evidence: Option<String>,
}

/// How many of the different values of a new column have landed in a missing one.
struct Overlap {
    missing: String,
    new: DriftedColumn,
    rows: usize,
    values: u64,
    known: u64,
}

impl TableLanding<'_> {
    /// The columns that look renamed: by content where that says something, else by name, or by type and place.
    pub(in crate::source) async fn renamings(
        &self,
        snapshot: &dyn SourceSnapshot,
        plan: &ReadPlan,
        current: Option<&Snapshot>,
    ) -> Vec<Renaming> {
        let drift = plan.drift();
        if drift.missing.is_empty() || drift.new.is_empty() {
            return Vec::new();
        }
        let mut overlaps = match current {
            // That it cannot be looked up is no reason to say nothing.
            Some(current) => self.overlaps(snapshot, plan, &drift, current).await.unwrap_or_default(),
            None => Vec::new(),
        };
        overlaps.retain(|one| one.values >= FEWEST_VALUES && one.known * 2 > one.values);
        overlaps.sort_by(|one, other| (other.known * one.values).cmp(&(one.known * other.values)));
        let mut found: Vec<Renaming> = Vec::new();
        for one in overlaps {
            if found.iter().any(|known| known.missing == one.missing || known.new.name == one.new.name) {
                continue;
            }
            let evidence = format!(
                "of {} different values in its first {} rows, {} are in `{}` already",
                one.values, one.rows, one.known, one.missing
            );
            found.push(Renaming { missing: one.missing, new: one.new, evidence: Some(evidence) });
        }
        let rest = ColumnDrift {
            missing: drift
                .missing
                .into_iter()
                .filter(|one| found.iter().all(|known| known.missing != one.name))
                .collect(),
            new: drift.new.into_iter().filter(|one| found.iter().all(|known| known.new.name != one.name)).collect(),
            retyped: Vec::new(),
        };
        let by_name = rest.renames().into_iter();
        found.extend(by_name.map(|(missing, new)| Renaming {
            missing: missing.name.clone(),
            new: new.clone(),
            evidence: None,
        }));
        found
    }

    async fn overlaps(
        &self,
        snapshot: &dyn SourceSnapshot,
        plan: &ReadPlan,
        drift: &ColumnDrift,
        current: &Snapshot,
    ) -> Result<Vec<Overlap>, TaskError> {
        let door = Door::new(self.source);
        let pairs = drift.missing.iter().flat_map(|missing| drift.new.iter().map(move |new| (missing, new)));
        let pairs: Vec<_> = pairs.filter(|(missing, new)| missing.is_alike(new)).take(MOST_PAIRS).collect();
        let Some(unit) = plan
            .units
            .first()
            .filter(|_| self.declared.mode != IngestMode::Capture && snapshot.can_read_again() && !pairs.is_empty())
        else {
            return Ok(Vec::new());
        };
        let plan = plan.clone().keeping(|name| pairs.iter().any(|(_, new)| new.name == name));
        let mut stream = snapshot.read(&plan, unit).await?;
        let Some(sample) = stream.next().await.transpose()? else { return Ok(Vec::new()) };
        drop(stream);
        let mut overlaps = Vec::new();
        for (missing, new) in pairs {
            let name = door.inside(&missing.name);
            let (Some(values), Some((_, landed))) =
                (sample.column_by_name(&new.name), current.schema().fields().find(name))
            else {
                continue;
            };
            let Some(values) = self.treated(current, name, missing, values)? else { continue };
            let (values, known) = self.looked_up(landed.name(), values).await?;
            let (missing, new, rows) = (missing.name.clone(), new.clone(), sample.num_rows());
            overlaps.push(Overlap { missing, new, rows, values, known });
        }
        Ok(overlaps)
    }

    /// Values as they would have landed in a listed column.
    fn treated(
        &self,
        current: &Snapshot,
        name: &str,
        promised: &DriftedColumn,
        values: &ArrayRef,
    ) -> Result<Option<ArrayRef>, TaskError> {
        let data_type = ade_engine::sql_type(&promised.data_type).unwrap_or_else(|_| values.data_type().clone());
        let Ok(fitted) = fit(values, &data_type) else { return Ok(None) };
        let schema = Schema::new(vec![Field::new(name, data_type, true)]);
        let policy = self.build.obfuscation.policy(self.source, &schema).map_err(TaskError::Diagnostics)?;
        let Some(decided) = policy.columns().first() else { return Ok(None) };
        let keyring = match decided.treatment {
            Treatment::Pseudonym { .. } | Treatment::Encrypt { .. } => self.keyring(Some(current))?,
            _ => Keyring::generate([0; 32]),
        };
        let obfuscator = Obfuscator::new(&schema, &policy, &keyring)?;
        let batch = RecordBatch::try_new(Arc::new(schema), vec![fitted.column]);
        let batch = batch.map_err(|_| RunError::Stamp { rows: values.len() })?;
        Ok(obfuscator.apply(&batch)?.columns().first().cloned())
    }

    /// How many different values there are, and how many of them a column of the table has.
    async fn looked_up(&self, column: &str, values: ArrayRef) -> Result<(u64, u64), TaskError> {
        let failed = |error: String| RunError::usage(error, None);
        let rows = values.len();
        let schema = Arc::new(Schema::new(vec![Field::new("value", values.data_type().clone(), true)]));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![values]).map_err(|_| RunError::Stamp { rows })?;
        let provider = MemTable::try_new(schema, vec![vec![batch]]).map_err(|_| RunError::Stamp { rows })?;
        let schema = &self.source.relation.schema;
        let asked = RelationName::new(schema, VALUES);
        let session = self.build.session(MemoryCatalog::new().with_table(asked.clone(), Arc::new(provider)), schema);
        let (asked, table) = (asked.to_sql(), relation_name(&self.source.relation).to_sql());
        let column = column.replace('"', "\"\"");
        let sql = format!(
            "select count(*), count(k.value) from (select distinct value from {asked} where value is not null) v \
             left join (select distinct \"{column}\" as value from {table}) k on k.value = v.value"
        );
        let answer = session.query(&sql).await.map_err(|error| failed(error.to_string()))?;
        let answer = answer.collect().await.map_err(|error| failed(error.to_string()))?;
        let count = |place: usize| -> u64 {
            let counts = answer.iter().filter(|batch| batch.num_rows() > 0);
            counts
                .map(|batch| u64::try_from(batch.column(place).as_primitive::<Int64Type>().value(0)).unwrap_or(0))
                .sum()
        };
        Ok((count(0), count(1)))
    }
}
