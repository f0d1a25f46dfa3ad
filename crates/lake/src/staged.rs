//! A write that waits for its audit.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;

use crate::{CommitNote, Committed, DataFile, LakeError, RowCounts, TableName};

/// What a table would become. Nobody else sees it until [`Staged::commit`].
#[derive(Debug)]
pub struct Staged {
    _inner: (),
}

impl Staged {
    /// The table.
    pub fn table(&self) -> &TableName {
        todo!()
    }

    /// The version that it was staged on; `None` for a new table.
    pub fn base_version(&self) -> Option<u64> {
        todo!()
    }

    /// The columns of the table after the write.
    pub fn schema(&self) -> &SchemaRef {
        todo!()
    }

    /// Exactly what the table would become.
    pub fn provider(&self) -> Arc<dyn TableProvider> {
        todo!()
    }

    /// The arrivals alone, as they will be stored: after the deduplication by key, without deletions.
    pub fn new_rows_provider(&self) -> Arc<dyn TableProvider> {
        todo!()
    }

    /// The files that the write made.
    pub fn new_files(&self) -> &[DataFile] {
        todo!()
    }

    /// The rows, in numbers.
    pub fn row_counts(&self) -> RowCounts {
        todo!()
    }

    /// Makes it visible, in one Delta commit. Can be called again after an error.
    pub async fn commit(&self, note: &CommitNote) -> Result<Committed, LakeError> {
        todo!()
    }

    /// Removes the staged files.
    pub async fn discard(self) -> Result<(), LakeError> {
        todo!()
    }
}
