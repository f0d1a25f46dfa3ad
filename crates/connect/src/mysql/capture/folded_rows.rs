//! What became of the rows of a table, with values as a read of it gives them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, new_null_array};
use arrow::datatypes::Field;

use super::field::LoggedField;
use super::followed_table::FollowedTable;
use crate::capture::{Changes, FoldedTable};
use crate::mysql::catalog::Table;
use crate::mysql::decoder::Decoder;
use crate::mysql::read::{unfit, zero_dates};
use crate::value::CORRECT;
use crate::{ConnectError, Note, Place, type_name};

/// What became of the rows of a table, with values as a read of it gives them.
pub(crate) struct FoldedRows {
    from: String,
    table: Arc<FollowedTable>,
    /// The columns that can be read, by name.
    fields: HashMap<String, LoggedField>,
    /// How many values were no dates, by column.
    no_dates: Mutex<BTreeMap<String, u64>>,
}

impl FoldedRows {
    /// `target` is the table as it was when its changes began to be read.
    pub(crate) fn new(from: &str, table: Arc<FollowedTable>, target: &Table) -> Self {
        let readable = target.columns.iter().filter_map(|column| {
            let field = LoggedField::new(column).ok()?;
            Some((column.name.clone(), field))
        });
        Self { from: from.to_owned(), table, fields: readable.collect(), no_dates: Mutex::default() }
    }

    /// What a person should know of the values that were given.
    pub(crate) fn notes(&self) -> Vec<Note> {
        let counts = self.no_dates.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(column, count)| zero_dates(&self.from, column, *count)).collect()
    }

    /// The table's definition was changed after its changes began to be read.
    fn changed(&self) -> ConnectError {
        ConnectError::SourceChanged { object: self.from.clone() }
    }
}

impl FoldedTable for FoldedRows {
    fn changes(&self) -> &Changes {
        self.table.changes()
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.table.columns().iter().position(|column| column.name == name)
    }

    fn values(
        &self,
        field: &Field,
        cells: &[Option<&[u8]>],
        _told: Option<&mut Vec<usize>>,
    ) -> Result<ArrayRef, ConnectError> {
        let column = self.place(field.name()).and_then(|place| self.table.columns().get(place));
        let Some(logged) = column.and_then(|column| column.logged) else {
            // No row has told of it: there is no value either.
            return if cells.iter().any(Option::is_some) {
                Err(self.changed())
            } else {
                Ok(new_null_array(field.data_type(), cells.len()))
            };
        };
        let Some(read) = self.fields.get(field.name()) else { return Err(self.changed()) };
        let decoder = Decoder::new(read.column(), field.data_type(), cells.len());
        let mut decoder = decoder.ok_or_else(|| unfit(&self.from, field, read.column()))?;
        for cell in cells {
            let value = match cell {
                None => mysql_async::Value::NULL,
                Some(bytes) => read.value(logged.logged, bytes).ok_or_else(|| self.changed())?,
            };
            decoder.append(&value).map_err(|found| ConnectError::Value {
                place: Box::new(Place::of(&self.from).column(field.name())),
                expected: type_name(field.data_type()),
                found,
                advice: CORRECT.to_owned(),
            })?;
        }
        if decoder.no_dates() > 0 {
            let mut counts = self.no_dates.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.entry(field.name().clone()).or_default() += decoder.no_dates();
        }
        decoder.finish().map_err(|_| ConnectError::SourceFailed {
            object: self.from.clone(),
            reason: "its changes do not form a batch of the planned schema".to_owned(),
        })
    }
}
