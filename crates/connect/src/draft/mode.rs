//! How a table is to be read.

/// How a draft proposes to read a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftMode {
    /// Whole, each time: the default, which is not written.
    Full,
    /// What a cursor, or new files, say has changed.
    Incremental,
    /// What the database's log says has changed.
    Capture,
}
