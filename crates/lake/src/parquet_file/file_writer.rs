//! Writes one Parquet file to a store.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use bytes::{Bytes, BytesMut};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt};
use parquet::errors::ParquetError;
use thiserror::Error;
use tokio::task::JoinHandle;

use super::encoder::{Encoded, Encoder};
use super::layout;
use crate::failpoints::{self, FILE_CLOSED, FILE_UPLOAD};
use crate::memory::batch_bytes;

/// One file while it is written. Encoding runs on blocking threads, one chunk behind the caller, so that producing and
/// encoding overlap. Memory: a chunk, the chunk that is being encoded, one row group, one part.
pub(super) struct FileWriter {
    store: Arc<dyn ObjectStore>,
    path: Path,
    schema: SchemaRef,
    chunk: Vec<RecordBatch>,
    chunk_rows: usize,
    chunk_bytes: usize,
    /// The encoder, or the task that has it.
    encoder: Option<Encoder>,
    encoding: Option<JoinHandle<(Encoder, Result<(), ParquetError>)>>,
    bytes: u64,
    memory: usize,
    part: BytesMut,
    upload: Option<Box<dyn MultipartUpload>>,
    uploaded_bytes: u64,
}

/// A file that is complete and durable.
pub(super) struct FinishedFile {
    pub(super) size_bytes: u64,
    pub(super) encoded: Encoded,
}

/// Why a file could not be written.
#[derive(Debug, Error)]
pub(super) enum FileError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] object_store::Error),
    /// The encoder failed.
    #[error(transparent)]
    Parquet(#[from] ParquetError),
    /// A thread panicked, which is a bug.
    #[error("a thread that writes a file panicked")]
    Panicked,
}

impl FileWriter {
    /// A file at `path` whose columns are `schema`.
    pub(super) fn new(
        store: Arc<dyn ObjectStore>,
        path: Path,
        schema: SchemaRef,
        threads: usize,
    ) -> Result<Self, FileError> {
        let encoder = Some(Encoder::new(Arc::clone(&schema), threads)?);
        Ok(Self {
            store,
            path,
            schema,
            chunk: Vec::new(),
            chunk_rows: 0,
            chunk_bytes: 0,
            encoder,
            encoding: None,
            bytes: 0,
            memory: 0,
            part: BytesMut::new(),
            upload: None,
            uploaded_bytes: 0,
        })
    }

    /// Takes a batch of the file's columns.
    pub(super) async fn write(&mut self, batch: RecordBatch) -> Result<(), FileError> {
        self.chunk_rows += batch.num_rows();
        self.chunk_bytes += batch_bytes(&batch);
        self.chunk.push(batch);
        if self.chunk_rows >= layout::CHUNK_ROWS || self.chunk_bytes >= layout::CHUNK_BYTES {
            self.encode().await?;
        }
        Ok(())
    }

    /// The size of the file if it were finished now, about.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Memory held, about.
    pub(super) fn memory(&self) -> usize {
        self.memory + self.chunk_bytes + self.part.len()
    }

    /// Completes the file. It is durable when this returns.
    pub(super) async fn finish(mut self) -> Result<FinishedFile, FileError> {
        self.encode().await?;
        self.settle().await?;
        let Some(encoder) = self.encoder.take() else {
            return Err(FileError::Panicked);
        };
        let closed = tokio::task::spawn_blocking(move || encoder.close()).await;
        let (encoded, rest) = closed.map_err(|_| FileError::Panicked)??;
        self.push(rest).await?;
        let part = std::mem::take(&mut self.part).freeze();
        self.uploaded_bytes += part.len() as u64;
        failpoints::hit_store(FILE_UPLOAD)?;
        if let Some(mut upload) = self.upload.take() {
            if !part.is_empty() {
                upload.put_part(part.into()).await?;
            }
            upload.complete().await?;
        } else {
            self.store.put(&self.path, part.into()).await?;
        }
        failpoints::hit_store(FILE_CLOSED)?;
        Ok(FinishedFile { size_bytes: self.uploaded_bytes, encoded })
    }

    /// Gives the file up. What the store keeps of it is left to maintenance.
    pub(super) async fn abandon(mut self) {
        if let Some(encoding) = self.encoding.take() {
            let _ = encoding.await;
        }
        if let Some(mut upload) = self.upload.take() {
            let _ = upload.abort().await;
        }
    }

    /// Sends the gathered chunk to the encoder.
    async fn encode(&mut self) -> Result<(), FileError> {
        self.settle().await?;
        if self.chunk.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::take(&mut self.chunk);
        (self.chunk_rows, self.chunk_bytes) = (0, 0);
        let Some(mut encoder) = self.encoder.take() else {
            return Err(FileError::Panicked);
        };
        let schema = Arc::clone(&self.schema);
        self.encoding = Some(tokio::task::spawn_blocking(move || {
            let encoded = match chunk.as_slice() {
                [single] => encoder.write(single),
                many => concat_batches(&schema, many).map_err(ParquetError::from).and_then(|all| encoder.write(&all)),
            };
            (encoder, encoded)
        }));
        Ok(())
    }

    /// Waits for the encoder and uploads what it made.
    async fn settle(&mut self) -> Result<(), FileError> {
        let Some(encoding) = self.encoding.take() else { return Ok(()) };
        let (mut encoder, encoded) = encoding.await.map_err(|_| FileError::Panicked)?;
        encoded?;
        let bytes = encoder.take();
        (self.bytes, self.memory) = (encoder.bytes(), encoder.memory());
        self.encoder = Some(encoder);
        self.push(bytes).await
    }

    async fn push(&mut self, bytes: Bytes) -> Result<(), FileError> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.part.extend_from_slice(&bytes);
        if self.part.len() < layout::PART_BYTES {
            return Ok(());
        }
        failpoints::hit_store(FILE_UPLOAD)?;
        let upload = match &mut self.upload {
            Some(upload) => upload,
            None => self.upload.insert(self.store.put_multipart(&self.path).await?),
        };
        let part = std::mem::take(&mut self.part).freeze();
        self.uploaded_bytes += part.len() as u64;
        upload.put_part(part.into()).await?;
        Ok(())
    }
}
