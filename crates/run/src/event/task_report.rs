//! How one task ended.
use serde::Serialize;

use super::{CheckReport, Status};

/// How one task ended.
#[derive(Debug, Clone, Serialize)]
pub struct TaskReport {
    /// Node id.
    pub node: String,
    /// The name people know it by.
    pub name: String,
    /// `source`, `model`, `seed`, `test`.
    pub kind: &'static str,
    /// The table or view it makes: `schema.table`.
    pub relation: Option<String>,
    /// How it ended.
    pub status: Status,
    /// What happened, in a sentence or a rendered diagnostic.
    pub message: Option<String>,
    /// Rows written.
    pub rows: Option<u64>,
    /// The table's version afterwards.
    pub version: Option<i64>,
    /// The batches that were committed.
    pub batches: Vec<String>,
    /// The checks that guarded it.
    pub checks: Vec<CheckReport>,
    /// Whether the checks looked at the rows that readers see already: nothing was made.
    pub audited_visible: bool,
    /// For a skipped task: the node that failed.
    pub blocked_by: Option<String>,
    /// How long it took.
    pub duration_ms: u64,
}
