//! A pinned version of a table.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use datafusion::catalog::TableProvider;

use crate::{DataFile, TableName, TableState};

/// One version of a table: never changes, whatever is committed later. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Snapshot {
    _inner: Arc<()>,
}

impl Snapshot {
    /// The table.
    pub fn table(&self) -> &TableName {
        todo!()
    }

    /// The version.
    pub fn version(&self) -> u64 {
        todo!()
    }

    /// When the version was committed.
    pub fn committed_at(&self) -> Option<DateTime<Utc>> {
        todo!()
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        todo!()
    }

    /// Columns that split the table into folders.
    pub fn partition_by(&self) -> &[String] {
        todo!()
    }

    /// The data files.
    pub fn files(&self) -> &[DataFile] {
        todo!()
    }

    /// Rows, when every file's statistics say so.
    pub fn rows(&self) -> Option<u64> {
        todo!()
    }

    /// Batch, position, fingerprint and token as of this version.
    pub fn state(&self) -> &TableState {
        todo!()
    }

    /// A scan of this version.
    pub fn provider(&self) -> Arc<dyn TableProvider> {
        todo!()
    }
}
