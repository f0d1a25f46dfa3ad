//! Pieces of a container file into batches.

use std::io::Read;
use std::sync::Arc;

use arrow::array::RecordBatchOptions;
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow_avro::reader::ReaderBuilder;

use super::container::Piece;
use super::text::{read_as, to_text};
use crate::ConnectError;
use crate::files::parallel::{Results, Stop};
use crate::files::typed::fit;

/// One file being read.
pub(crate) struct Reading {
    pub(crate) path: String,
    pub(crate) schema: SchemaRef,
    pub(crate) batch_rows: usize,
}

/// The columns of a file that begins with `header`, of the types as which they are read; or why there are none.
pub(super) fn schema(header: &[u8]) -> Result<SchemaRef, String> {
    let reader =
        ReaderBuilder::new().build(header).map_err(|_| "the schema in its header is not one that can be read")?;
    let fields = reader.schema();
    let fields = fields.fields().iter().map(|field| {
        let data_type =
            read_as(field).ok_or_else(|| format!("column `{}` has a union of several types within", field.name()))?;
        Ok(Field::new(field.name(), data_type, field.is_nullable()))
    });
    Ok(Arc::new(Schema::new(fields.collect::<Result<Vec<_>, String>>()?)))
}

impl Reading {
    /// Decodes a piece and gives its batches.
    pub(crate) fn read(&self, piece: &Piece, results: &Results<RecordBatch>) -> Result<(), Stop> {
        let failed = |row: u64| {
            let reason = format!("a block after row {row} cannot be decoded; the file is damaged");
            Stop::Failed(ConnectError::SourceFailed { object: self.path.clone(), reason })
        };
        let mut row = piece.first_row;
        let reader = ReaderBuilder::new()
            .with_batch_size(self.batch_rows.max(1))
            .build(piece.header.chain(piece.blocks.as_slice()))
            .map_err(|_| failed(row))?;
        for batch in reader {
            // What the decoder says of a block may show what is in it.
            let batch = batch.map_err(|_| failed(row))?;
            let rows = batch.num_rows();
            let batch = self.as_read(&batch).ok_or_else(|| failed(row))?;
            results.give(fit(&self.path, &self.schema, &batch, row)?)?;
            row += rows as u64;
        }
        if row == piece.first_row + piece.rows { Ok(()) } else { Err(failed(row)) }
    }

    /// With the wanted columns alone, and text for what is read as such.
    fn as_read(&self, batch: &RecordBatch) -> Option<RecordBatch> {
        let schema = batch.schema();
        let wanted = schema.fields().iter().zip(batch.columns());
        let wanted = wanted.filter(|(field, _)| self.schema.field_with_name(field.name()).is_ok());
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for (field, column) in wanted {
            let column = to_text(field, column)?;
            fields.push(Field::new(field.name(), column.data_type().clone(), true));
            columns.push(column);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options).ok()
    }
}
