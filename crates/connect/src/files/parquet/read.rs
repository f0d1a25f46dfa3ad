//! Row groups into batches.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatchOptions, new_null_array};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::cast::cast;
use super::footer::Footer;
use crate::files::parallel::{Results, Stop};
use crate::value::CORRECT;
use crate::{ConnectError, Place, type_name};

/// What to do about times that are finer than those of tables.
const NANOSECONDS: &str =
    "tables keep microseconds: `data_type: varchar` keeps all digits, or have the file written with microseconds";

/// One file being read.
pub(crate) struct Reading {
    pub(crate) path: String,
    pub(crate) footer: Footer,
    pub(crate) schema: SchemaRef,
    pub(crate) batch_rows: usize,
}

/// Reads one row group and gives its batches.
pub(crate) fn read_group(reading: &Reading, group: usize, results: &Results<RecordBatch>) -> Result<(), Stop> {
    let footer = &reading.footer;
    let found = footer.schema();
    let roots =
        found.fields().iter().enumerate().filter(|(_, field)| reading.schema.field_with_name(field.name()).is_ok());
    let roots: Vec<usize> = roots.map(|(index, _)| index).collect();
    let description = footer.metadata.metadata().file_metadata().schema_descr();
    let mask = ProjectionMask::roots(description, roots);
    let failed = |reason: &str| {
        let reason = format!("{reason}; the file is damaged");
        ConnectError::SourceFailed { object: reading.path.clone(), reason }
    };
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(footer.source.clone(), footer.metadata.clone())
        .with_row_groups(vec![group])
        .with_projection(mask)
        .with_batch_size(reading.batch_rows.max(1))
        .build()
        .map_err(|_| failed("its pages cannot be read"))?;
    let groups = footer.metadata.metadata().row_groups();
    let before: u64 = groups[..group].iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(0)).sum();
    let mut row = before;
    for batch in reader {
        let batch = batch.map_err(|_| failed("its pages cannot be decoded"))?;
        results.give(fit(reading, &batch, row)?)?;
        row += batch.num_rows() as u64;
    }
    Ok(())
}

/// The batch in the planned schema: by name, cast, NULL where the file has no such column.
fn fit(reading: &Reading, batch: &RecordBatch, first_row: u64) -> Result<RecordBatch, ConnectError> {
    let columns = reading.schema.fields().iter().map(|field| -> Result<ArrayRef, ConnectError> {
        let Some(column) = batch.column_by_name(field.name()) else {
            return Ok(new_null_array(field.data_type(), batch.num_rows()));
        };
        cast(column, field.data_type()).map_err(|row| {
            let is_nanoseconds =
                |data_type: &DataType| matches!(data_type, DataType::Timestamp(TimeUnit::Nanosecond, _));
            let place = Place::of(&reading.path).row(first_row + row as u64 + 1).column(field.name());
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
    RecordBatch::try_new_with_options(Arc::clone(&reading.schema), columns, &options).map_err(|_| {
        ConnectError::SourceFailed {
            object: reading.path.clone(),
            reason: "its columns do not form a batch of the planned schema".to_owned(),
        }
    })
}
