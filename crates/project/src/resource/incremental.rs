//! How an incremental model changes the table that is there.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The settings of `materialized: incremental`.
#[derive(Clone, Debug, PartialEq)]
pub struct Incremental {
    /// How new rows meet old ones.
    pub strategy: IncrementalStrategy,
    /// Columns that identify a row; empty when there is no `unique_key`.
    pub unique_key: Vec<String>,
    /// Columns of the table's partitions: what `insert_overwrite` replaces.
    pub partition_by: Vec<String>,
    /// `merge`: only these columns of a known row change; empty: all.
    pub merge_update_columns: Vec<String>,
    /// `merge`: these columns of a known row never change.
    pub merge_exclude_columns: Vec<String>,
    /// What happens when the model's columns are no longer the table's.
    pub on_schema_change: OnSchemaChange,
    /// Replacing by time: the column, and how far each run reaches.
    pub interval: Option<Interval>,
}

/// How new rows meet old ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncrementalStrategy {
    /// All rows are added.
    Append,
    /// A row with a known `unique_key` replaces the old one.
    Merge,
    /// All old rows with a `unique_key` that is among the new ones go, then the new ones are added.
    #[serde(rename = "delete+insert", alias = "delete_insert")]
    DeleteInsert,
    /// The partitions that occur among the new rows are replaced.
    InsertOverwrite,
    /// The rows of a time interval are replaced by the new ones of the same interval.
    Microbatch,
}

impl IncrementalStrategy {
    /// dbt's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Merge => "merge",
            Self::DeleteInsert => "delete+insert",
            Self::InsertOverwrite => "insert_overwrite",
            Self::Microbatch => "microbatch",
        }
    }
}

/// How a table is replaced interval by interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Column with the time of what a row tells.
    pub event_time: String,
    /// The grid that intervals lie on.
    pub batch_size: BatchSize,
    /// How many intervals before the current one are made again.
    pub lookback: u32,
    /// Start of the first interval.
    pub begin: DateTime<Utc>,
}

/// Length of an interval of a time-replaced table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BatchSize {
    /// An hour.
    Hour,
    /// A day (UTC).
    Day,
    /// A calendar month (UTC).
    Month,
    /// A calendar year (UTC).
    Year,
}

/// What happens when the columns of an incremental model are no longer those of its table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnSchemaChange {
    /// New columns are left out; a missing one is an error when the rows are written.
    #[default]
    Ignore,
    /// The run stops.
    Fail,
    /// New columns are added, old ones stay and are null in new rows.
    AppendNewColumns,
    /// The table gets exactly the model's columns.
    SyncAllColumns,
}
