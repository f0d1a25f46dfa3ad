//! What to read of one table.

use arrow::datatypes::SchemaRef;
use serde_json::Value;

use crate::{ReadMode, Settings};

/// What to read of one table, and what was promised about it.
#[derive(Debug, Clone)]
pub struct ReadRequest {
    /// The table in the lake (`app.customers`); for messages only.
    pub table: String,
    /// Table or view in the source, or glob of files.
    pub from: String,
    /// The table's options, from [`crate::ConnectorSpec::table_options`].
    pub options: Settings,
    /// How much.
    pub mode: ReadMode,
    /// Where the last committed unit ended, as [`crate::UnitEnd::position`] gave it. A full read ignores it.
    pub position: Option<Value>,
    /// Of a load that takes the place of everything, and so has no position: where the last committed unit of what it
    /// replaces ended. It tells what is no longer there.
    pub replaced: Option<Value>,
    /// The types that the contract promises, by column name. Columns of the source that it does not name are new
    /// (see [`crate::ColumnDrift`]); columns that it names and the source has not got are missing. `None` promises
    /// nothing: everything is inferred and nothing can drift. Nullability is a check's matter, and what is read
    /// always says “nullable”; it only decides whether a key that no row of a JSON file has is missing or NULL.
    pub promised: Option<SchemaRef>,
    /// Read these columns alone (`None`: all). Narrows the plan's schema and drift.
    pub columns: Option<Vec<String>>,
    /// Whether the read may go on behind records that no row can be made of, where the source can (see
    /// [`crate::ReadPlan::rejecting`]): then planning does, too.
    pub rejects: bool,
    /// At most this many rows in a batch (8,192 to 65,536 serve well).
    pub batch_rows: usize,
}

impl ReadRequest {
    /// A request for the first `rows` rows of all columns, of which nothing is promised: for a person to look at.
    pub(crate) fn of_sample(from: &str, options: &Settings, rows: usize) -> Self {
        Self {
            table: from.to_owned(),
            from: from.to_owned(),
            options: options.clone(),
            mode: ReadMode::Full,
            position: None,
            replaced: None,
            promised: None,
            columns: None,
            rejects: false,
            batch_rows: rows.max(1),
        }
    }
}
