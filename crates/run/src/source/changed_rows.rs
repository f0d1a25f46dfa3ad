//! Rows of a batch of changes, parted by what is known of them.
use std::sync::Arc;

use ade_connect::ChangeColumns;
use arrow::array::{AsArray, BooleanArray, Int32Builder, ListBuilder, RecordBatch};
use arrow::compute::{and, filter, filter_record_batch, is_null, not};
use arrow::datatypes::{DataType, Field};
use arrow::error::ArrowError;

/// Rows of a batch of changes, each with what is said of them.
pub(super) struct ChangedRows {
    /// Those that are there with all of their values.
    pub(super) complete: (RecordBatch, ChangeColumns),
    /// Those that leave values out.
    pub(super) partial: (RecordBatch, ChangeColumns),
    /// Those that are no more; only their keys are there.
    pub(super) gone: (RecordBatch, ChangeColumns),
}

impl ChangedRows {
    /// Parts the rows of a batch. `said` is of the same rows.
    pub(super) fn new(rows: &RecordBatch, said: &ChangeColumns) -> Result<Self, ArrowError> {
        let stays = not(&said.deleted)?;
        let is_complete = is_null(&said.unchanged)?;
        let part = |mask: &BooleanArray| Ok::<_, ArrowError>((filter_record_batch(rows, mask)?, only(said, mask)?));
        Ok(Self {
            complete: part(&and(&stays, &is_complete)?)?,
            partial: part(&and(&stays, &not(&is_complete)?)?)?,
            gone: part(&said.deleted)?,
        })
    }
}

/// What is said of some of the rows.
pub(super) fn only(said: &ChangeColumns, rows: &BooleanArray) -> Result<ChangeColumns, ArrowError> {
    Ok(ChangeColumns {
        deleted: filter(&said.deleted, rows)?.as_boolean().clone(),
        unchanged: filter(&said.unchanged, rows)?.as_list().clone(),
        before: filter(&said.before, rows)?.as_struct().clone(),
        changed_at: filter(&said.changed_at, rows)?.as_primitive().clone(),
    })
}

/// The same of rows of which only the columns at `places` are left; `all_of` leaves out further ones of every row.
pub(super) fn narrowed(said: &ChangeColumns, places: &[usize], all_of: &[usize]) -> ChangeColumns {
    let item = Arc::new(Field::new_list_field(DataType::Int32, false));
    let mut lists = ListBuilder::new(Int32Builder::new()).with_field(item);
    for row in 0..said.deleted.len() {
        let left_out = said.left_out(row);
        let kept = places.iter().enumerate().filter(|(_, place)| left_out.contains(place)).map(|(kept, _)| kept);
        let mut kept: Vec<usize> = kept.chain(all_of.iter().copied()).collect();
        kept.sort_unstable();
        kept.dedup();
        for place in &kept {
            lists.values().append_value(i32::try_from(*place).unwrap_or(i32::MAX));
        }
        lists.append(!kept.is_empty());
    }
    ChangeColumns { unchanged: lists.finish(), ..said.clone() }
}
