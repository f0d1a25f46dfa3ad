//! What a write does to the rows, in numbers.

use serde::{Deserialize, Serialize};

/// Rows that a write touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RowCounts {
    /// Rows that arrived, before the deduplication by key.
    pub arrived: u64,
    /// Rows of the table after the write that were not in it before.
    pub added: u64,
    /// Rows of the table before the write that are no longer in it. A row that is replaced counts in both.
    pub removed: u64,
    /// Rows in the table after the write.
    pub total: u64,
}
