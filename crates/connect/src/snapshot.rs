//! One consistent view of a source.

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;

use crate::{BatchStream, ConnectError, Place, ReadPlan, ReadRequest, ReadUnit};

/// One consistent view of a source: whatever is planned and read through it is of one moment, or fails with
/// [`ConnectError::SourceChanged`] where a source cannot promise that (files).
///
/// Several tables may be planned and read through one snapshot. Streams may wait for each other (a database
/// connection serves one at a time, in the order of their `read`), so read each to its end or drop it without
/// waiting for another.
#[async_trait]
pub trait Snapshot: Send + Sync {
    /// What reading the table will give: schema, units, drift. Moves no rows to the caller. Infers the types of
    /// columns that the request does not promise, which may read all of the data.
    async fn plan(&self, request: &ReadRequest) -> Result<ReadPlan, ConnectError>;

    /// Starts to read one unit of a plan that this snapshot made. Dropping the stream stops the read and releases
    /// what it holds. Reading a unit again gives the same rows in the same order, where that can be (see
    /// [`Snapshot::can_read_again`]).
    async fn read(&self, plan: &ReadPlan, unit: &ReadUnit) -> Result<BatchStream, ConnectError>;

    /// Whether a unit can be read more than once. What is not can be looked at by nobody before it lands.
    fn can_read_again(&self) -> bool {
        true
    }

    /// The rows of a planned table that have these keys now, whatever unit they are of; each batch has the plan's schema.
    /// `keys` has the columns of the key with their names in the source, as a read gives them. `None` where the source cannot
    /// be asked for single rows.
    async fn rows_of(&self, plan: &ReadPlan, keys: &RecordBatch) -> Result<Option<Vec<RecordBatch>>, ConnectError> {
        let _ = (plan, keys);
        Ok(None)
    }

    /// Where a row of a unit is, which is the `row`th that a read of it gives, from 0; for messages. `None` where the source
    /// has no better name for it than that number. May read the unit again up to there.
    async fn place_of_row(&self, plan: &ReadPlan, unit: &ReadUnit, row: u64) -> Result<Option<Place>, ConnectError> {
        let _ = (plan, unit, row);
        Ok(None)
    }
}
