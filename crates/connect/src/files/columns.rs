//! What the text formats share: column names, batches under construction, errors for values.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::RecordBatchOptions;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::RecordBatch;

use super::parallel::{Give, Stop};
use crate::value::{ColumnBuilder, advice, shape};
use crate::{ConnectError, Place, type_name};

/// Names must be unique, also for readers that do not look at case.
pub(crate) fn check_names(path: &str, line: u64, names: &[String]) -> Result<(), ConnectError> {
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        if let Some(first) = seen.insert(name.to_lowercase(), index) {
            return Err(ConnectError::Malformed {
                place: Box::new(Place::of(path).line(line)),
                // The name may be a value, where the header line is missing.
                reason: format!("columns {} and {} have the same name", first + 1, index + 1),
                advice: "correct what writes the file; until then, `header: false`, `skip_lines: 1` and `names: […]` read it by place"
                    .to_owned(),
            });
        }
    }
    Ok(())
}

/// The error for a text that does not fit its column's type.
pub(crate) fn value_error(place: Place, expected: &DataType, text: &str) -> ConnectError {
    ConnectError::Value {
        place: Box::new(place),
        expected: type_name(expected),
        found: shape(text),
        advice: advice(expected, text),
    }
}

/// The error for a text of a column whose texts are declared to be written in some form.
pub(crate) fn form_error(place: Place, expected: &DataType, text: &str) -> ConnectError {
    ConnectError::Value {
        place: Box::new(place),
        expected: type_name(expected),
        found: format!("text of {} that is not written as the options say", characters(text)),
        advice: "correct `decimal`, `date_format`, `timestamp_format` or `date_formats`, the source, or the column's `data_type`"
            .to_owned(),
    }
}

fn characters(text: &str) -> String {
    match text.chars().count() {
        1 => "1 character".to_owned(),
        count => format!("{count} characters"),
    }
}

/// Batches under construction.
pub(crate) struct Batches {
    schema: SchemaRef,
    object: String,
    builders: Vec<ColumnBuilder>,
    batch_rows: usize,
    rows: usize,
}

impl Batches {
    pub(crate) fn new(object: &str, schema: &SchemaRef, batch_rows: usize) -> Result<Self, ConnectError> {
        let batch_rows = batch_rows.max(1);
        // Most blocks hold fewer rows than a batch may; builders grow where they do not.
        let capacity = batch_rows.min(8_192);
        let builders = schema.fields().iter().map(|field| {
            ColumnBuilder::new(field.data_type(), capacity)
                .ok_or_else(|| unsupported(object, field.name(), field.data_type()))
        });
        let builders = builders.collect::<Result<_, _>>()?;
        Ok(Self { schema: Arc::clone(schema), object: object.to_owned(), builders, batch_rows, rows: 0 })
    }

    pub(crate) fn builders(&mut self) -> &mut [ColumnBuilder] {
        &mut self.builders
    }

    /// How many more rows fit into the batch.
    pub(crate) fn room(&self) -> usize {
        self.batch_rows - self.rows
    }

    /// `rows` rows were appended to every builder.
    pub(crate) fn add(&mut self, rows: usize, results: &dyn Give<RecordBatch>) -> Result<(), Stop> {
        self.rows += rows;
        if self.rows >= self.batch_rows { self.give(results) } else { Ok(()) }
    }

    pub(crate) fn finish(mut self, results: &dyn Give<RecordBatch>) -> Result<(), Stop> {
        if self.rows > 0 { self.give(results) } else { Ok(()) }
    }

    fn give(&mut self, results: &dyn Give<RecordBatch>) -> Result<(), Stop> {
        let arrays = self.builders.iter_mut().map(ColumnBuilder::finish).collect::<Result<Vec<_>, _>>();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let batch = arrays
            .and_then(|arrays| RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options))
            .map_err(|_| ConnectError::SourceFailed {
                object: self.object.clone(),
                reason: "its columns do not form a batch of the planned schema".to_owned(),
            })?;
        self.rows = 0;
        results.give(batch)
    }
}

/// The error for a promised type that text cannot hold.
pub(crate) fn unsupported(object: &str, column: &str, data_type: &DataType) -> ConnectError {
    ConnectError::Request {
        from: object.to_owned(),
        reason: format!("column `{column}` is promised as {}, which text files do not hold", type_name(data_type)),
        advice: "promise a type that is written as text, such as varchar, and convert it in a model".to_owned(),
    }
}
