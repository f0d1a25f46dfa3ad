//! What a sieve says of rows.
use arrow::array::{BooleanArray, RecordBatch, StringArray};

use super::super::rejection::Unfit;

/// What a sieve says of each row of a batch.
pub(in crate::source) struct Sifted {
    /// All rows, with the types as which they land.
    pub(in crate::source) rows: RecordBatch,
    /// Those that land; `None`: all.
    pub(in crate::source) stays: Option<BooleanArray>,
    /// Why a row is kept apart; `None`: none is.
    pub(in crate::source) apart: Option<StringArray>,
    /// Why a value of a row is kept apart, and the row lands; `None`: none is.
    pub(in crate::source) aside: Option<StringArray>,
    /// Values that do not fit, or that nobody expected.
    pub(in crate::source) unfit: Vec<Unfit>,
    /// Whether the source means the row as deleted, where that is told.
    pub(in crate::source) is_deleted: Option<BooleanArray>,
    /// The names of rules that the row is marked with, where rules mark.
    pub(in crate::source) marks: Option<StringArray>,
}
