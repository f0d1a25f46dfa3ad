//! A file handle as Parquet's reader wants it.

use std::io::{BufReader, Read};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use crate::files::store::FileHandle;

/// A file handle as Parquet's reader wants it.
#[derive(Clone)]
pub(crate) struct Source(pub(crate) Arc<dyn FileHandle>);

impl Length for Source {
    fn len(&self) -> u64 {
        self.0.size_bytes()
    }
}

impl ChunkReader for Source {
    type T = BufReader<Sequence>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(BufReader::new(Sequence { handle: Arc::clone(&self.0), offset: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.0.read_range(start, length).map_err(|error| ParquetError::EOF(error.to_string()))
    }
}

/// The bytes from an offset on.
pub(crate) struct Sequence {
    handle: Arc<dyn FileHandle>,
    offset: u64,
}

impl Read for Sequence {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.handle.read_at(self.offset, buffer)?;
        self.offset += count as u64;
        Ok(count)
    }
}
