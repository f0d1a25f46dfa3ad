//! How much of a table is read.

use crate::Overlap;

/// How much of a table is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadMode {
    /// All of it, as one unit that replaces what was there.
    Full,
    /// What is new or changed since the position.
    Incremental {
        /// The column whose values grow when rows are added or changed. Files have none: their content decides.
        cursor: Option<String>,
        /// How far before the last cursor value to read again, for rows that became visible late.
        overlap: Option<Overlap>,
        /// The columns by which rows that come again replace those that came before.
        key: Vec<String>,
    },
    /// What became of its rows since the position, from the source's own log: see [`crate::Capture`]. All of it where there
    /// is no position, or where changes alone cannot tell.
    Capture {
        /// The columns by which rows are told apart; empty: the primary key.
        key: Vec<String>,
    },
}
