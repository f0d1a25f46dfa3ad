//! Where bytes come from.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use crate::ConnectError;

/// One file of a listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileEntry {
    /// Relative to the store's folder, with `/`.
    pub(crate) path: String,
    pub(crate) size_bytes: u64,
    /// What a server calls its content as it is now, where no two contents have the same name.
    pub(crate) version: Option<String>,
}

/// What is below a folder.
pub(crate) struct Listing {
    /// The files, in any order. One that links give several paths is there once.
    pub(crate) files: Vec<FileEntry>,
    /// Folders that links lead to, out of what may be read. What is in them is not listed.
    pub(crate) outside: Vec<String>,
}

/// A folder of files, wherever it is.
pub(crate) trait FileStore: Send + Sync {
    /// Its name in messages.
    fn name(&self) -> String;

    /// Whether it tells which files there are.
    fn lists(&self) -> bool {
        true
    }

    /// All files below `folder` (relative, empty for all) whose paths are `wanted`.
    fn list(&self, folder: &str, wanted: &dyn Fn(&str) -> bool) -> Result<Listing, ConnectError>;

    /// The file of that name, where it is found so and not in a listing: then a list of one, or none.
    fn named(&self, _from: &str, _is_glob: bool) -> Result<Option<Vec<FileEntry>>, ConnectError> {
        Ok(None)
    }

    /// Opens one file for reading at any place.
    fn open(&self, path: &str) -> Result<Arc<dyn FileHandle>, ConnectError>;
}

/// An open file: bytes by range, from any thread.
pub(crate) trait FileHandle: Send + Sync {
    /// Its size when it was opened.
    fn size_bytes(&self) -> u64;

    /// Reads into `buffer` from `offset` and says how much; 0 at the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Exactly `length` bytes from `offset`.
    fn read_range(&self, offset: u64, length: usize) -> io::Result<Bytes> {
        let mut buffer = vec![0; length];
        let mut filled = 0;
        while filled < length {
            match self.read_at(offset + filled as u64, &mut buffer[filled..])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => filled += count,
            }
        }
        Ok(buffer.into())
    }
}
