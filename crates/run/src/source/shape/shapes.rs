//! The shapes of all columns of JSON in what lands.
use std::collections::BTreeMap;

use ade_diagnostic::{Diagnostic, rule};
use ade_project::resource::{DriftPolicy, SourceTable};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::DataType;

use super::{Difference, JsonShape, Looking};

/// Bytes of a column of which every value is looked at; of those after them one in [`EVERY`], unless a difference stops the table.
const LOOK_AT_ALL: u64 = 4 << 20;
const EVERY: u64 = 16;

/// A column that may hold documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) struct Shaped {
    /// Its name in the lake.
    pub(in crate::source) column: String,
    /// What happens when they are not as before.
    pub(in crate::source) policy: DriftPolicy,
}

/// The shapes of what lands, as they show.
pub(in crate::source) struct Shapes<'a> {
    before: &'a BTreeMap<String, JsonShape>,
    columns: Vec<Column<'a>>,
}

struct Column<'a> {
    shaped: &'a Shaped,
    looking: Looking,
    values: u64,
    bytes: u64,
}

/// Whether values of a type may be documents.
pub(in crate::source) fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

impl<'a> Shapes<'a> {
    /// Of these columns, after what is known of some of them.
    pub(in crate::source) fn new(shaped: &'a [Shaped], before: &'a BTreeMap<String, JsonShape>) -> Self {
        let columns = shaped.iter().map(|shaped| {
            let looking = Looking::new(before.get(&shaped.column));
            Column { shaped, looking, values: 0, bytes: 0 }
        });
        Self { before, columns: columns.collect() }
    }

    /// Looks at rows that land.
    pub(in crate::source) fn see(&mut self, rows: &RecordBatch) {
        for column in &mut self.columns {
            let Some(values) = rows.column_by_name(&column.shaped.column) else { continue };
            match values.data_type() {
                DataType::Utf8 => column.see(values.as_string::<i32>().iter()),
                DataType::LargeUtf8 => column.see(values.as_string::<i64>().iter()),
                DataType::Utf8View => column.see(values.as_string_view().iter()),
                _ => {}
            }
        }
    }

    /// What stops the table, if anything does. `is_end`: whether all of it was seen, so that what is gone can be told.
    pub(in crate::source) fn problem(&self, source: &SourceTable, is_end: bool) -> Option<Diagnostic> {
        let stopping = self.columns.iter().filter(|column| column.shaped.policy == DriftPolicy::Stop);
        let (column, found) = stopping
            .map(|column| (column, column.looking.difference()))
            .find(|(_, found)| !found.is_none() && (is_end || !found.is_of_lack()))?;
        let name = &column.shaped.column;
        let table = format!("{}.{}", source.source, source.name);
        let message = format!("the documents in `{name}` of `{table}` are not as they were: {}", found.words());
        let place = source.column(name).map_or(&source.origin, |listed| &listed.origin);
        Some(Diagnostic::error(&rule::SCHEMA_DRIFT, message).at(place.clone()).hint(
            "ask the source's owner; if it is meant, let it land once with `drift: {json: evolve}` at the column, which remembers it",
        ))
    }

    /// What is not as before, in words, for each column where anything is.
    pub(in crate::source) fn notes(&self) -> Vec<String> {
        let found = self.columns.iter().map(|column| (&column.shaped.column, column.looking.difference()));
        let found = found.filter(|(_, found): &(_, Difference)| !found.is_none());
        found
            .map(|(column, found)| format!("the documents in `{column}` are not as they were: {}", found.words()))
            .collect()
    }

    /// What is known by now, that of columns included that nobody looked at. `adds`: whether what was before is still there.
    pub(in crate::source) fn remembered(&self, adds: bool) -> BTreeMap<String, JsonShape> {
        let mut all = self.before.clone();
        for column in self.columns.iter().filter(|column| column.values > 0) {
            match column.looking.remembered(adds) {
                Some(shape) => drop(all.insert(column.shaped.column.clone(), shape)),
                None => drop(all.remove(&column.shaped.column)),
            }
        }
        all
    }
}

impl Column<'_> {
    fn see<'t>(&mut self, values: impl Iterator<Item = Option<&'t str>>) {
        let every = if self.shaped.policy == DriftPolicy::Stop { 1 } else { EVERY };
        for text in values.flatten() {
            if self.looking.is_hopeless() {
                return;
            }
            if self.bytes < LOOK_AT_ALL || self.values.is_multiple_of(every) {
                self.looking.see(text);
            }
            self.values += 1;
            self.bytes += text.len() as u64;
        }
    }
}
