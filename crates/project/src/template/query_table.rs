//! The rows that a template's own query returned.

use serde_json::Value as Json;

/// A column's name and its SQL type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Column {
    /// The name as the table has it.
    pub name: String,
    /// The type by its SQL name, for instance `bigint`.
    pub data_type: String,
}

/// The result of `run_query`: small by nature, because a template turns it into text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryTable {
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// One value for each column in each row; dates and decimals as text.
    pub rows: Vec<Vec<Json>>,
}
