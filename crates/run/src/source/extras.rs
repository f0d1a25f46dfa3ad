//! What a source table carries beside its own columns, when its source has it: the delete mark, the names of rules, the time
//! of the change.
use std::sync::Arc;

use ade_connect::CHANGED_AT;
use ade_project::resource::{IngestMode, OnDelete, SourceTable};
use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray, new_null_array};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

use super::sieve::Sieve;
use crate::error::RunError;

/// Column that is true for rows that the source has deleted, or means as deleted.
pub(crate) const IS_DELETED: &str = "_ade_is_deleted";
/// The condition, in SQL, of rows that the source has not deleted.
pub(crate) const NOT_DELETED: &str = "\"_ade_is_deleted\" is not true";
/// Column with the names of the rules that a row is marked with.
pub(super) const MARKS: &str = "_ade_marks";

/// The columns that a table carries beside its own.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extras {
    is_deleted: bool,
    marks: bool,
    changed_at: bool,
}

/// What is known of the rows of a batch. What is not is NULL, or false.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub(super) is_deleted: Option<BooleanArray>,
    pub(super) marks: Option<StringArray>,
    pub(super) changed_at: Option<TimestampMicrosecondArray>,
}

impl Extras {
    pub(super) fn new(source: &SourceTable, sieve: &Sieve) -> Self {
        let captured = source.ingest.as_ref().is_some_and(|declared| declared.mode == IngestMode::Capture);
        Self { is_deleted: source.on_delete == OnDelete::Mark, marks: sieve.marks(), changed_at: captured }
    }

    /// Whether deleted rows stay, with a mark.
    pub(super) fn marks_deleted(self) -> bool {
        self.is_deleted
    }

    /// Places of what rows keep from before when all that is known of them is their key: `own` columns of their own, and the
    /// names of rules.
    pub(super) fn of_before(self, own: usize, key: &[usize]) -> Vec<usize> {
        let marks = self.fields().iter().position(|field| field.name() == MARKS).map(|place| own + place);
        (0..own).filter(|place| !key.contains(place)).chain(marks).collect()
    }

    fn fields(self) -> Vec<Field> {
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let all = [
            (self.is_deleted, IS_DELETED, DataType::Boolean),
            (self.marks, MARKS, DataType::Utf8),
            (self.changed_at, CHANGED_AT, time),
        ];
        all.into_iter().filter(|(is_there, ..)| *is_there).map(|(_, name, kind)| Field::new(name, kind, true)).collect()
    }

    /// The columns of rows with these of their own.
    pub(super) fn schema(self, treated: &Schema) -> SchemaRef {
        let own = treated.fields().iter().cloned();
        Arc::new(Schema::new(own.chain(self.fields().into_iter().map(Arc::new)).collect::<Fields>()))
    }

    /// Treated rows with these columns.
    pub(super) fn add(self, treated: &RecordBatch, known: Known) -> Result<RecordBatch, RunError> {
        let rows = treated.num_rows();
        let mut columns = treated.columns().to_vec();
        let Known { is_deleted, marks, changed_at } = known;
        let is_deleted = is_deleted.unwrap_or_else(|| BooleanArray::from(vec![false; rows]));
        let changed_at = changed_at.map(|times| Arc::new(times) as ArrayRef);
        for field in self.fields() {
            columns.push(match field.name().as_str() {
                IS_DELETED => Arc::new(is_deleted.clone()),
                MARKS => Arc::new(marks.clone().unwrap_or_else(|| StringArray::new_null(rows))),
                _ => changed_at.clone().unwrap_or_else(|| new_null_array(field.data_type(), rows)),
            });
        }
        // Arrow's own words may hold values: they stay here.
        RecordBatch::try_new(self.schema(treated.schema_ref()), columns).map_err(|_| RunError::Stamp { rows })
    }
}
