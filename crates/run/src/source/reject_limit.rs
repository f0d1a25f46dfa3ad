//! How much of a load may be rejected: with more it is not some rows that are wrong.
//!
//! The share counts in the end; a load that cannot come below it any more is given up before, since each reject is written.
use ade_connect::{ReadUnit, RejectedRecord};
use ade_diagnostic::{Diagnostic, count, rule};
use ade_project::resource::SourceTable;
use arrow::array::{Array, RecordBatch};

use super::tally::Tally;

/// A source's own count of its rows may be old: a load may become so many times as large.
const LARGER_THAN_COUNTED: u64 = 2;
/// … and so many times as large as the bytes of its files say, which may be compressed, and are not those of memory.
const LARGER_THAN_ITS_BYTES: u64 = 32;

/// With fewer rejects the end is not far, or does no harm.
const WORTH_IT: u64 = 1_000;

/// What a load of some units is held against.
pub(super) struct RejectLimit<'a> {
    source: &'a SourceTable,
    /// How many rows the source says that there are.
    rows: Option<u64>,
    size_bytes: Option<u64>,
    /// Whether something of the load has landed already.
    goes_on: bool,
    seen_bytes: u64,
    /// Whether the load was given up before its end: then nothing of it lands.
    pub(super) given_up: bool,
}

impl<'a> RejectLimit<'a> {
    pub(super) fn new(source: &'a SourceTable, units: &[ReadUnit], goes_on: bool) -> Self {
        let rows = units.iter().map(|unit| unit.rows).sum();
        let size_bytes = units.iter().map(|unit| unit.size_bytes).sum();
        Self { source, rows, size_bytes, goes_on, seen_bytes: 0, given_up: false }
    }

    /// Takes note of rows that came.
    pub(super) fn see(&mut self, batch: &RecordBatch) {
        let bytes = batch.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or(0) as u64);
        self.seen_bytes += if batch.num_rows() > 0 { bytes.sum() } else { 0 };
    }

    /// … and of records that are no rows.
    pub(super) fn see_records(&mut self, records: &[RejectedRecord]) {
        self.seen_bytes += records.iter().map(|record| record.record.len() as u64 + 1).sum::<u64>();
    }

    /// The problem of a load that has ended, or of one that cannot end well: `rows` came of it so far.
    pub(super) fn problem(&self, rows: u64, tally: &Tally, has_ended: bool) -> Option<Diagnostic> {
        if tally.rejected <= self.source.max_rejects.rows {
            return None;
        }
        let records = rows + tally.records.values().sum::<u64>() + tally.skipped;
        if !has_ended && tally.rejected < WORTH_IT {
            return None;
        }
        let in_the_end = if has_ended { records } else { self.at_most(records)?.max(records) };
        let limit = self.source.max_rejects.of(in_the_end);
        if tally.rejected <= limit {
            return None;
        }
        let table = format!("{}.{}", self.source.source, self.source.name);
        let landed = if self.goes_on { "nothing more of it has landed" } else { "nothing of it has landed" };
        let (rejected, all, may) = (tally.rejected, count(records, "record"), count(limit, "reject"));
        let message = if has_ended {
            format!("{rejected} of {all} of `{table}` would be rejected, and a load may have {may}; {landed}")
        } else {
            format!("{rejected} of the first {all} of `{table}` would be rejected, and a load may have {may}; {landed}")
        };
        let problem = Diagnostic::error(&rule::INVALID_CONTRACT, message).at(self.source.origin.clone());
        let problem = tally.broken_promises().into_iter().fold(problem, Diagnostic::note);
        Some(problem.hint("ask the source's owner what changed; `max_rejects` at the table says how many are too many"))
    }

    /// How many records a load has at most, after so many; `None` where nobody knows.
    fn at_most(&self, records: u64) -> Option<u64> {
        if self.source.max_rejects.percent <= 0.0 {
            // Then it does not matter.
            return Some(records);
        }
        let by_bytes = |size: u64| {
            let record_bytes = (self.seen_bytes / records.max(1)).max(1);
            (size / record_bytes).saturating_mul(LARGER_THAN_ITS_BYTES)
        };
        let by_rows = self.rows.map(|rows| rows.saturating_mul(LARGER_THAN_COUNTED));
        by_rows.or_else(|| self.size_bytes.filter(|_| self.seen_bytes > 0).map(by_bytes))
    }
}
