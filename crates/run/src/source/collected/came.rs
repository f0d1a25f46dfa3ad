//! What came of the rows and records that a table was given, as counted where each was written. It is stored in the table's position, in
//! the same commit as the rows, so that whoever dies behind it finds it.

use ade_connect::LogPlace;
use ade_lake::RowCounts;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::tally::Tally;

/// What came of the rows and records that a table was given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::source) struct Came {
    /// Rows that were written to the table; of rows with one key, all of them.
    pub(super) landed: u64,
    /// Rows that its source means as deleted.
    pub(super) deleted: u64,
    /// Rows that were written to the table beside it.
    pub(super) kept_rows: u64,
    /// Records that were written there.
    pub(super) kept_records: u64,
    /// Rows that rules left out.
    pub(super) left_out: u64,
    /// Rows of people who were erased.
    pub(super) erased_rows: u64,
    /// The places of records of theirs.
    pub(super) erased_records: Vec<String>,
}

impl Came {
    /// Of what was staged; `gone` of the rows only say that one must not be there.
    pub(in crate::source) fn new(counts: &RowCounts, gone: u64, tally: &Tally) -> Self {
        Self {
            landed: counts.arrived.saturating_sub(gone),
            deleted: tally.deleted,
            kept_rows: tally.kept_rows,
            kept_records: tally.kept_records,
            left_out: tally.left_out,
            erased_rows: tally.suppressed.saturating_sub(tally.suppressed_records.len() as u64),
            erased_records: tally.suppressed_records.clone(),
        }
    }

    /// A position that says so.
    pub(in crate::source) fn in_position(&self, position: Option<Value>) -> Option<Value> {
        Some(LogPlace::with_came(position?, serde_json::to_value(self).unwrap_or_default()))
    }

    /// What a position says of the last round, or of the replay since then.
    pub(super) fn of_position(position: &Value, of_replay: bool) -> Option<Self> {
        serde_json::from_value(LogPlace::came(position, of_replay)?.clone()).ok()
    }
}
