//! The two columns that every landed row carries: its batch, and when it landed.
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use chrono::{DateTime, Utc};

use crate::error::RunError;

/// Column with the id of the batch that brought the row: text, a UUIDv7.
pub(crate) const BATCH_ID: &str = "_ade_batch_id";
/// Column with the time at which the batch was read: microseconds, UTC.
pub(crate) const LOADED_AT: &str = "_ade_loaded_at";

/// The schema with both columns at its end.
pub(crate) fn stamped(schema: &Schema) -> SchemaRef {
    let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(BATCH_ID, DataType::Utf8, true)));
    fields.push(Arc::new(Field::new(LOADED_AT, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true)));
    Arc::new(Schema::new(fields))
}

/// Adds both columns to rows.
pub(crate) fn stamp(
    batch: &RecordBatch,
    schema: &SchemaRef,
    batch_id: &str,
    loaded_at: DateTime<Utc>,
) -> Result<RecordBatch, RunError> {
    let rows = batch.num_rows();
    let mut columns = batch.columns().to_vec();
    columns.push(Arc::new(StringArray::from_iter_values(std::iter::repeat_n(batch_id, rows))) as ArrayRef);
    let time = TimestampMicrosecondArray::from_value(loaded_at.timestamp_micros(), rows).with_timezone("UTC");
    columns.push(Arc::new(time));
    // Arrow's own words may hold values: they stay here.
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(|_| RunError::Stamp { rows })
}
