//! The rows of one table of a round, by columns.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, SchemaRef};
use indexmap::IndexMap;

use super::LogPlace;
use super::cell::Cell;
use crate::value::{ColumnBuilder, Evidence, shape};
use crate::{ConnectError, Place, type_name};

/// The rows of one table of a round, in the order of the log.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Behind which place of the log each row lies.
    places: Vec<LogPlace>,
    /// By name, in the order in which they were first seen; a column may be shorter than the table.
    columns: IndexMap<String, Vec<Option<Cell>>>,
}

impl Table {
    pub(super) fn push<'a>(&mut self, place: LogPlace, cells: impl IntoIterator<Item = &'a (String, Cell)>) {
        let row = self.places.len();
        self.places.push(place);
        for (name, cell) in cells {
            let column = match self.columns.get_mut(name) {
                Some(column) => column,
                None => self.columns.entry(name.clone()).or_default(),
            };
            column.resize(row, None);
            // Of two members that have one name here, the last counts, as of two with one name in JSON.
            column.push(Some(cell.clone()));
        }
    }

    /// The first row that lies behind a place; the rows are counted from 0.
    pub(super) fn first_after(&self, place: Option<LogPlace>) -> usize {
        place.map_or(0, |place| self.places.partition_point(|known| *known <= place))
    }

    pub(super) fn rows(&self) -> usize {
        self.places.len()
    }

    pub(super) fn place(&self, row: usize) -> Option<LogPlace> {
        self.places.get(row).copied()
    }

    /// The columns that have a value in a row from `first` on, with the type that all of these have in common.
    pub(super) fn found(&self, first: usize) -> Vec<(&str, DataType)> {
        let mut found = Vec::new();
        for (name, column) in &self.columns {
            let mut cells = column.iter().skip(first).flatten().peekable();
            if cells.peek().is_some() {
                let mut evidence = Evidence::default();
                cells.for_each(|cell| cell.tell(&mut evidence));
                found.push((name.as_str(), evidence.data_type(false)));
            }
        }
        found
    }

    /// Whether every value of a column from `first` on fits a type.
    pub(super) fn fits(&self, name: &str, first: usize, data_type: &DataType) -> bool {
        let Some(mut builder) = ColumnBuilder::new(data_type, 0) else { return false };
        let Some(column) = self.columns.get(name) else { return true };
        builder.extend(column.iter().skip(first).map(|cell| cell.as_ref().map(Cell::text))).is_ok()
    }

    /// The rows from `first` up to `end`. What does not fit is an error that names the place and not the value.
    pub(super) fn batch(
        &self,
        schema: &SchemaRef,
        label: &str,
        first: usize,
        end: usize,
    ) -> Result<RecordBatch, ConnectError> {
        let columns = schema.fields().iter().map(|field| {
            let cells = self.columns.get(field.name()).map_or(&[][..], Vec::as_slice);
            let cells = (first..end).map(|row| cells.get(row).and_then(Option::as_ref).map(Cell::text));
            Self::column(field.name(), field.data_type(), cells, label, first)
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(end - first));
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).map_err(|_| broken(label))
    }

    fn column<'a>(
        name: &str,
        data_type: &DataType,
        cells: impl Iterator<Item = Option<&'a str>> + Clone,
        label: &str,
        first: usize,
    ) -> Result<ArrayRef, ConnectError> {
        let unreadable = || ConnectError::Request {
            from: label.to_owned(),
            reason: format!("column `{name}` cannot be read as {}", type_name(data_type)),
            advice: "take it as varchar, and cast it in a model".to_owned(),
        };
        let mut builder = ColumnBuilder::new(data_type, cells.size_hint().0).ok_or_else(unreadable)?;
        if let Err(row) = builder.extend(cells.clone()) {
            let mut cells = cells;
            let found = cells.nth(row).flatten().unwrap_or_default();
            let place = Place::of(label).row((first + row) as u64 + 1).column(name);
            return Err(ConnectError::Value {
                place: Box::new(place),
                expected: type_name(data_type),
                found: shape(found),
                advice: "correct the client, or say what happens with `drift: {retyped_column: …}`".to_owned(),
            });
        }
        builder.finish().map_err(|_| broken(label))
    }
}

fn broken(label: &str) -> ConnectError {
    ConnectError::SourceFailed { object: label.to_owned(), reason: "its columns do not have one length".to_owned() }
}
