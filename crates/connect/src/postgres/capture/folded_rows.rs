//! What became of the rows of a table, with values as a read of it gives them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, new_null_array};
use arrow::datatypes::Field;

use super::followed_table::FollowedTable;
use crate::capture::{Changes, FoldedTable};
use crate::postgres::finish::infinite_time;
use crate::postgres::reading::Reading;
use crate::postgres::value::{Misfit, ValueBuilder};
use crate::{ConnectError, Note, Place, type_name};

/// What became of the rows of a table, with values as a read of it gives them.
pub(crate) struct FoldedRows {
    from: String,
    table: Arc<FollowedTable>,
    /// What each column of the table is read as.
    readings: HashMap<String, Reading>,
    /// How many values were infinite, by column.
    infinite: Mutex<BTreeMap<String, u64>>,
}

impl FoldedRows {
    /// `from` is the table in the source, for messages.
    pub(crate) fn new(from: &str, table: Arc<FollowedTable>, readings: HashMap<String, Reading>) -> Self {
        Self { from: from.to_owned(), table, readings, infinite: Mutex::default() }
    }

    /// What a person should know of the values that were given.
    pub(crate) fn notes(&self) -> Vec<Note> {
        let counts = self.infinite.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(column, count)| infinite_time(&self.from, column, *count)).collect()
    }

    fn misfit(&self, field: &Field, misfit: Misfit) -> ConnectError {
        ConnectError::Value {
            place: Box::new(Place::of(&self.from).column(field.name())),
            expected: type_name(field.data_type()),
            found: misfit.found,
            advice: misfit.advice.to_owned(),
        }
    }
}

impl FoldedTable for FoldedRows {
    fn changes(&self) -> &Changes {
        self.table.changes()
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.table.relation().place(name)
    }

    fn values(
        &self,
        field: &Field,
        cells: &[Option<&[u8]>],
        mut told: Option<&mut Vec<usize>>,
    ) -> Result<ArrayRef, ConnectError> {
        let Some(reading) = self.readings.get(field.name()) else {
            return Ok(new_null_array(field.data_type(), cells.len()));
        };
        let mut builder = ValueBuilder::new(reading, cells.len());
        for (row, cell) in cells.iter().enumerate() {
            let Some(text) = cell else {
                builder.append_null();
                continue;
            };
            if let Err(misfit) = builder.append_text(text) {
                let Some(told) = told.as_mut().filter(|_| !misfit.is_broken()) else {
                    return Err(self.misfit(field, misfit));
                };
                told.push(row);
                builder.append_null();
            }
        }
        let infinite = builder.take_infinite();
        if infinite > 0 {
            let mut counts = self.infinite.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.entry(field.name().clone()).or_default() += infinite;
        }
        builder.finish().map_err(|_| ConnectError::SourceFailed {
            object: self.from.clone(),
            reason: "its changes do not form a batch of the planned schema".to_owned(),
        })
    }
}
