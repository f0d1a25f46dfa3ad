//! Encodes record batches as one Parquet file, the columns of a chunk on several threads.

use std::cmp::Reverse;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float32Type, Float64Type, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::writer::SerializedFileWriter;

use super::layout;
use super::sink::Sink;
use crate::memory::array_bytes;
use crate::stats::ColumnFacts;

/// One file while it is encoded. Bytes are handed out as they become final.
pub(super) struct Encoder {
    schema: SchemaRef,
    writer: SerializedFileWriter<Sink>,
    factory: ArrowRowGroupWriterFactory,
    sink: Sink,
    /// The open row group: for each field the writers of its leaves.
    group: Vec<Vec<ArrowColumnWriter>>,
    group_rows: usize,
    groups: usize,
    rows: u64,
    /// For each field whether a NaN is in the open row group.
    group_nan: Vec<bool>,
    /// For each field what is known of the file's values.
    facts: Vec<ColumnFacts>,
    threads: usize,
}

/// What is known of a file when it is complete.
pub(super) struct Encoded {
    pub(super) metadata: ParquetMetaData,
    pub(super) rows: u64,
    /// For each field.
    pub(super) facts: Vec<ColumnFacts>,
}

impl Encoder {
    /// A file of the columns of `sample`, which is how it begins, encoded on at most `threads` threads.
    pub(super) fn new(sample: &RecordBatch, schema: SchemaRef, threads: usize) -> Result<Self> {
        let parquet_schema = ArrowSchemaConverter::new().with_coerce_types(false).convert(&schema)?;
        let sink = Sink::default();
        let properties = layout::properties(&parquet_schema, sample);
        let writer = SerializedFileWriter::new(sink.clone(), parquet_schema.root_schema_ptr(), properties)?;
        let factory = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(&schema));
        let fields = schema.fields().len();
        Ok(Self {
            schema,
            writer,
            factory,
            sink,
            group: Vec::new(),
            group_rows: 0,
            groups: 0,
            rows: 0,
            group_nan: vec![false; fields],
            facts: vec![ColumnFacts::default(); fields],
            threads,
        })
    }

    /// Encodes batches of one schema, closing row groups as they fill up.
    pub(super) fn write(&mut self, batches: &[RecordBatch]) -> Result<()> {
        let mut slices = Vec::with_capacity(batches.len());
        let mut rows = self.group_rows;
        for batch in batches {
            let mut start = 0;
            while start < batch.num_rows() {
                let count = (batch.num_rows() - start).min(layout::ROW_GROUP_ROWS - rows);
                slices.push(batch.slice(start, count));
                start += count;
                rows += count;
                if rows >= layout::ROW_GROUP_ROWS {
                    self.write_slices(&std::mem::take(&mut slices))?;
                    self.close_group()?;
                    rows = 0;
                }
            }
        }
        self.write_slices(&slices)?;
        if self.group_bytes() >= layout::ROW_GROUP_BYTES {
            self.close_group()?;
        }
        Ok(())
    }

    /// The size of the file if it were closed now, about.
    pub(super) fn bytes(&self) -> u64 {
        (self.writer.bytes_written() + self.group_bytes()) as u64
    }

    /// Encoded bytes that are held in memory.
    pub(super) fn memory(&self) -> usize {
        self.sink.bytes() + self.group.iter().flatten().map(ArrowColumnWriter::memory_size).sum::<usize>()
    }

    /// The bytes that became final since the last call.
    pub(super) fn take(&mut self) -> Vec<Bytes> {
        self.sink.take()
    }

    /// Writes the footer. The last bytes are still to be taken.
    pub(super) fn close(mut self) -> Result<(Encoded, Vec<Bytes>)> {
        self.close_group()?;
        let metadata = self.writer.finish()?;
        let bytes = self.take();
        Ok((Encoded { metadata, rows: self.rows, facts: self.facts }, bytes))
    }

    fn group_bytes(&self) -> usize {
        self.group.iter().flatten().map(ArrowColumnWriter::get_estimated_total_bytes).sum()
    }

    fn open_group(&mut self) -> Result<()> {
        let mut leaves = self.factory.create_column_writers(self.groups)?.into_iter();
        let fields = self.schema.fields().iter();
        self.group = fields.map(|field| leaves.by_ref().take(leaf_count(field.data_type())).collect()).collect();
        Ok(())
    }

    /// Encodes batches that fit into the open row group.
    fn write_slices(&mut self, batches: &[RecordBatch]) -> Result<()> {
        let rows = batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        if rows == 0 {
            return Ok(());
        }
        if self.group.is_empty() {
            self.open_group()?;
        }
        let column = |index: usize| batches.iter().map(move |batch| batch.column(index));
        for (index, (found, facts)) in self.group_nan.iter_mut().zip(&mut self.facts).enumerate() {
            *found = *found || column(index).any(has_nan);
            facts.nulls += column(index).map(|array| array.logical_null_count() as u64).sum::<u64>();
        }
        let mut columns: Vec<_> = self.schema.fields().iter().zip(&mut self.group).enumerate().collect();
        let threads = if rows < layout::CHUNK_ROWS / 4 { 1 } else { self.threads.min(columns.len()) };
        if threads > 1 {
            // The largest first: what takes long must not be begun when all others are done.
            columns.sort_by_cached_key(|(index, _)| Reverse(column(*index).map(array_bytes).sum::<usize>()));
        }
        let work = Mutex::new(columns.into_iter());
        let encode = || -> Result<()> {
            loop {
                let next = work.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((index, (field, writers))) = next else { return Ok(()) };
                for array in column(index) {
                    for (leaf, writer) in compute_leaves(field, array)?.iter().zip(&mut *writers) {
                        writer.write(leaf)?;
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            let helpers: Vec<_> = (1..threads).map(|_| scope.spawn(encode)).collect();
            let own = encode();
            let panicked = |_| Err(ParquetError::General("a thread that encodes columns panicked".into()));
            helpers.into_iter().map(|helper| helper.join().unwrap_or_else(panicked)).fold(own, Result::and)
        })?;
        self.group_rows += rows;
        self.rows += rows as u64;
        Ok(())
    }

    fn close_group(&mut self) -> Result<()> {
        if self.group.is_empty() {
            return Ok(());
        }
        let mut row_group = self.writer.next_row_group()?;
        for (writers, nan) in std::mem::take(&mut self.group).into_iter().zip(&self.group_nan) {
            for writer in writers {
                let mut chunk = writer.close()?;
                if *nan {
                    // Parquet's bounds leave NaN out, but to a filter it is greater than every number: a reader that
                    // trusted them would skip it.
                    let closed = chunk.close_mut();
                    closed.metadata = closed.metadata.clone().into_builder().clear_statistics().build()?;
                    closed.column_index = None;
                }
                chunk.append_to_row_group(&mut row_group)?;
            }
        }
        for (file, group) in self.facts.iter_mut().zip(&mut self.group_nan) {
            file.has_nan |= std::mem::take(group);
        }
        row_group.close()?;
        self.writer.flush()?;
        self.groups += 1;
        self.group_rows = 0;
        Ok(())
    }
}

/// How many Parquet columns a type becomes.
fn leaf_count(data_type: &DataType) -> usize {
    match data_type {
        DataType::Struct(fields) => fields.iter().map(|field| leaf_count(field.data_type())).sum(),
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => leaf_count(field.data_type()),
        _ => 1,
    }
}

/// Whether a NaN is among the valid values of a column of floats.
fn has_nan(column: &ArrayRef) -> bool {
    match column.data_type() {
        DataType::Float32 => column.as_primitive::<Float32Type>().iter().flatten().any(f32::is_nan),
        DataType::Float64 => column.as_primitive::<Float64Type>().iter().flatten().any(f64::is_nan),
        _ => false,
    }
}
