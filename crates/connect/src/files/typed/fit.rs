//! A batch in the planned schema.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatchOptions, new_null_array};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;

use super::cast::cast;
use crate::value::CORRECT;
use crate::{ConnectError, Place, type_name};

/// What to do about times that are finer than those of tables.
const NANOSECONDS: &str =
    "tables keep microseconds: `data_type: varchar` keeps all digits, or have the file written with microseconds";

/// The batch in the planned schema: by name, cast, NULL where the file has no such column.
pub(crate) fn fit(
    path: &str,
    schema: &SchemaRef,
    batch: &RecordBatch,
    first_row: u64,
) -> Result<RecordBatch, ConnectError> {
    let columns = schema.fields().iter().map(|field| -> Result<ArrayRef, ConnectError> {
        let Some(column) = batch.column_by_name(field.name()) else {
            return Ok(new_null_array(field.data_type(), batch.num_rows()));
        };
        cast(column, field.data_type()).map_err(|row| {
            let is_nanoseconds =
                |data_type: &DataType| matches!(data_type, DataType::Timestamp(TimeUnit::Nanosecond, _));
            let place = Place::of(path).row(first_row + row as u64 + 1).column(field.name());
            let (found, advice) = if is_nanoseconds(column.data_type()) && field.data_type().is_temporal() {
                ("nanoseconds below a microsecond, or a time far from today".to_owned(), NANOSECONDS)
            } else {
                (format!("another value of type {}", type_name(column.data_type())), CORRECT)
            };
            let expected = type_name(field.data_type());
            ConnectError::Value { place: Box::new(place), expected, found, advice: advice.to_owned() }
        })
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).map_err(|_| ConnectError::SourceFailed {
        object: path.to_owned(),
        reason: "its columns do not form a batch of the planned schema".to_owned(),
    })
}
