//! What maintenance may do.

use chrono::TimeDelta;

/// Settings of [`crate::Lake::maintain`]. `None` switches a step off.
#[derive(Debug, Clone, PartialEq)]
pub struct MaintainOptions {
    /// Files smaller than half of this many bytes are compacted into files of about this size.
    pub compact_to_bytes: Option<u64>,
    /// A checkpoint is written when this many commits came after the last one.
    pub checkpoint_every: Option<u64>,
    /// Log entries older than this, and before a checkpoint, are removed.
    pub log_retention: Option<TimeDelta>,
    /// Files that no version younger than this needs are removed; must exceed the longest reader.
    pub vacuum_older_than: Option<TimeDelta>,
}

impl Default for MaintainOptions {
    fn default() -> Self {
        Self {
            compact_to_bytes: Some(256 << 20),
            checkpoint_every: Some(10),
            log_retention: Some(TimeDelta::days(30)),
            vacuum_older_than: Some(TimeDelta::days(7)),
        }
    }
}
