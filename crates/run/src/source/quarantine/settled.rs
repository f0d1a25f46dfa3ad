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
    /// Of those that are discarded, by what tells them apart: a digest of the reason and of what is sealed, and the state.
    discarded: HashMap<String, (blake3::Hash, String)>,
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
                    let known = known(&text(1, row).unwrap_or_default(), text(2, row).as_deref());
                    settled.discarded.insert(digest, (known, state));
                }
            }
        }
        Ok(settled)
    }

    /// The state of a reject that somebody discarded, if nothing about it is new.
    pub(super) fn discarded(&self, digest: &str, reason: &str, sealed: Option<&str>) -> Option<String> {
        let before = self.discarded.get(digest);
        before.filter(|(before, _)| *before == known(reason, sealed)).map(|(_, state)| state.clone())
    }
}

/// A digest of what is known of a reject: what is sealed of it may be large.
fn known(reason: &str, sealed: Option<&str>) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(reason.len() as u64).to_le_bytes()).update(reason.as_bytes());
    hasher.update(&[u8::from(sealed.is_some())]).update(sealed.unwrap_or_default().as_bytes());
    hasher.finalize()
}
