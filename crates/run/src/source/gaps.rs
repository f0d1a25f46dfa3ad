//! Where the first row is that lacks what was promised: the check that counts such rows looks at the table, which does not
//! know where its rows come from.
use ade_project::resource::SourceTable;
use arrow::array::{Array, RecordBatch};

/// The first row without a value, of each column that promises one.
#[derive(Debug, Default)]
pub(super) struct Gaps(Vec<(String, String)>);

impl Gaps {
    /// Looks at the rows of a batch that `before` rows of the same unit came before.
    pub(super) fn look(&mut self, source: &SourceTable, label: &str, batch: &RecordBatch, before: u64) {
        for column in source.columns.iter().filter(|column| !column.nullable) {
            let Some(values) = batch.column_by_name(&column.name) else { continue };
            let Some(nulls) = values.logical_nulls().filter(|nulls| nulls.null_count() > 0) else { continue };
            if self.0.iter().any(|(known, _)| *known == column.name) {
                continue;
            }
            let first = nulls.iter().position(|is_valid| !is_valid).unwrap_or(0) as u64;
            let note = format!("the first row without `{}` is row {} of {label}", column.name, before + first + 1);
            self.0.push((column.name.clone(), note));
        }
    }

    /// In words.
    pub(super) fn notes(self) -> Vec<String> {
        self.0.into_iter().map(|(_, note)| note).collect()
    }
}
