//! Takes the arrivals of a write.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::{LakeError, Staged};

/// Writes arrivals to files that no commit mentions. Memory is bounded however many there are. Dropping it leaves the
/// files to [`crate::Lake::maintain`].
#[derive(Debug)]
pub struct StageWriter {
    _inner: (),
}

impl StageWriter {
    /// The columns of the table after the write, as stored.
    pub fn table_schema(&self) -> &SchemaRef {
        todo!()
    }

    /// Where the schema handed in is stored as another type, in words for people.
    pub fn notes(&self) -> &[String] {
        todo!()
    }

    /// Takes a batch whose columns are those of the request (found by name, in any order).
    pub async fn write(&mut self, batch: RecordBatch) -> Result<(), LakeError> {
        todo!()
    }

    /// Makes everything durable and works out what the table would become.
    pub async fn finish(self) -> Result<Staged, LakeError> {
        todo!()
    }

    /// Removes what was written.
    pub async fn discard(self) -> Result<(), LakeError> {
        todo!()
    }
}
