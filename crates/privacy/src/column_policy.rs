//! The decision about one column.

use crate::{Class, Treatment};

/// What is decided for one column, and by whom.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnPolicy {
    /// The column, or `column.field` (any depth) for a field within a struct.
    pub column: String,
    /// Its class.
    pub class: Class,
    /// What is done to it.
    pub treatment: Treatment,
    /// Where that is written.
    pub origin: Origin,
}

/// Where a column's class comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The column's own settings in the sources file.
    Column,
    /// The rule with this index in the project's list.
    Rule(usize),
    /// What the table says about columns that nobody has classified (`drift`).
    NewColumn,
}
