//! Content hashes: what decides whether a file has changed. They are keyed: whoever knows all of a small file but one
//! value could find that out by trying, and the hashes lie in the lake.

use std::io;
use std::sync::Mutex;

use super::remote::of_io;
use super::store::{FileEntry, FileHandle, FileStore};
use crate::{ConnectError, PositionKey};

/// Keyed BLAKE3 of a file's bytes, in hexadecimal.
pub(crate) fn hash(handle: &dyn FileHandle, key: &PositionKey) -> io::Result<String> {
    let mut hasher = key.hasher();
    let mut buffer = vec![0; 1 << 20];
    let mut offset = 0;
    loop {
        match handle.read_at(offset, &mut buffer)? {
            0 => return Ok(hasher.finalize().to_hex().to_string()),
            count => {
                let _ = hasher.update(&buffer[..count]);
                offset += count as u64;
            }
        }
    }
}

impl FileEntry {
    /// The same with a digest in place of the server's name for its content.
    pub(crate) fn sealed(self, key: &PositionKey) -> Self {
        let seal = |version: String| {
            key.hasher().update(b"version ").update(version.as_bytes()).finalize().to_hex().to_string()
        };
        Self { version: self.version.map(seal), ..self }
    }
}

/// The hashes of all `files`, in their order, on several threads; files of which the hash is `known` are not read.
pub(crate) fn hash_all(
    store: &dyn FileStore,
    files: &[FileEntry],
    known: impl Fn(&FileEntry) -> Option<String> + Sync,
    key: &PositionKey,
    threads: usize,
) -> Result<Vec<String>, ConnectError> {
    let next = Mutex::new(files.iter().enumerate());
    let results: Mutex<Vec<(usize, Result<String, ConnectError>)>> = Mutex::new(Vec::with_capacity(files.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads.min(files.len()) {
            let _ = scope.spawn(|| {
                loop {
                    let Some((index, file)) = next.lock().ok().and_then(|mut next| next.next()) else { return };
                    if let (Some(hash), Ok(mut results)) = (known(file), results.lock()) {
                        results.push((index, Ok(hash)));
                        continue;
                    }
                    let result = store
                        .open(&file.path)
                        .and_then(|handle| hash(&*handle, key).map_err(|source| of_io(&file.path, source)));
                    if let Ok(mut results) = results.lock() {
                        results.push((index, result));
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}
