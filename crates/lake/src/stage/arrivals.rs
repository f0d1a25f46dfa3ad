//! Gathers keyed arrivals within the memory that a write may take: their rows, and apart from them their keys.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::arriving_keys::ArrivingKeys;
use super::arriving_rows::ArrivingRows;
use super::stage_plan::StagePlan;
use crate::memory::compact;
use crate::{KeySpec, LakeError};

/// Arrivals that wait to be told apart by their key.
pub(super) struct Arrivals {
    pub(super) rows: ArrivingRows,
    pub(super) keys: ArrivingKeys,
}

impl Arrivals {
    /// No arrivals yet, of columns `schema`.
    pub(super) fn new(plan: &StagePlan, schema: &SchemaRef, spec: &KeySpec) -> Result<Self, LakeError> {
        Ok(Self { rows: ArrivingRows::new(&plan.write), keys: ArrivingKeys::new(&plan.handle, schema, spec)? })
    }

    /// Takes the next arrivals.
    pub(super) async fn push(&mut self, plan: &StagePlan, batch: RecordBatch) -> Result<(), LakeError> {
        let batch = compact(batch);
        self.keys.push(&batch).await?;
        self.rows.push(plan, batch).await?;
        // Half of the memory is for the keys that they are reduced to.
        if self.rows.bytes() + self.keys.bytes() <= plan.handle.options().memory_bytes / 2 {
            return Ok(());
        }
        self.rows.flush(plan).await?;
        self.keys.flush().await
    }
}
