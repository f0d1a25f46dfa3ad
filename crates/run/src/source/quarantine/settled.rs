//! Rejects that somebody has settled: what comes again the same way stays discarded.
use std::collections::HashMap;

use ade_engine::{MemoryCatalog, RelationName};
use ade_lake::{Snapshot, TableName};
use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;

use super::columns::{DISCARDED, REASON, ROW, SEALED, STATE};
use crate::build::{Build, TaskError};
use crate::error::RunError;

/// Rejects of a table that are not open.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// How many they are.
    pub(super) rows: u64,
    /// Of those that are discarded, by what tells them apart: the reason, what is sealed, and the state.
    discarded: HashMap<String, (String, Option<String>, String)>,
}

impl Settled {
    /// Those of a table that is there.
    pub(super) async fn of(build: &Build, table: &TableName, there: &Snapshot) -> Result<Self, TaskError> {
        if there.schema().field_with_name(STATE).is_err() {
            return Ok(Self::default());
        }
        let session = build.session(MemoryCatalog::new(), table.schema());
        let name = RelationName::new(table.schema(), table.table()).to_sql();
        let sql = format!("select {ROW}, {REASON}, {SEALED}, {STATE} from {name} where {STATE} <> 'open'");
        let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
        let answer = session.query(&sql).await.map_err(failed)?.collect().await.map_err(failed)?;
        let mut settled = Self::default();
        for batch in answer {
            let shape = |_| RunError::Stamp { rows: batch.num_rows() };
            settled.rows += batch.num_rows() as u64;
            let columns = batch.columns().iter().map(|column| cast(column, &DataType::Utf8));
            let columns = columns.collect::<Result<Vec<_>, _>>().map_err(shape)?;
            let text = |column: usize, row: usize| {
                let texts = columns[column].as_string::<i32>();
                texts.is_valid(row).then(|| texts.value(row).to_owned())
            };
            for row in 0..batch.num_rows() {
                let state = text(3, row).filter(|state| state.starts_with(DISCARDED));
                if let (Some(digest), Some(state)) = (text(0, row), state) {
                    settled.discarded.insert(digest, (text(1, row).unwrap_or_default(), text(2, row), state));
                }
            }
        }
        Ok(settled)
    }

    /// The state of a reject that somebody discarded, if nothing about it is new.
    pub(super) fn discarded(&self, digest: &str, reason: &str, sealed: Option<&str>) -> Option<String> {
        let known = self.discarded.get(digest);
        let known = known.filter(|(before, values, _)| before == reason && values.as_deref() == sealed);
        known.map(|(.., state)| state.clone())
    }
}
