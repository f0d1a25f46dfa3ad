//! Files that are elsewhere: behind HTTP(S), or in a bucket of S3 and of what speaks as it does.
//!
//! A server is asked for pieces of a file (`remote_file`), each under the version that was there at first: when the file changes in
//! between, the read fails. Small files are fetched once and kept in memory for as long as the connection is open; nothing is put on
//! disk, for values are not to come to rest before their treatment. A version that a server names (a strong `ETag`) and that has been
//! read before spares fetching the file to look whether it has changed.

mod failure;
mod http;
mod open;
mod remote_file;
mod remote_store;
mod s3;

use async_trait::async_trait;
use bytes::Bytes;

pub(crate) use failure::of_io;
pub(crate) use open::{is_remote, open, specs};

use super::store::FileEntry;
use crate::ConnectError;

/// A place of files on another machine.
#[async_trait]
trait Remote: Send + Sync {
    /// Its name in messages, without secrets.
    fn name(&self) -> String;

    /// Whether it tells which files there are.
    fn lists(&self) -> bool;

    /// All files below a folder.
    async fn list(&self, folder: &str) -> Result<Vec<FileEntry>, ConnectError>;

    /// A file as it is now; `None` where there is none.
    async fn entry(&self, path: &str) -> Result<Option<FileEntry>, ConnectError>;

    /// A piece of a file: `length` bytes from `offset`, all within it; or the whole where a server gives no pieces.
    async fn piece(&self, file: &FileEntry, offset: u64, length: u64) -> Result<Piece, ConnectError>;
}

/// What a server gives when it is asked for a piece.
enum Piece {
    Part(Bytes),
    Whole(Bytes),
}
