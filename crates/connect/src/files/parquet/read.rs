//! Row groups into batches.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::footer::Footer;
use crate::ConnectError;
use crate::files::parallel::{Results, Stop};
use crate::files::typed::fit;

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
        if let Some(failure) = footer.source.take_failure() {
            return failure;
        }
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
        results.give(fit(&reading.path, &reading.schema, &batch, row)?)?;
        row += batch.num_rows() as u64;
    }
    Ok(())
}
