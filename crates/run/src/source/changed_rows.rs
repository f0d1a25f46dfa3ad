//! Rows of a batch of changes, parted by what is known of them.
use ade_connect::ChangeColumns;
use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::{and, filter, filter_record_batch, is_null, not};
use arrow::error::ArrowError;

/// Rows of a batch of changes.
pub(super) struct ChangedRows {
    /// Those that are there with all of their values.
    pub(super) complete: RecordBatch,
    /// Those that leave values out, with what is said of them.
    pub(super) partial: (RecordBatch, ChangeColumns),
    /// Those that are no more; only their keys are there.
    pub(super) gone: RecordBatch,
}

impl ChangedRows {
    /// Parts the rows of a batch. `said` is of the same rows.
    pub(super) fn new(rows: &RecordBatch, said: &ChangeColumns) -> Result<Self, ArrowError> {
        let stays = not(&said.deleted)?;
        let is_complete = is_null(&said.unchanged)?;
        let partial = and(&stays, &not(&is_complete)?)?;
        Ok(Self {
            complete: filter_record_batch(rows, &and(&stays, &is_complete)?)?,
            partial: (filter_record_batch(rows, &partial)?, only(said, &partial)?),
            gone: filter_record_batch(rows, &said.deleted)?,
        })
    }
}

fn only(said: &ChangeColumns, rows: &BooleanArray) -> Result<ChangeColumns, ArrowError> {
    Ok(ChangeColumns {
        deleted: filter(&said.deleted, rows)?.as_boolean().clone(),
        unchanged: filter(&said.unchanged, rows)?.as_list().clone(),
        before: filter(&said.before, rows)?.as_struct().clone(),
        changed_at: filter(&said.changed_at, rows)?.as_primitive().clone(),
    })
}
