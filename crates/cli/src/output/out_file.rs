//! A file that appears whole or not at all.
//!
//! Rows are written to a file beside the one that was asked for; only when all of them are on disk does it take that one's
//! place. What fails or is stopped on the way leaves the last good file as it was.
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file under its final name when [`OutFile::finish`] says so; without that, as it was before.
pub(crate) struct OutFile {
    file: File,
    /// Where the bytes are until they are all there; `None` for what is no file: a pipe, a device.
    unfinished: Option<Unfinished>,
}

struct Unfinished {
    path: PathBuf,
    target: PathBuf,
}

impl OutFile {
    /// Opens `path` for writing. A link is followed; a pipe or device is written to as it is.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let existing = match fs::metadata(path) {
            Ok(about) => Some(about),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if existing.as_ref().is_some_and(|about| !about.is_file()) {
            return Ok(Self { file: File::options().write(true).open(path)?, unfinished: None });
        }
        let target = if existing.is_some() { fs::canonicalize(path)? } else { path.to_owned() };
        let mut name = OsString::from(".");
        name.push(target.file_name().ok_or(io::ErrorKind::InvalidInput)?);
        name.push(format!(".{}.unfinished", std::process::id()));
        let beside = target.with_file_name(name);
        let file = File::create(&beside)?;
        let unfinished = Unfinished { path: beside, target };
        if let Some(about) = existing {
            // A file that nobody may write to is not replaced either; who may read it stays as it was.
            File::options().append(true).open(&unfinished.target)?;
            fs::set_permissions(&unfinished.path, about.permissions())?;
        }
        Ok(Self { file, unfinished: Some(unfinished) })
    }

    /// Where the bytes are until they are all there.
    pub(crate) fn unfinished(&self) -> Option<PathBuf> {
        self.unfinished.as_ref().map(|unfinished| unfinished.path.clone())
    }

    /// All is written: the file takes its place.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        let Some(unfinished) = self.unfinished.take() else { return Ok(()) };
        self.file.sync_all()?;
        fs::rename(&unfinished.path, &unfinished.target)
        // `unfinished` ends here and finds nothing to remove, or what could not be renamed.
    }
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _ = fs::remove_file(&self.path);
    }
}
