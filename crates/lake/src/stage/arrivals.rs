//! Gathers keyed arrivals within the memory that a write may take.
//!
//! As long as they fit they stay in memory. Beyond, they are spread over files on the local disk by the hash of their
//! key, so that all arrivals of one key are in one file and each file fits on its own.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::buffer::NullBuffer;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;

use super::key_converter::KeyConverter;
use super::spill::Spill;
use super::winners::{KeyColumns, Winners};
use crate::failpoints::{self, SPILL_WRITE};
use crate::memory::{batch_bytes, compact};
use crate::table_handle::TableHandle;
use crate::{KeySpec, LakeError};

/// What is being done, in errors.
const SPILLING: &str = "spilling arrivals to the local disk";

/// Arrivals that wait to be told apart by their key.
pub(super) struct Arrivals {
    handle: TableHandle,
    schema: SchemaRef,
    columns: KeyColumns,
    converter: Arc<KeyConverter>,
    order_converter: Option<Arc<KeyConverter>>,
    rows: u64,
    /// Rows with NULL in the key.
    null_rows: u64,
    /// Which columns of the key hold NULL.
    null_columns: Vec<bool>,
    memory: Vec<RecordBatch>,
    memory_bytes: usize,
    spill: Option<Spill>,
}

/// Arrivals of which none shares a key with those of another portion.
pub(super) enum Portion {
    Memory(Vec<RecordBatch>),
    File(PathBuf),
}

impl Arrivals {
    /// No arrivals yet, of columns `schema`.
    pub(super) fn new(handle: &TableHandle, schema: &SchemaRef, spec: &KeySpec) -> Result<Self, LakeError> {
        let bad = |reason: String| LakeError::BadRequest { table: handle.name().clone(), reason };
        let index = |column: &String| {
            schema.index_of(column).map_err(|_| bad(format!("`{column}` is none of the columns that are written")))
        };
        let columns = KeyColumns {
            key: spec.columns.iter().map(index).collect::<Result<_, _>>()?,
            order: spec.order_by.as_ref().map(index).transpose()?,
            delete: spec.delete_when.as_ref().map(index).transpose()?,
        };
        let converter = |indices: &[usize]| {
            KeyConverter::new(indices.iter().map(|index| schema.field(*index).data_type()))
                .map(Arc::new)
                .map_err(|_| bad("its key has a type without order".into()))
        };
        Ok(Self {
            handle: handle.clone(),
            schema: Arc::clone(schema),
            converter: converter(&columns.key)?,
            order_converter: columns.order.map(|order| converter(&[order])).transpose()?,
            null_rows: 0,
            null_columns: vec![false; columns.key.len()],
            columns,
            rows: 0,
            memory: Vec::new(),
            memory_bytes: 0,
            spill: None,
        })
    }

    /// How many arrived.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// The columns of the key.
    pub(super) fn columns(&self) -> &KeyColumns {
        &self.columns
    }

    /// Their names.
    pub(super) fn key_names(&self) -> Vec<&str> {
        self.columns.key.iter().map(|index| self.schema.field(*index).name().as_str()).collect()
    }

    /// Makes keys comparable.
    pub(super) fn converter(&self) -> &Arc<KeyConverter> {
        &self.converter
    }

    /// An empty contest for one portion.
    pub(super) fn winners(&self) -> Winners {
        Winners::new(self.columns.clone(), Arc::clone(&self.converter), self.order_converter.clone())
    }

    /// Takes the next arrivals.
    pub(super) async fn push(&mut self, batch: RecordBatch) -> Result<(), LakeError> {
        self.rows += batch.num_rows() as u64;
        self.note_nulls(&batch);
        self.memory_bytes += batch_bytes(&batch);
        self.memory.push(compact(batch));
        // Half of the memory is for the keys that they are reduced to.
        if self.memory_bytes <= self.handle.options().memory_bytes / 2 { Ok(()) } else { self.flush().await }
    }

    /// Counts rows without a whole key.
    fn note_nulls(&mut self, batch: &RecordBatch) {
        let mut nulls = None;
        for (column, has_null) in self.columns.key.iter().zip(&mut self.null_columns) {
            let column = batch.column(*column);
            *has_null |= column.null_count() > 0;
            nulls = NullBuffer::union(nulls.as_ref(), column.nulls());
        }
        self.null_rows += nulls.map_or(0, |nulls| nulls.null_count() as u64);
    }

    /// Fails when a row arrived whose key holds NULL.
    pub(super) fn check_keys(&self) -> Result<(), LakeError> {
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

    /// Moves what is in memory to the files.
    async fn flush(&mut self) -> Result<(), LakeError> {
        failpoints::hit(SPILL_WRITE).map_err(|error| self.spill_error(error.into()))?;
        let batches = std::mem::take(&mut self.memory);
        self.memory_bytes = 0;
        let spill = self.spill.take();
        let (schema, columns) = (Arc::clone(&self.schema), self.columns.clone());
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
    /// All arrivals of the portion, in order.
    pub(super) fn batches(
        &self,
    ) -> Result<Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>, ArrowError> {
        Ok(match self {
            Self::Memory(batches) => Box::new(batches.clone().into_iter().map(Ok)),
            Self::File(path) => Box::new(StreamReader::try_new(BufReader::new(File::open(path)?), None)?),
        })
    }

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
