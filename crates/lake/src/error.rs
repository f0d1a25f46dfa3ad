//! What can go wrong with a lake.

use datafusion::error::DataFusionError;
use thiserror::Error;

use crate::{At, LeaseError, TableName};

/// Errors of this crate. Every message names the table and what to do next.
#[derive(Debug, Error)]
pub enum LakeError {
    /// A schema or table name that cannot be a folder.
    #[error("`{name}` cannot name a table: {reason}")]
    BadName {
        /// The name as given.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The lake's location makes no sense.
    #[error("`{location}` cannot be a lake: {reason}")]
    BadLocation {
        /// As given.
        location: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no such table.
    #[error("table {table} does not exist in the lake; build what makes it first")]
    NoTable {
        /// Which.
        table: TableName,
    },
    /// There is no such version, or it is no longer complete.
    #[error("table {table} cannot be read at {at}: {reason}")]
    NoVersion {
        /// Which table.
        table: TableName,
        /// What was asked for.
        at: At,
        /// Why not.
        reason: String,
    },
    /// The table uses a feature of Delta that this lake does not read.
    #[error("table {table} uses {feature}, which is not supported here; {advice}")]
    Unsupported {
        /// Which table.
        table: TableName,
        /// The feature.
        feature: String,
        /// What to do.
        advice: String,
    },
    /// The arrivals do not fit the table.
    #[error("the columns do not fit table {table}: {}", problems.join("; "))]
    SchemaMismatch {
        /// Which table.
        table: TableName,
        /// Every difference, in words.
        problems: Vec<String>,
    },
    /// A type that Delta cannot hold, even by coercion.
    #[error("column `{column}` of table {table} has type {data_type}, which Delta cannot hold; cast it")]
    BadType {
        /// Which table.
        table: TableName,
        /// Which column.
        column: String,
        /// Its Arrow type.
        data_type: String,
    },
    /// A request that contradicts itself or the table.
    #[error("the write to table {table} cannot be done: {reason}")]
    BadRequest {
        /// Which table.
        table: TableName,
        /// Why.
        reason: String,
    },
    /// A value that the column's stored type cannot hold.
    #[error("column `{column}` of table {table} holds a value that {reason}")]
    BadValue {
        /// Which table.
        table: TableName,
        /// Which column.
        column: String,
        /// What it cannot be, without the value itself.
        reason: String,
    },
    /// Arrivals without a key. Two of them cannot be told apart, nor found again when they arrive once more.
    #[error(
        "{} for table {table} {} NULL in {}, which {} part of its key; nothing was written. Give {} a value, leave {} out, \
         or take a key without NULL",
        number_of(*rows),
        if *rows == 1 { "has" } else { "have" },
        columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(" and "),
        if columns.len() == 1 { "is" } else { "are" },
        them(*rows),
        them(*rows)
    )]
    NullKey {
        /// Which table.
        table: TableName,
        /// The columns of the key that hold NULL.
        columns: Vec<String>,
        /// How many rows have NULL in at least one of them.
        rows: u64,
    },
    /// Arrivals of a replacing write that the region does not cover.
    #[error(
        "{} for table {table} {} outside of the replaced region of `{column}`; nothing was written",
        number_of(*rows as u64),
        if *rows == 1 { "is" } else { "are" }
    )]
    OutsideRegion {
        /// Which table.
        table: TableName,
        /// The column of the region.
        column: String,
        /// How many in the batch at hand.
        rows: usize,
    },
    /// Somebody else committed to the table in between.
    #[error(
        "somebody else moved table {table} from version {expected} to {found} while this write was made; run it again"
    )]
    Conflict {
        /// Which table.
        table: TableName,
        /// The version that the write was made on (`none` for a new table).
        expected: String,
        /// The version found (`none` for a table that is gone).
        found: String,
    },
    /// The table has a commit by the holder of a later lease.
    #[error("table {table} was since written under lease {found}, this write's lease is {token}; start again")]
    Fenced {
        /// Which table.
        table: TableName,
        /// Our token.
        token: u64,
        /// The newest commit's token.
        found: u64,
    },
    /// A lease was not granted or no longer holds.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The store failed.
    #[error("{action} of table {table} failed")]
    Store {
        /// Which table.
        table: TableName,
        /// What was being done.
        action: &'static str,
        /// The store's error.
        #[source]
        source: Box<object_store::Error>,
    },
    /// The lake's own folder could not be read.
    #[error("the lake at {location} could not be listed")]
    List {
        /// Its URL.
        location: String,
        /// The store's error.
        #[source]
        source: Box<object_store::Error>,
    },
    /// The Delta log could not be read or written.
    #[error("{action} of table {table} failed")]
    Delta {
        /// Which table.
        table: TableName,
        /// What was being done.
        action: &'static str,
        /// The Delta error.
        #[source]
        source: Box<deltalake_core::DeltaTableError>,
    },
    /// A Parquet file could not be written or read.
    #[error("{action} of table {table} failed")]
    Parquet {
        /// Which table.
        table: TableName,
        /// What was being done.
        action: &'static str,
        /// The Parquet error.
        #[source]
        source: Box<parquet::errors::ParquetError>,
    },
    /// An Arrow kernel failed.
    #[error("{action} of table {table} failed")]
    Arrow {
        /// Which table.
        table: TableName,
        /// What was being done.
        action: &'static str,
        /// The Arrow error.
        #[source]
        source: Box<arrow::error::ArrowError>,
    },
    /// The query engine failed while a write was being worked out.
    #[error("{action} of table {table} failed")]
    Engine {
        /// Which table.
        table: TableName,
        /// What was being done.
        action: &'static str,
        /// The engine's error.
        #[source]
        source: Box<DataFusionError>,
    },
    /// A thread panicked. What it said stays out of this, because it may quote values of rows.
    #[error(
        "{action} of table {table} failed: a part of ade panicked, which is a bug; standard error says at which place"
    )]
    Panicked {
        /// Which table.
        table: TableName,
        /// What was being done.
        action: &'static str,
    },
    /// A commit could neither be confirmed nor ruled out.
    #[error(
        "the commit of batch {batch_id} to table {table} failed and the log cannot be read to see whether it took; \
         commit the batch again: a batch that is there is never written twice"
    )]
    Unknown {
        /// Which table.
        table: TableName,
        /// The batch.
        batch_id: uuid::Uuid,
        /// The first error.
        #[source]
        source: Box<deltalake_core::DeltaTableError>,
    },
}

impl LakeError {
    /// What the engine failed with while `action` was done.
    pub(crate) fn engine(table: &TableName, action: &'static str, source: DataFusionError) -> Self {
        match source.find_root() {
            // Its text is that of the panic.
            DataFusionError::ExecutionJoin(_) => Self::Panicked { table: table.clone(), action },
            _ => Self::Engine { table: table.clone(), action, source: Box::new(source) },
        }
    }

    /// Whether somebody else was faster or took over, so that the same work, planned again from the beginning, may well
    /// succeed. Nothing of the write is visible.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. } | Self::Fenced { .. } | Self::Lease(LeaseError::Lost { .. }))
    }
}

fn number_of(rows: u64) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }
}

fn them(rows: u64) -> &'static str {
    if rows == 1 { "it" } else { "them" }
}
