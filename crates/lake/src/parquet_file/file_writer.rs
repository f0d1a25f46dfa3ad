//! Writes one Parquet file to a store.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload};
use parquet::errors::ParquetError;
use thiserror::Error;
use tokio::task::JoinHandle;

use super::encoder::{Encoded, Encoder};
use super::layout;
use crate::failpoints::{self, FILE_CLOSED, FILE_UPLOAD};
use crate::memory::batch_bytes;

/// One file while it is written. Encoding runs on blocking threads, one chunk behind the caller, and what it has made is
/// uploaded beside it, so that producing, encoding and writing overlap. Memory: a chunk, the chunk that is being encoded, two
/// row groups (one is encoded while the one before is uploaded), one part.
pub(super) struct FileWriter {
    store: Arc<dyn ObjectStore>,
    path: Path,
    schema: SchemaRef,
    threads: usize,
    chunk: Vec<RecordBatch>,
    chunk_rows: usize,
    chunk_bytes: usize,
    /// The encoder, or the task that has it. None before the first chunk, which says how to encode.
    encoder: Option<Encoder>,
    encoding: Option<JoinHandle<(Encoder, Result<(), ParquetError>)>>,
    bytes: u64,
    memory: usize,
    /// What is not handed to the store yet.
    part: Vec<Bytes>,
    part_bytes: usize,
    upload: Option<Box<dyn MultipartUpload>>,
    /// The part that the store is taking.
    uploading: Option<JoinHandle<object_store::Result<()>>>,
    uploading_bytes: usize,
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
    pub(super) fn new(store: Arc<dyn ObjectStore>, path: Path, schema: SchemaRef, threads: usize) -> Self {
        Self {
            store,
            path,
            schema,
            threads,
            chunk: Vec::new(),
            chunk_rows: 0,
            chunk_bytes: 0,
            encoder: None,
            encoding: None,
            bytes: 0,
            memory: 0,
            part: Vec::new(),
            part_bytes: 0,
            upload: None,
            uploading: None,
            uploading_bytes: 0,
            uploaded_bytes: 0,
        }
    }

    /// Takes a batch of the file's columns.
    pub(super) async fn write(&mut self, batch: RecordBatch) -> Result<(), FileError> {
        // Text may come in several layouts; a chunk has one.
        if self.chunk.first().is_some_and(|first| first.schema() != batch.schema()) {
            self.encode().await?;
        }
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
        self.memory + self.chunk_bytes + self.part_bytes + self.uploading_bytes
    }

    /// Completes the file. It is durable when this returns; after an error nothing is left of it.
    pub(super) async fn finish(mut self) -> Result<FinishedFile, FileError> {
        let finished = self.complete().await;
        if finished.is_err() {
            let (store, path) = (Arc::clone(&self.store), self.path.clone());
            self.abandon().await;
            // It may be in its place already, and nobody learns its name.
            let _ = store.delete(&path).await;
        }
        finished
    }

    async fn complete(&mut self) -> Result<FinishedFile, FileError> {
        self.encode().await?;
        let made = self.encoded().await?;
        self.push(made).await?;
        let Some(encoder) = self.encoder.take() else {
            return Err(FileError::Panicked);
        };
        let closed = tokio::task::spawn_blocking(move || encoder.close()).await;
        let (encoded, rest) = closed.map_err(|_| FileError::Panicked)??;
        self.push(rest).await?;
        self.uploaded().await?;
        let part = self.take_part();
        failpoints::hit_store(FILE_UPLOAD)?;
        if let Some(upload) = &mut self.upload {
            if part.content_length() > 0 {
                upload.put_part(part).await?;
            }
            upload.complete().await?;
        } else {
            self.store.put(&self.path, part).await?;
        }
        failpoints::hit_store(FILE_CLOSED)?;
        Ok(FinishedFile { size_bytes: self.uploaded_bytes, encoded })
    }

    /// Gives the file up. What the store keeps of it is left to maintenance.
    pub(super) async fn abandon(mut self) {
        if let Some(encoding) = self.encoding.take() {
            let _ = encoding.await;
        }
        let _ = self.uploaded().await;
        if let Some(mut upload) = self.upload.take() {
            let _ = upload.abort().await;
        }
    }

    /// Sends the gathered chunk to the encoder, and what that made of the one before on its way.
    async fn encode(&mut self) -> Result<(), FileError> {
        let made = self.encoded().await?;
        if !self.chunk.is_empty() {
            let chunk = std::mem::take(&mut self.chunk);
            (self.chunk_rows, self.chunk_bytes) = (0, 0);
            let mut encoder = match self.encoder.take() {
                Some(encoder) => encoder,
                None => Encoder::new(&chunk[0], Arc::clone(&self.schema), self.threads)?,
            };
            self.encoding = Some(tokio::task::spawn_blocking(move || {
                let encoded = encoder.write(&chunk);
                (encoder, encoded)
            }));
        }
        self.push(made).await
    }

    /// Waits for the encoder. Gives the bytes that it made.
    async fn encoded(&mut self) -> Result<Vec<Bytes>, FileError> {
        let Some(encoding) = self.encoding.take() else { return Ok(Vec::new()) };
        let (mut encoder, encoded) = encoding.await.map_err(|_| FileError::Panicked)?;
        encoded?;
        let bytes = encoder.take();
        (self.bytes, self.memory) = (encoder.bytes(), encoder.memory());
        self.encoder = Some(encoder);
        Ok(bytes)
    }

    /// Uploads bytes as soon as they make a part, one part at a time.
    async fn push(&mut self, blocks: Vec<Bytes>) -> Result<(), FileError> {
        self.part_bytes += blocks.iter().map(Bytes::len).sum::<usize>();
        self.part.extend(blocks);
        if self.part_bytes < layout::PART_BYTES {
            return Ok(());
        }
        self.uploaded().await?;
        failpoints::hit_store(FILE_UPLOAD)?;
        let part = self.take_part();
        self.uploading_bytes = part.content_length();
        let upload = match &mut self.upload {
            Some(upload) => upload,
            None => self.upload.insert(self.store.put_multipart(&self.path).await?),
        };
        self.uploading = Some(tokio::spawn(upload.put_part(part)));
        Ok(())
    }

    /// Waits for the part that is being uploaded.
    async fn uploaded(&mut self) -> Result<(), FileError> {
        let Some(uploading) = self.uploading.take() else { return Ok(()) };
        self.uploading_bytes = 0;
        Ok(uploading.await.map_err(|_| FileError::Panicked)??)
    }

    fn take_part(&mut self) -> PutPayload {
        self.uploaded_bytes += std::mem::take(&mut self.part_bytes) as u64;
        std::mem::take(&mut self.part).into_iter().collect()
    }
}
