//! One Parquet file of a table.

use std::collections::BTreeMap;

/// An active (or staged) data file.
#[derive(Debug, Clone, PartialEq)]
pub struct DataFile {
    /// Path relative to the table's folder, not URL-encoded.
    pub path: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Rows, when the statistics say so.
    pub rows: Option<u64>,
    /// Delta's statistics (`numRecords`, `minValues`, `maxValues`, `nullCount`) as JSON.
    pub stats: Option<String>,
    /// Partition values as Delta writes them.
    pub partition_values: BTreeMap<String, Option<String>>,
    /// When it was written, in milliseconds since 1970.
    pub modified_ms: i64,
}
