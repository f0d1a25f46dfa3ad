//! What became of the rows of a table, as batches.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Int32Builder, ListBuilder, RecordBatchOptions, StructArray, new_null_array,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::cell::Cell;
use super::change_columns::ChangeColumns;
use super::changes::Fate;
use super::folded_table::FoldedTable;
use super::row_key::RowKey;
use crate::{ConnectError, MISFITS, Misfits};

/// What became of the rows of a table, as batches.
pub(crate) struct FoldBatches<T> {
    /// The table in the source, for messages.
    pub(crate) from: String,
    pub(crate) table: T,
    /// The columns that are read.
    pub(crate) schema: SchemaRef,
    /// The columns of the key.
    pub(crate) key: Vec<String>,
    /// Those of which values that do not fit are told.
    pub(crate) misfits: Vec<String>,
}

impl<T: FoldedTable> FoldBatches<T> {
    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.table.changes().fates().len()
    }

    /// The schema of every batch: a table that was emptied gives only rows that are there now, in full, with their times.
    pub(crate) fn batch_schema(&self) -> SchemaRef {
        if self.table.changes().is_truncated() {
            ChangeColumns::timed(&self.schema)
        } else {
            ChangeColumns::schema(&self.schema, &self.key)
        }
    }

    /// Some of the rows.
    pub(crate) fn batch(&self, range: Range<usize>) -> Result<RecordBatch, ConnectError> {
        let changes = self.table.changes();
        let fates: Vec<(&RowKey, &Fate)> = changes.fates_in(range.clone()).collect();
        let mut columns = Vec::with_capacity(self.schema.fields().len() + 4);
        let mut misfits = Misfits::default();
        for (place, field) in self.schema.fields().iter().enumerate() {
            columns.push(match field.name().as_str() {
                MISFITS => misfits.take(fates.len()),
                _ => self.column(field, place, &fates, &mut misfits)?,
            });
        }
        if !changes.is_truncated() {
            let gone = fates.iter().map(|(_, fate)| Some(matches!(fate, Fate::Gone)));
            columns.push(Arc::new(gone.collect::<BooleanArray>()));
            columns.push(self.unchanged(&fates));
            columns.push(self.before(&fates)?);
        }
        columns.push(Arc::new(ChangeColumns::times(changes.times_in(range))));
        let options = RecordBatchOptions::new().with_row_count(Some(fates.len()));
        RecordBatch::try_new_with_options(self.batch_schema(), columns, &options)
            .map_err(|error| self.malformed(&error))
    }

    /// The column at a place of the schema.
    fn column(
        &self,
        field: &Field,
        at: usize,
        fates: &[(&RowKey, &Fate)],
        misfits: &mut Misfits,
    ) -> Result<ArrayRef, ConnectError> {
        let key_place = self.key.iter().position(|name| name == field.name());
        let Some(place) = self.table.place(field.name()) else {
            return Ok(new_null_array(field.data_type(), fates.len()));
        };
        let cells = fates.iter().map(|(key, fate)| match fate {
            Fate::Row { row, .. } => row.get(place).and_then(Cell::text),
            Fate::Gone => key_place.and_then(|place| key.values().get(place).copied()),
        });
        let mut unfit = Vec::new();
        let told = self.misfits.contains(field.name()).then_some(&mut unfit);
        let values = self.table.values(field, &cells.collect::<Vec<_>>(), told)?;
        for row in unfit {
            misfits.add(row, at);
        }
        Ok(values)
    }

    fn unchanged(&self, fates: &[(&RowKey, &Fate)]) -> ArrayRef {
        let fields = self.schema.fields().iter();
        let places: Vec<Option<usize>> = fields.map(|field| self.table.place(field.name())).collect();
        let item = Arc::new(Field::new_list_field(DataType::Int32, false));
        let mut builder = ListBuilder::new(Int32Builder::new()).with_field(item);
        for (_, fate) in fates {
            let mut is_partial = false;
            if let Fate::Row { row, .. } = fate {
                for (column, place) in (0_i32..).zip(&places) {
                    if place.and_then(|place| row.get(place)) == Some(&Cell::Unchanged) {
                        builder.values().append_value(column);
                        is_partial = true;
                    }
                }
            }
            builder.append(is_partial);
        }
        Arc::new(builder.finish())
    }

    fn before(&self, fates: &[(&RowKey, &Fate)]) -> Result<ArrayRef, ConnectError> {
        let fields = ChangeColumns::key_fields(&self.schema, &self.key);
        let keys: Vec<Option<Vec<&[u8]>>> = fates
            .iter()
            .map(|(_, fate)| match fate {
                Fate::Row { before, .. } => before.as_ref().map(RowKey::values),
                Fate::Gone => None,
            })
            .collect();
        let mut columns = Vec::new();
        for (place, field) in fields.iter().enumerate() {
            let cells = keys.iter().map(|key| key.as_ref().and_then(|key| key.get(place).copied()));
            columns.push(self.table.values(field, &cells.collect::<Vec<_>>(), None)?);
        }
        let nulls = keys.iter().map(Option::is_some).collect::<NullBuffer>();
        let before = StructArray::try_new(fields, columns, Some(nulls)).map_err(|error| self.malformed(&error))?;
        Ok(Arc::new(before))
    }

    /// Arrow's own words may hold values: they stay here.
    fn malformed(&self, _: &ArrowError) -> ConnectError {
        ConnectError::SourceFailed {
            object: self.from.clone(),
            reason: "its changes do not form a batch of the planned schema".to_owned(),
        }
    }
}
