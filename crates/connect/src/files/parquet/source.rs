//! A file handle as Parquet's reader wants it.

use std::io::{self, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use crate::ConnectError;
use crate::files::remote::of_io;
use crate::files::store::FileHandle;

/// A file handle as Parquet's reader wants it.
#[derive(Clone)]
pub(crate) struct Source {
    path: String,
    handle: Arc<dyn FileHandle>,
    /// Why bytes could not be read: Parquet's reader only knows that it did not get them.
    failure: Arc<Mutex<Option<ConnectError>>>,
}

impl Source {
    pub(super) fn new(path: &str, handle: Arc<dyn FileHandle>) -> Self {
        Self { path: path.to_owned(), handle, failure: Arc::default() }
    }

    /// Why bytes could not be read, once.
    pub(super) fn take_failure(&self) -> Option<ConnectError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn failed(&self, error: io::Error) -> io::Error {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return error;
        }
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        *failure = Some(of_io(&self.path, error));
        io::Error::other("it cannot be read")
    }
}

impl Length for Source {
    fn len(&self) -> u64 {
        self.handle.size_bytes()
    }
}

impl ChunkReader for Source {
    type T = BufReader<Sequence>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(BufReader::new(Sequence { source: self.clone(), offset: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.handle.read_range(start, length).map_err(|error| ParquetError::EOF(self.failed(error).to_string()))
    }
}

/// The bytes from an offset on.
pub(crate) struct Sequence {
    source: Source,
    offset: u64,
}

impl Read for Sequence {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.source.handle.read_at(self.offset, buffer).map_err(|error| self.source.failed(error))?;
        self.offset += count as u64;
        Ok(count)
    }
}
