//! A place in the log.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A place in the log: everything before it, in the order of the log, is read or written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LogPlace {
    /// Number of the segment.
    pub segment: u64,
    /// Bytes from its beginning.
    pub offset: u64,
}

impl LogPlace {
    /// The place that a table's position tells.
    pub fn of_position(position: &Value) -> Option<Self> {
        serde_json::from_value(position.get("log")?.clone()).ok()
    }

    /// As a table's position.
    pub fn to_position(self) -> Value {
        serde_json::json!({ "log": self })
    }
}
