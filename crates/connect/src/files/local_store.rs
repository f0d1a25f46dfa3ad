//! A folder on the local disk.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::store::{FileEntry, FileHandle, FileStore};
use crate::ConnectError;

/// A folder on the local disk. Nothing outside it can be reached: not by `..`, not through symbolic links.
pub(crate) struct LocalStore {
    /// As given, for messages.
    name: String,
    /// Canonical.
    base: PathBuf,
}

impl LocalStore {
    /// `name` is the path as written by the user.
    pub(crate) fn open(name: &str, path: &Path) -> Result<Self, ConnectError> {
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
        Ok(Self { name: name.to_owned(), base })
    }

    fn walk(&self, folder: &Path, relative: &str, found: &mut Vec<FileEntry>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            // A name that is not UTF-8 cannot be written in a sources file either.
            let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
            let relative = if relative.is_empty() { name.to_owned() } else { format!("{relative}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.walk(&entry.path(), &relative, found)?;
                continue;
            }
            // Links to folders are not followed: they may lead in a circle.
            let is_inside =
                !kind.is_symlink() || fs::canonicalize(entry.path()).is_ok_and(|target| target.starts_with(&self.base));
            if let (true, Ok(metadata)) = (is_inside, fs::metadata(entry.path()))
                && metadata.is_file()
            {
                found.push(FileEntry { path: relative, size_bytes: metadata.len() });
            }
        }
        Ok(())
    }
}

impl FileStore for LocalStore {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn list(&self, folder: &str) -> Result<Vec<FileEntry>, ConnectError> {
        let mut found = Vec::new();
        match self.walk(&self.base.join(folder), folder, &mut found) {
            Ok(()) => Ok(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(ConnectError::Io { object: self.name.clone(), source }),
        }
    }

    fn open(&self, path: &str) -> Result<Arc<dyn FileHandle>, ConnectError> {
        let failed = |source| ConnectError::Io { object: path.to_owned(), source };
        let full = fs::canonicalize(self.base.join(path)).map_err(failed)?;
        if !full.starts_with(&self.base) {
            return Err(ConnectError::OutsideFolder { from: path.to_owned() });
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
