//! An open way to a source system.

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;

use crate::{ConnectError, Settings, Snapshot, TableInfo};

/// An open way to a source system. Reads only.
#[async_trait]
pub trait Connection: Send + Sync {
    /// Every table (or group of files) there is, by name. May read all of the data to be exact about types.
    async fn browse(&self) -> Result<Vec<TableInfo>, ConnectError>;

    /// The first `rows` rows of what `from` names, read with the table's `options`. For a person to look at and
    /// for proposing a classification; it holds raw values, so it must never be written anywhere.
    async fn sample(&self, from: &str, options: &Settings, rows: usize) -> Result<RecordBatch, ConnectError>;

    /// One consistent view of the source. It may hold resources of the source (a read transaction) until dropped.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, ConnectError>;
}
