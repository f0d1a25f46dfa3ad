//! What maintenance did.

/// Counts of one [`crate::Lake::maintain`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MaintainReport {
    /// The version after it.
    pub version: u64,
    /// Small files that were read.
    pub files_compacted: usize,
    /// Files that took their place.
    pub files_written: usize,
    /// Whether a checkpoint was written.
    pub checkpoint: bool,
    /// Log entries removed.
    pub log_entries_removed: usize,
    /// Data files removed: no longer needed, or left over by writes that never committed.
    pub files_removed: usize,
    /// Their size.
    pub bytes_removed: u64,
}
