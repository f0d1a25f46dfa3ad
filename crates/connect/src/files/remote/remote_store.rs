//! A place on another machine as a folder of files.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::runtime::Handle;

use super::remote_file::RemoteFile;
use super::{Piece, Remote};
use crate::ConnectError;
use crate::files::store::{FileEntry, FileHandle, FileStore, Listing};

/// The largest file that is fetched as a whole.
const SMALL_BYTES: u64 = 8 << 20;

/// How much is kept of small files.
const KEPT_BYTES: usize = 64 << 20;

/// A place on another machine.
pub(crate) struct RemoteStore {
    remote: Arc<dyn Remote>,
    /// Readers are threads of their own; what waits for the network runs here.
    runtime: Handle,
    kept: Mutex<VecDeque<(FileEntry, Bytes)>>,
}

impl RemoteStore {
    pub(super) fn new(remote: Arc<dyn Remote>, runtime: Handle) -> Self {
        Self { remote, runtime, kept: Mutex::new(VecDeque::new()) }
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<(FileEntry, Bytes)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, file: &FileEntry, bytes: &Bytes) {
        let mut kept = self.kept();
        kept.push_back((file.clone(), bytes.clone()));
        while kept.len() > 1 && kept.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > KEPT_BYTES {
            let _ = kept.pop_front();
        }
    }
}

impl FileStore for RemoteStore {
    fn name(&self) -> String {
        self.remote.name()
    }

    fn lists(&self) -> bool {
        self.remote.lists()
    }

    fn list(&self, folder: &str, wanted: &dyn Fn(&str) -> bool) -> Result<Listing, ConnectError> {
        let mut files = self.runtime.block_on(self.remote.list(folder))?;
        files.retain(|file| wanted(&file.path) && !file.path.split('/').any(|part| part.starts_with('.')));
        Ok(Listing { files, outside: Vec::new() })
    }

    fn named(&self, from: &str, is_glob: bool) -> Result<Option<Vec<FileEntry>>, ConnectError> {
        // In an address, what follows a `?` is no wildcard.
        if is_glob && (self.remote.lists() || from.contains(['*', '[', '{'])) {
            return Ok(None);
        }
        let found = self.runtime.block_on(self.remote.entry(from))?;
        Ok(Some(found.into_iter().collect()))
    }

    fn open(&self, path: &str) -> Result<Arc<dyn FileHandle>, ConnectError> {
        let gone = || ConnectError::SourceChanged { object: path.to_owned() };
        let file = self.runtime.block_on(self.remote.entry(path))?.ok_or_else(gone)?;
        // Without a version nobody can tell whether what is kept is still what is there.
        let kept = self
            .kept()
            .iter()
            .find(|(kept, _)| *kept == file && file.version.is_some())
            .map(|(_, bytes)| bytes.clone());
        let mut whole = kept;
        if whole.is_none() && file.size_bytes > 0 && file.size_bytes <= SMALL_BYTES {
            let piece = self.runtime.block_on(self.remote.piece(&file, 0, file.size_bytes))?;
            let (Piece::Part(bytes) | Piece::Whole(bytes)) = piece;
            self.keep(&file, &bytes);
            whole = Some(bytes);
        }
        Ok(Arc::new(RemoteFile::new(Arc::clone(&self.remote), self.runtime.clone(), file, whole)))
    }
}
