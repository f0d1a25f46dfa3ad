//! One piece of work that is committed as a whole.

use serde_json::Value;

use crate::ColumnDrift;

/// One piece of work of a plan: read as one stream and committed as one batch.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadUnit {
    /// What it is called in progress and messages: a file's name, a table, an interval.
    pub label: String,
    /// The batch whose rows these rows replace (a changed file), all of them; `None` where nothing is replaced.
    /// For this to be right each unit must be committed under a batch id of its own.
    pub replaces_batch: Option<String>,
    /// About how many bytes of the source will be read, if known.
    pub size_bytes: Option<u64>,
    /// About how many rows, if known.
    pub rows: Option<u64>,
    /// Where this unit differs from what was promised.
    pub drift: ColumnDrift,
    /// What the connector needs to read it; meaningless to others. Plain data, so that a unit can be sent elsewhere.
    pub detail: Value,
}
