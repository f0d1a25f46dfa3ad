//! A folder on the local disk.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::store::{FileEntry, FileHandle, FileStore, Listing};
use crate::ConnectError;

/// A folder on the local disk. Nothing outside it can be reached: not by `..`, and through symbolic links only if somebody
/// has said so.
pub(crate) struct LocalStore {
    /// As given, for messages.
    name: String,
    /// Canonical.
    base: PathBuf,
    /// Whether links may lead out of the folder.
    follows_links: bool,
}

impl LocalStore {
    /// `name` is the path as written by the user.
    pub(crate) fn open(name: &str, path: &Path, follows_links: bool) -> Result<Self, ConnectError> {
        let failed = |reason: String, advice: &str| ConnectError::Open {
            what: "folder",
            object: name.to_owned(),
            reason,
            advice: advice.to_owned(),
        };
        let base = fs::canonicalize(path)
            .map_err(|error| failed(error.to_string(), "correct `path` of the connection, or create the folder"))?;
        if !base.is_dir() {
            return Err(failed("it is not a folder".to_owned(), "set `path` to the folder and `from` to the file"));
        }
        Ok(Self { name: name.to_owned(), base, follows_links })
    }

    fn is_reachable(&self, canonical: &Path) -> bool {
        self.follows_links || canonical.starts_with(&self.base)
    }

    fn walk(&self, folder: &Path, relative: &str, walk: &mut Walk) -> io::Result<()> {
        let canonical = fs::canonicalize(folder)?;
        if walk.above.contains(&canonical) {
            return Ok(());
        }
        if !self.is_reachable(&canonical) {
            walk.outside.push(relative.to_owned());
            return Ok(());
        }
        walk.above.push(canonical.clone());
        let entered = self.enter(folder, &canonical, relative, walk);
        walk.above.pop();
        entered
    }

    fn enter(&self, folder: &Path, canonical: &Path, relative: &str, walk: &mut Walk) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            // A name that is not UTF-8 cannot be written in a sources file either.
            let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
            let relative = if relative.is_empty() { name.to_owned() } else { format!("{relative}/{name}") };
            // Of what a link leads to; a link to nothing is as if it were not there.
            let Ok(metadata) = fs::metadata(entry.path()) else { continue };
            if metadata.is_dir() {
                match self.walk(&entry.path(), &relative, walk) {
                    // It has gone since. The others are still there.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    walked => walked?,
                }
            } else if metadata.is_file() {
                // One that a link out of the folder leads to is refused when it is opened: it is there for all to see.
                let file = FileEntry { path: relative, size_bytes: metadata.len(), version: None };
                let is_link = entry.file_type()?.is_symlink();
                let real = if is_link { fs::canonicalize(entry.path()) } else { Ok(canonical.join(name)) };
                walk.found.extend(real.ok().map(|real| (real, file)));
            }
        }
        Ok(())
    }
}

/// What a walk through folders has met.
#[derive(Default)]
struct Walk {
    /// The folders, without links, that lead to the one it is in. A link to one of them would lead in a circle.
    above: Vec<PathBuf>,
    /// Files, each with its path without links.
    found: Vec<(PathBuf, FileEntry)>,
    /// Folders that links lead to, out of what may be read.
    outside: Vec<String>,
}

impl FileStore for LocalStore {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn list(&self, folder: &str, wanted: &dyn Fn(&str) -> bool) -> Result<Listing, ConnectError> {
        if fs::canonicalize(self.base.join(folder)).is_ok_and(|canonical| !self.is_reachable(&canonical)) {
            return Err(ConnectError::LinkOutside { object: folder.to_owned() });
        }
        let mut walk = Walk::default();
        match self.walk(&self.base.join(folder), folder, &mut walk) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(ConnectError::Io { object: self.name.clone(), source });
            }
            _ => {}
        }
        let Walk { mut found, outside, .. } = walk;
        found.retain(|(_, file)| wanted(&file.path));
        // Rows of one file are not to land twice: of its paths the one without links counts, or else the first.
        found.sort_by_cached_key(|(real, file)| (real.clone(), *real != self.base.join(&file.path), file.path.clone()));
        found.dedup_by(|(real, _), (before, _)| real == before);
        Ok(Listing { files: found.into_iter().map(|(_, file)| file).collect(), outside })
    }

    fn open(&self, path: &str) -> Result<Arc<dyn FileHandle>, ConnectError> {
        let failed = |source| ConnectError::Io { object: path.to_owned(), source };
        let full = fs::canonicalize(self.base.join(path)).map_err(failed)?;
        if !self.is_reachable(&full) {
            return Err(ConnectError::LinkOutside { object: path.to_owned() });
        }
        let file = File::open(full).map_err(failed)?;
        let size_bytes = file.metadata().map_err(failed)?.len();
        Ok(Arc::new(LocalFile { file, size_bytes }))
    }
}

struct LocalFile {
    file: File,
    size_bytes: u64,
}

impl FileHandle for LocalFile {
    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }
}
