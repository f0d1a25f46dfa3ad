//! The rows of one table of a round, by columns.

use std::collections::HashSet;
use std::iter::Peekable;
use std::slice;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, SchemaRef};
use indexmap::IndexMap;
use serde_json::Map;

use super::LogPlace;
use super::cell::Cell;
use crate::value::{ColumnBuilder, Evidence, shape};
use crate::{ConnectError, Place, type_name};

/// Columns that nobody lists; what has other names then is in [`OTHERS`].
const MOST_COLUMNS: usize = 1_000;
/// The column with members of messages whose names are too many to be columns: a JSON object.
const OTHERS: &str = "other_properties";

/// The rows of one table of a round, in the order of the log.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// The columns that people list: they are there, however many others there are.
    listed: Arc<HashSet<String>>,
    /// Behind which place of the log each row lies, and which record of the round it is of.
    rows: Vec<(LogPlace, usize)>,
    /// By name, in the order in which they were first seen: the rows that have a value, and the value.
    columns: IndexMap<String, Vec<(usize, Cell)>>,
    /// How many columns there are that nobody lists.
    unlisted: usize,
    /// Rows that are of a record which another row of this table is of, too.
    pub(super) extra: u64,
}

impl Table {
    pub(super) fn new(listed: Arc<HashSet<String>>) -> Self {
        Self { listed, ..Self::default() }
    }

    /// Adds a row of the record with this number.
    pub(super) fn push<'a>(
        &mut self,
        place: LogPlace,
        record: usize,
        cells: impl IntoIterator<Item = &'a (String, Cell)>,
    ) {
        let row = self.rows.len();
        self.extra += u64::from(self.rows.last().is_some_and(|(_, last)| *last == record));
        self.rows.push((place, record));
        let mut others = Map::new();
        for (name, cell) in cells {
            if !self.columns.contains_key(name) && !self.listed.contains(name) {
                if self.unlisted >= MOST_COLUMNS {
                    others.insert(name.clone(), cell.text().into());
                    continue;
                }
                self.unlisted += 1;
            }
            self.put(row, name, cell.clone());
        }
        if !others.is_empty() {
            self.put(row, OTHERS, Cell::Nested(serde_json::Value::Object(others).to_string()));
        }
    }

    fn put(&mut self, row: usize, name: &str, cell: Cell) {
        let column = match self.columns.get_mut(name) {
            Some(column) => column,
            None => self.columns.entry(name.to_owned()).or_default(),
        };
        match column.last_mut() {
            // Of two members that have one name here, the last counts, as of two with one name in JSON.
            Some((last, known)) if *last == row => *known = cell,
            _ => column.push((row, cell)),
        }
    }

    /// The first row that lies behind a place; the rows are counted from 0.
    pub(super) fn first_after(&self, place: Option<LogPlace>) -> usize {
        place.map_or(0, |place| self.rows.partition_point(|(known, _)| *known <= place))
    }

    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn place(&self, row: usize) -> Option<LogPlace> {
        self.rows.get(row).map(|(place, _)| *place)
    }

    /// The records that rows from `first` on are of, each once.
    pub(super) fn records(&self, first: usize) -> Vec<(LogPlace, usize)> {
        let mut records = self.rows[first.min(self.rows.len())..].to_vec();
        records.dedup();
        records
    }

    fn cells(&self, name: &str, first: usize) -> &[(usize, Cell)] {
        let column = self.columns.get(name).map_or(&[][..], Vec::as_slice);
        &column[column.partition_point(|(row, _)| *row < first)..]
    }

    /// The columns that have a value in a row from `first` on, with the type that all of these have in common.
    pub(super) fn found(&self, first: usize) -> Vec<(&str, DataType)> {
        let mut found = Vec::new();
        for name in self.columns.keys() {
            let cells = self.cells(name, first);
            if !cells.is_empty() {
                let mut evidence = Evidence::default();
                for (_, cell) in cells {
                    cell.tell(&mut evidence);
                }
                found.push((name.as_str(), evidence.data_type(false)));
            }
        }
        found
    }

    /// Whether every value of a column from `first` on fits a type.
    pub(super) fn fits(&self, name: &str, first: usize, data_type: &DataType) -> bool {
        let Some(mut builder) = ColumnBuilder::new(data_type, 0) else { return false };
        builder.extend(self.cells(name, first).iter().map(|(_, cell)| Some(cell.text()))).is_ok()
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
            let cells = Texts { cells: self.cells(field.name(), first).iter().peekable(), row: first, end };
            Self::column(field.name(), field.data_type(), cells, label, first)
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(end - first));
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).map_err(|_| broken(label))
    }

    fn column(
        name: &str,
        data_type: &DataType,
        cells: Texts<'_>,
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

/// The texts of a column, row by row.
#[derive(Clone)]
struct Texts<'a> {
    cells: Peekable<slice::Iter<'a, (usize, Cell)>>,
    row: usize,
    end: usize,
}

impl<'a> Iterator for Texts<'a> {
    type Item = Option<&'a str>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.row == self.end {
            return None;
        }
        let row = self.row;
        self.row += 1;
        Some(self.cells.next_if(|(has, _)| *has == row).map(|(_, cell)| cell.text()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let rest = self.end - self.row;
        (rest, Some(rest))
    }
}

fn broken(label: &str) -> ConnectError {
    ConnectError::SourceFailed { object: label.to_owned(), reason: "its columns do not have one length".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[(&str, &str)]) -> Vec<(String, Cell)> {
        cells.iter().map(|(name, text)| ((*name).to_owned(), Cell::Text((*text).to_owned()))).collect()
    }

    #[test]
    fn names_without_end_cost_no_more_than_their_values_and_push_out_no_listed_column() {
        let mut table = Table::new(Arc::new(HashSet::from(["total".to_owned()])));
        let rows = 20_000;
        for number in 0..rows {
            let names = [format!("a{number}"), format!("b{number}")];
            let cells = row(&[(&names[0], "x"), (&names[1], "y"), ("total", "7")]);
            table.push(LogPlace::default(), number, &cells);
        }
        assert_eq!(table.columns.len(), MOST_COLUMNS + 2);
        let cells: usize = table.columns.values().map(Vec::len).sum();
        assert_eq!(cells, MOST_COLUMNS + rows + (rows - MOST_COLUMNS / 2), "no cell where there is no value");
        assert_eq!(table.cells("total", rows - 1).len(), 1);
        let others = table.cells(OTHERS, rows - 1)[0].1.text().to_owned();
        assert_eq!(others, format!(r#"{{"a{0}":"x","b{0}":"y"}}"#, rows - 1));
    }

    #[test]
    fn a_row_has_the_last_of_two_values_and_null_where_it_has_none() {
        let mut table = Table::default();
        for (number, cells) in
            [row(&[("a", "1"), ("a", "2")]), row(&[("b", "3")]), row(&[("a", "4")])].iter().enumerate()
        {
            table.push(LogPlace::default(), number, cells);
        }
        let texts = |name: &str, row: usize, end: usize| -> Vec<Option<String>> {
            let cells = table.cells(name, row).iter().peekable();
            Texts { cells, row, end }.map(|text| text.map(str::to_owned)).collect()
        };
        assert_eq!(texts("a", 0, 3), [Some("2".to_owned()), None, Some("4".to_owned())]);
        assert_eq!(texts("b", 1, 2), [Some("3".to_owned())]);
        assert_eq!(texts("c", 0, 2), [None, None]);
    }
}
