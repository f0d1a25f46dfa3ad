//! A file on another machine, read in pieces.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::{Piece, Remote};
use crate::ConnectError;
use crate::files::store::{FileEntry, FileHandle};

/// How large a piece is that is asked for.
const PIECE_BYTES: u64 = 4 << 20;

/// How many pieces are kept: those in which threads read, and the next one.
const KEPT: usize = 4;

/// A file on another machine. Whoever reads on finds the next piece on its way already.
pub(super) struct RemoteFile {
    remote: Arc<dyn Remote>,
    runtime: Handle,
    file: FileEntry,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    whole: Option<Bytes>,
    /// By number, in the order in which they came.
    pieces: VecDeque<(u64, Bytes)>,
    ahead: Option<(u64, JoinHandle<Result<Piece, ConnectError>>)>,
    last: Option<u64>,
}

impl RemoteFile {
    pub(super) fn new(remote: Arc<dyn Remote>, runtime: Handle, file: FileEntry, whole: Option<Bytes>) -> Self {
        Self { remote, runtime, file, state: Mutex::new(State { whole, ..State::default() }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes of a piece, and whether they are the whole file.
    fn piece(&self, number: u64) -> io::Result<(Bytes, bool)> {
        let ahead = {
            let mut state = self.state();
            if let Some(whole) = &state.whole {
                return Ok((whole.clone(), true));
            }
            if let Some((_, bytes)) = state.pieces.iter().find(|(known, _)| *known == number) {
                return Ok((bytes.clone(), false));
            }
            state.ahead.take_if(|(known, _)| *known == number).map(|(_, task)| task)
        };
        let fetched = self.runtime.block_on(async {
            match ahead {
                Some(task) => task.await.unwrap_or_else(|_| {
                    let reason = "a reading task ended unexpectedly".to_owned();
                    Err(ConnectError::SourceFailed { object: self.file.path.clone(), reason })
                }),
                None => self.fetch(number).await,
            }
        });
        let mut state = self.state();
        match fetched.map_err(io::Error::other)? {
            Piece::Whole(bytes) => {
                state.whole = Some(bytes.clone());
                Ok((bytes, true))
            }
            Piece::Part(bytes) => {
                state.pieces.push_back((number, bytes.clone()));
                if state.pieces.len() > KEPT {
                    let _ = state.pieces.pop_front();
                }
                let reads_on = number > 0 && state.last == Some(number - 1);
                state.last = Some(number);
                let next = number + 1;
                if (reads_on || number == 0) && next * PIECE_BYTES < self.file.size_bytes && state.ahead.is_none() {
                    let (remote, file) = (Arc::clone(&self.remote), self.file.clone());
                    state.ahead = Some((next, self.runtime.spawn(async move { fetch(&*remote, &file, next).await })));
                }
                Ok((bytes, false))
            }
        }
    }

    async fn fetch(&self, number: u64) -> Result<Piece, ConnectError> {
        fetch(&*self.remote, &self.file, number).await
    }
}

async fn fetch(remote: &dyn Remote, file: &FileEntry, number: u64) -> Result<Piece, ConnectError> {
    let offset = number * PIECE_BYTES;
    remote.piece(file, offset, PIECE_BYTES.min(file.size_bytes - offset)).await
}

impl Drop for RemoteFile {
    fn drop(&mut self) {
        if let Some((_, task)) = self.state().ahead.take() {
            task.abort();
        }
    }
}

impl FileHandle for RemoteFile {
    fn size_bytes(&self) -> u64 {
        self.file.size_bytes
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if offset >= self.file.size_bytes {
            return Ok(0);
        }
        let number = offset / PIECE_BYTES;
        let (bytes, is_whole) = self.piece(number)?;
        let start =
            usize::try_from(if is_whole { offset } else { offset - number * PIECE_BYTES }).map_err(io::Error::other)?;
        let rest = bytes.get(start..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}
