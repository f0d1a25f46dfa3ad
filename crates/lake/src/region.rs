//! Which rows a replacing write takes the place of.

use datafusion::common::ScalarValue;

/// A set of rows, told by one column.
#[derive(Debug, Clone, PartialEq)]
pub enum Region {
    /// Rows whose `column` is one of `values`: partitions, or the batches that a changed file loaded before. A NULL
    /// among the values means the rows where it is NULL.
    In {
        /// The column.
        column: String,
        /// Its values, in the column's type or one that casts to it.
        values: Vec<ScalarValue>,
    },
    /// Rows whose `column` is in `[from, to)`; never a row where it is NULL.
    Range {
        /// The column.
        column: String,
        /// First value that belongs to it.
        from: ScalarValue,
        /// First value that no longer belongs to it.
        to: ScalarValue,
    },
}

impl Region {
    /// The column that tells the rows.
    pub fn column(&self) -> &str {
        match self {
            Self::In { column, .. } | Self::Range { column, .. } => column,
        }
    }
}
