//! The span of time that a batch covers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A half-open span of time, `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// First instant that belongs to it.
    pub from: DateTime<Utc>,
    /// First instant that no longer belongs to it.
    pub to: DateTime<Utc>,
}
