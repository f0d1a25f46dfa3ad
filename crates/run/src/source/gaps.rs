//! Where the first row is that lacks what was promised: the check that counts such rows looks at the table, which does not
//! know where its rows come from.
use ade_connect::{ReadPlan, ReadUnit, Snapshot};
use ade_project::resource::SourceTable;
use arrow::array::{Array, RecordBatch};

use super::drift::must_have_values;

/// The first row without a value, of each column that promises one.
#[derive(Debug, Default)]
pub(super) struct Gaps(Vec<Gap>);

/// A row without a value.
#[derive(Debug)]
struct Gap {
    column: String,
    /// The place of the unit among those that land together.
    unit: usize,
    /// How many rows of the unit came before it.
    row: u64,
}

impl Gaps {
    /// Looks at the rows of a batch that `before` rows of the same unit came before.
    pub(super) fn look(
        &mut self,
        source: &SourceTable,
        unit: usize,
        batch: &RecordBatch,
        before: u64,
        missing: &[String],
    ) {
        let promised = source.columns.iter().filter(|column| must_have_values(source, column));
        for column in promised.filter(|column| !missing.contains(&column.name)) {
            let Some(values) = batch.column_by_name(&column.name) else { continue };
            let Some(nulls) = values.logical_nulls().filter(|nulls| nulls.null_count() > 0) else { continue };
            if self.0.iter().any(|known| known.column == column.name) {
                continue;
            }
            let first = nulls.iter().position(|is_valid| !is_valid).unwrap_or(0) as u64;
            self.0.push(Gap { column: column.name.clone(), unit, row: before + first });
        }
    }

    /// In words, with the lines of files.
    pub(super) async fn notes(self, snapshot: &dyn Snapshot, plan: &ReadPlan, units: &[ReadUnit]) -> Vec<String> {
        let mut notes = Vec::new();
        for Gap { column, unit, row } in self.0 {
            let Some(unit) = units.get(unit) else { continue };
            // A source that is not there any more has been told of already; then the number must do.
            let place = snapshot.place_of_row(plan, unit, row).await.ok().flatten();
            let place = match place {
                Some(place) => place.to_string(),
                None => format!("row {} of {}", row + 1, unit.label),
            };
            notes.push(format!("the first row without `{column}` is {place}"));
        }
        notes
    }
}
