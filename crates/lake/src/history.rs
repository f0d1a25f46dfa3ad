//! The past of a table.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::Interval;

/// One commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The version it made.
    pub version: u64,
    /// When.
    pub committed_at: Option<DateTime<Utc>>,
    /// What kind: `CREATE TABLE`, `WRITE`, `MERGE`, `OPTIMIZE`, `RESTORE` … as in the Delta log.
    pub operation: String,
    /// The batch of rows, for writes of ours.
    pub batch_id: Option<Uuid>,
    /// The run that wrote it.
    pub run_id: Option<Uuid>,
    /// The span of time that the batch covers.
    pub interval: Option<Interval>,
    /// The position in the source after it.
    pub position: Option<Value>,
    /// Rows that came.
    pub rows_added: Option<u64>,
    /// Rows that went.
    pub rows_removed: Option<u64>,
    /// Who wrote it, e.g. `ade 0.1.0`.
    pub engine: Option<String>,
}
