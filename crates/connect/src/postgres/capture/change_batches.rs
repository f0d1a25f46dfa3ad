//! What became of the rows of a table, as batches.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{
    ArrayRef, BooleanArray, Int32Builder, ListBuilder, RecordBatchOptions, StructArray, new_null_array,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use super::followed_table::FollowedTable;
use crate::capture::{Cell, Fate, RowKey};
use crate::postgres::reading::Reading;
use crate::postgres::value::{Misfit, ValueBuilder};
use crate::{ChangeColumns, ConnectError, Place, type_name};

/// What became of the rows of a table, as batches.
pub(crate) struct ChangeBatches {
    /// The table in the source, for messages.
    pub(crate) from: String,
    pub(crate) table: Arc<FollowedTable>,
    /// The columns that are read.
    pub(crate) schema: SchemaRef,
    /// The columns of the key.
    pub(crate) key: Vec<String>,
    /// What each column of the table is read as.
    pub(crate) readings: HashMap<String, Reading>,
    /// How many values were infinite, by column.
    pub(crate) infinite: Arc<Mutex<BTreeMap<String, u64>>>,
}

impl ChangeBatches {
    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.table.changes().fates().len()
    }

    /// The schema of every batch: a table that was emptied gives only rows that are there now, in full.
    pub(crate) fn batch_schema(&self) -> SchemaRef {
        if self.table.changes().is_truncated() {
            Arc::clone(&self.schema)
        } else {
            ChangeColumns::schema(&self.schema, &self.key)
        }
    }

    /// Some of the rows.
    pub(crate) fn batch(&self, range: Range<usize>) -> Result<RecordBatch, ConnectError> {
        let fates: Vec<(&RowKey, &Fate)> = self.table.changes().fates_in(range.clone()).collect();
        let mut columns = Vec::with_capacity(self.schema.fields().len() + 4);
        for field in self.schema.fields() {
            columns.push(self.column(field, &fates)?);
        }
        if !self.table.changes().is_truncated() {
            let gone = fates.iter().map(|(_, fate)| Some(matches!(fate, Fate::Gone)));
            columns.push(Arc::new(gone.collect::<BooleanArray>()));
            columns.push(self.unchanged(&fates));
            columns.push(self.before(&fates)?);
            columns.push(Arc::new(ChangeColumns::times(self.table.changes().times_in(range))));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(fates.len()));
        RecordBatch::try_new_with_options(self.batch_schema(), columns, &options)
            .map_err(|error| self.malformed(&error))
    }

    fn column(&self, field: &Field, fates: &[(&RowKey, &Fate)]) -> Result<ArrayRef, ConnectError> {
        let place = self.table.relation().place(field.name());
        let key_place = self.key.iter().position(|name| name == field.name());
        let Some(place) = place else { return Ok(new_null_array(field.data_type(), fates.len())) };
        let cells = fates.iter().map(|(key, fate)| match fate {
            Fate::Row { row, .. } => row.get(place).and_then(Cell::text),
            Fate::Gone => key_place.and_then(|place| key.values().get(place).copied()),
        });
        let cells: Vec<Option<&[u8]>> = cells.collect();
        self.texts(field, &cells)
    }

    fn texts(&self, field: &Field, cells: &[Option<&[u8]>]) -> Result<ArrayRef, ConnectError> {
        let Some(reading) = self.readings.get(field.name()) else {
            return Ok(new_null_array(field.data_type(), cells.len()));
        };
        let mut builder = ValueBuilder::new(reading, cells.len());
        for cell in cells {
            match cell {
                None => builder.append_null(),
                Some(text) => builder.append_text(text).map_err(|misfit| self.misfit(field, misfit))?,
            }
        }
        let infinite = builder.take_infinite();
        if infinite > 0 {
            let mut counts = self.infinite.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.entry(field.name().clone()).or_default() += infinite;
        }
        builder.finish().map_err(|error| self.malformed(&error))
    }

    fn misfit(&self, field: &Field, misfit: Misfit) -> ConnectError {
        ConnectError::Value {
            place: Box::new(Place::of(&self.from).column(field.name())),
            expected: type_name(field.data_type()),
            found: misfit.found,
            advice: misfit.advice.to_owned(),
        }
    }

    fn unchanged(&self, fates: &[(&RowKey, &Fate)]) -> ArrayRef {
        let relation = self.table.relation();
        let places: Vec<Option<usize>> =
            self.schema.fields().iter().map(|field| relation.place(field.name())).collect();
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
            let cells: Vec<Option<&[u8]>> = cells.collect();
            columns.push(self.texts(field, &cells)?);
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
