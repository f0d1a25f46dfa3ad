//! What `ade restore` did, and what it did not.
use chrono::{DateTime, Utc};
use serde::Serialize;

/// A table that is as it was.
#[derive(Debug, Clone, Serialize)]
pub struct Restored {
    /// The version that is visible now.
    pub version: u64,
    /// Whether this restore made it; else the table was like that already, and nothing was done.
    pub is_new: bool,
    /// Since when it is visible, if it was there before.
    pub visible_since: Option<DateTime<Utc>>,
    /// The older one that it is like.
    pub restored_version: u64,
    /// When that one was committed.
    pub restored_committed_at: Option<DateTime<Utc>>,
    /// What became of the rows that are kept apart from it, in words; none where there are none.
    pub apart: Option<String>,
    /// What the project makes the table of: `source`, `seed`, `model`; none for a table that it does not know.
    pub kind: Option<String>,
    /// Whether it is that of an incremental model: builds go on from the rows that are there.
    pub is_incremental: bool,
    /// The incremental models behind it, by name: they keep rows that they made of what is gone now.
    pub incremental_behind: Vec<String>,
}
