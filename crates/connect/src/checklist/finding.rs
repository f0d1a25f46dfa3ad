//! An answer.

use serde::Serialize;

use super::Topic;

/// One answer to the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about.
    pub topic: Topic,
    /// The table (as after `from:`) or `table.column`; `None` for the database as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The answer, without any value of a row.
    pub answer: String,
    /// The condition that such rows fulfil, as `where:` and `deleted:` of a table take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicate: Option<String>,
    /// What it is concluded from.
    pub evidence: String,
}
