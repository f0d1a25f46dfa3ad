//! The keys of arrivals, with the numbers of their rows: what tells which rows stay.
//!
//! In memory as long as they fit; beyond, they are spread over files on the local disk by their hash, so that all arrivals of
//! one key are in one file and each file fits on its own.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch, UInt64Array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;

use super::key_converter::KeyConverter;
use super::spill::Spill;
use super::winners::{KeyColumns, Winners, marks, project};
use crate::failpoints::{self, SPILL_WRITE};
use crate::memory::batch_bytes;
use crate::table_handle::TableHandle;
use crate::{KeySpec, LakeError};

/// What is being done, in errors.
const SPILLING: &str = "spilling arrivals to the local disk";

/// Keys that go to the local disk are gathered to this part of the memory that a write may take.
const SHARE: usize = 8;

/// Keys of arrivals that wait to be told apart.
pub(super) struct ArrivingKeys {
    handle: TableHandle,
    /// The columns of the arrivals.
    schema: SchemaRef,
    /// Where the key is among them, what tells the order, and what deletes.
    columns: Vec<usize>,
    /// How many of these are the key.
    key_width: usize,
    /// These columns, and the number of the row.
    key_schema: SchemaRef,
    /// Where the parts are in it.
    key_columns: KeyColumns,
    converter: Arc<KeyConverter>,
    order_converter: Option<Arc<KeyConverter>>,
    rows: u64,
    /// How many of them have a number: all that do not delete.
    numbered: u64,
    /// Rows with NULL in the key.
    null_rows: u64,
    /// Which columns of the key hold NULL.
    null_columns: Vec<bool>,
    memory: Vec<RecordBatch>,
    memory_bytes: usize,
    spill: Option<Spill>,
}

/// Keys of arrivals, with the numbers of their rows, of which none shares a key with those of another portion.
pub(super) enum Portion {
    Memory(Vec<RecordBatch>),
    File(PathBuf),
}

impl ArrivingKeys {
    /// No arrivals yet, of columns `schema`.
    pub(super) fn new(handle: &TableHandle, schema: &SchemaRef, spec: &KeySpec) -> Result<Self, LakeError> {
        let bad = |reason: String| LakeError::BadRequest { table: handle.name().clone(), reason };
        let index = |column: &String| {
            schema.index_of(column).map_err(|_| bad(format!("`{column}` is none of the columns that are written")))
        };
        let mut columns = spec.columns.iter().map(index).collect::<Result<Vec<_>, _>>()?;
        let key_width = columns.len();
        let mut place = |column: &Option<String>| -> Result<Option<usize>, LakeError> {
            let Some(column) = column else { return Ok(None) };
            columns.push(index(column)?);
            Ok(Some(columns.len() - 1))
        };
        let (order, delete) = (place(&spec.order_by)?, place(&spec.delete_when)?);
        let fields = columns.iter().enumerate().map(|(place, column)| {
            // A column may be in it twice.
            let field = schema.field(*column);
            Field::new(place.to_string(), field.data_type().clone(), true)
        });
        let number = Field::new("number", DataType::UInt64, false);
        let key_schema = Arc::new(Schema::new(fields.chain([number]).collect::<Fields>()));
        let key_columns = KeyColumns { key: (0..key_width).collect(), order, delete };
        let converter = |places: &[usize]| {
            KeyConverter::new(places.iter().map(|place| key_schema.field(*place).data_type()))
                .map(Arc::new)
                .map_err(|_| bad("its key has a type without order".into()))
        };
        Ok(Self {
            handle: handle.clone(),
            schema: Arc::clone(schema),
            converter: converter(&key_columns.key)?,
            order_converter: order.map(|order| converter(&[order])).transpose()?,
            null_rows: 0,
            null_columns: vec![false; key_width],
            columns,
            key_width,
            key_schema,
            key_columns,
            rows: 0,
            numbered: 0,
            memory: Vec::new(),
            memory_bytes: 0,
            spill: None,
        })
    }

    /// How many arrived.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// How many of them do not delete.
    pub(super) fn numbered(&self) -> u64 {
        self.numbered
    }

    /// The names of the columns of the key.
    pub(super) fn key_names(&self) -> Vec<&str> {
        self.columns[..self.key_width].iter().map(|index| self.schema.field(*index).name().as_str()).collect()
    }

    /// Makes keys comparable.
    pub(super) fn converter(&self) -> &Arc<KeyConverter> {
        &self.converter
    }

    /// An empty contest for one portion.
    pub(super) fn winners(&self) -> Winners {
        Winners::new(self.key_columns.clone(), Arc::clone(&self.converter), self.order_converter.clone())
    }

    /// How many columns the key has.
    pub(super) fn key_width(&self) -> usize {
        self.key_width
    }

    /// Memory in bytes that they take.
    pub(super) fn bytes(&self) -> usize {
        self.memory_bytes
    }

    /// Which of some arrivals delete: their rows are no more than keys.
    pub(super) fn marks(&self, batch: &RecordBatch) -> Option<BooleanBuffer> {
        self.key_columns.delete.map(|delete| marks(batch.column(self.columns[delete])))
    }

    /// Takes those of the next arrivals, of which `deleting` delete.
    pub(super) async fn push(
        &mut self,
        batch: &RecordBatch,
        deleting: Option<&BooleanBuffer>,
    ) -> Result<(), LakeError> {
        self.note_nulls(batch);
        let keys = self.keys_of(batch, deleting).map_err(|source| self.spill_error(source))?;
        self.rows += batch.num_rows() as u64;
        self.memory_bytes += batch_bytes(&keys);
        self.memory.push(keys);
        let most = self.handle.options().memory_bytes / SHARE;
        if self.spill.is_some() && self.memory_bytes > most { self.flush().await } else { Ok(()) }
    }

    /// The keys of the next arrivals, with their numbers. Those that delete have none of their own.
    fn keys_of(&mut self, batch: &RecordBatch, deleting: Option<&BooleanBuffer>) -> Result<RecordBatch, ArrowError> {
        let numbers = (0..batch.num_rows()).map(|row| {
            let number = self.numbered;
            self.numbered += u64::from(!deleting.is_some_and(|deleting| deleting.value(row)));
            number
        });
        let numbers = UInt64Array::from_iter_values(numbers);
        let mut columns = project(batch, &self.columns);
        columns.push(Arc::new(numbers));
        RecordBatch::try_new(Arc::clone(&self.key_schema), columns)
    }

    /// Counts rows without a whole key.
    fn note_nulls(&mut self, batch: &RecordBatch) {
        let mut nulls = None;
        for (column, has_null) in self.columns.iter().zip(&mut self.null_columns) {
            let column = batch.column(*column);
            *has_null |= column.null_count() > 0;
            nulls = NullBuffer::union(nulls.as_ref(), column.nulls());
        }
        self.null_rows += nulls.map_or(0, |nulls| nulls.null_count() as u64);
    }

    /// Fails when a row arrived whose key holds NULL.
    pub(super) fn check(&self) -> Result<(), LakeError> {
        if self.null_rows == 0 {
            return Ok(());
        }
        let names = self.key_names().into_iter().zip(&self.null_columns);
        Err(LakeError::NullKey {
            table: self.handle.name().clone(),
            columns: names.filter(|(_, has_null)| **has_null).map(|(name, _)| name.to_owned()).collect(),
            rows: self.null_rows,
        })
    }

    /// The portions, to be worked through one after the other. The files live as long as the guard.
    pub(super) async fn portions(&mut self) -> Result<(Vec<Portion>, Option<impl Sized + use<>>), LakeError> {
        if self.spill.is_none() {
            return Ok((vec![Portion::Memory(std::mem::take(&mut self.memory))], None));
        }
        self.flush().await?;
        let Some(spill) = self.spill.take() else { return Ok((Vec::new(), None)) };
        let finished = tokio::task::spawn_blocking(move || spill.finish()).await;
        let finished = finished.map_err(|_| self.panicked(SPILLING))?;
        let (files, folder) = finished.map_err(|source| self.spill_error(source))?;
        Ok((files.into_iter().map(Portion::File).collect(), Some(folder)))
    }

    /// Moves what is in memory to the files; from now on it is little.
    pub(super) async fn flush(&mut self) -> Result<(), LakeError> {
        failpoints::hit(SPILL_WRITE).map_err(|error| self.spill_error(error.into()))?;
        let batches = std::mem::take(&mut self.memory);
        self.memory_bytes = 0;
        let spill = self.spill.take();
        let (schema, columns) = (Arc::clone(&self.key_schema), self.key_columns.clone());
        let converter = Arc::clone(&self.converter);
        let options = self.handle.options();
        let folder = options.spill_folder.join(options.ids.next().to_string());
        let spilled = tokio::task::spawn_blocking(move || {
            let mut spill = match spill {
                Some(spill) => spill,
                None => Spill::new(&folder, &schema)?,
            };
            spill.write(&batches, &columns, &converter)?;
            Ok(spill)
        });
        let spilled = spilled.await.map_err(|_| self.panicked(SPILLING))?;
        self.spill = Some(spilled.map_err(|source| self.spill_error(source))?);
        Ok(())
    }

    /// The error for a thread that panicked.
    pub(super) fn panicked(&self, action: &'static str) -> LakeError {
        LakeError::Panicked { table: self.handle.name().clone(), action }
    }

    /// The error for a spill that failed.
    pub(super) fn spill_error(&self, source: ArrowError) -> LakeError {
        LakeError::Arrow { table: self.handle.name().clone(), action: SPILLING, source: Box::new(source) }
    }
}

impl Portion {
    /// Lets the arrivals of the portion contest.
    pub(super) fn contest(self, mut winners: Winners) -> Result<Winners, ArrowError> {
        match self {
            Self::Memory(batches) => batches.into_iter().try_for_each(|batch| winners.push(batch))?,
            Self::File(path) => {
                for batch in StreamReader::try_new(BufReader::new(File::open(path)?), None)? {
                    winners.push(batch?)?;
                }
            }
        }
        Ok(winners)
    }
}
