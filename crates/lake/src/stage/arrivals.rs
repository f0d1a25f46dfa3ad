//! Gathers keyed arrivals within the memory that a write may take: their rows, and apart from them their keys.

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;

use super::arriving_keys::ArrivingKeys;
use super::arriving_rows::ArrivingRows;
use super::stage_plan::StagePlan;
use crate::memory::compact;
use crate::{KeySpec, LakeError, Write};

/// Arrivals that wait to be told apart by their key.
pub(super) struct Arrivals {
    pub(super) rows: ArrivingRows,
    pub(super) keys: ArrivingKeys,
}

impl Arrivals {
    /// No arrivals yet, of columns `schema`.
    pub(super) fn new(plan: &StagePlan, schema: &SchemaRef, spec: &KeySpec) -> Result<Self, LakeError> {
        let mut spec = spec.clone();
        if let Write::DeleteInsert(_) = plan.write {
            // All arrivals come.
            spec.delete_when = None;
        }
        Ok(Self { rows: ArrivingRows::new(&plan.write), keys: ArrivingKeys::new(&plan.handle, schema, &spec)? })
    }

    /// Takes the next arrivals.
    pub(super) async fn push(&mut self, plan: &StagePlan, batch: RecordBatch) -> Result<(), LakeError> {
        let batch = compact(batch);
        let deleting = self.keys.marks(&batch);
        self.keys.push(&batch, deleting.as_ref()).await?;
        let rows = match deleting {
            Some(deleting) if deleting.count_set_bits() > 0 => {
                let rows = filter_record_batch(&batch, &BooleanArray::new(!&deleting, None));
                compact(rows.map_err(|source| self.keys.spill_error(source))?)
            }
            _ => batch,
        };
        self.rows.push(plan, rows).await?;
        // Half of the memory is for the keys that they are reduced to.
        if self.rows.bytes() + self.keys.bytes() <= plan.handle.options().memory_bytes / 2 {
            return Ok(());
        }
        self.keys.flush().await?;
        self.rows.flush(plan).await
    }
}
