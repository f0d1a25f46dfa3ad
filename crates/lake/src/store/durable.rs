//! File operations that are on the disk when they return.
//!
//! A new file is durable when its bytes *and* the entry in its folder are; a new folder when its entry in the parent
//! is. `object_store` syncs neither, so a commit could vanish after a power cut, or stay while its data is gone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::failpoints::{self, STORE_AFTER_RENAME, STORE_AFTER_SYNC, STORE_BEFORE_SYNC, STORE_CREATED};

/// Ends the name of a file that is not in its place yet. Listings show it, so that maintenance can remove leftovers.
pub(crate) const TEMPORARY_SUFFIX: &str = ".tmp";

/// Creates an empty temporary file beside `target`, with the folders it needs.
pub(super) fn create_temporary(target: &Path) -> io::Result<(File, PathBuf)> {
    let mut attempt = 0_u32;
    loop {
        let mut name = target.as_os_str().to_owned();
        name.push(format!(".{attempt}{TEMPORARY_SUFFIX}"));
        let path = PathBuf::from(name);
        match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
            Ok(file) => {
                failpoints::hit(STORE_CREATED)?;
                return Ok((file, path));
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => attempt += 1,
            Err(error) if error.kind() == ErrorKind::NotFound => match target.parent() {
                Some(parent) => create_folders(parent)?,
                None => return Err(error),
            },
            Err(error) => return Err(error),
        }
    }
}

/// Makes the file's bytes durable and puts it in its place; with `exclusive` only if there is nothing yet
/// ([`ErrorKind::AlreadyExists`]). The temporary file is gone afterwards, unless the process dies.
pub(super) fn publish(file: &File, temporary: &Path, target: &Path, exclusive: bool) -> io::Result<()> {
    let placed = (|| {
        failpoints::hit(STORE_BEFORE_SYNC)?;
        file.sync_all()?;
        failpoints::hit(STORE_AFTER_SYNC)?;
        if exclusive { fs::hard_link(temporary, target) } else { fs::rename(temporary, target) }
    })();
    if exclusive || placed.is_err() {
        // Of no use any more; a leftover is harmless and removed by maintenance.
        let _ = fs::remove_file(temporary);
    }
    placed?;
    failpoints::hit(STORE_AFTER_RENAME)?;
    sync_parent(target)
}

/// Makes the entries of the folder that holds `path` durable.
pub(super) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

/// Creates a folder and its parents, each durable.
pub(crate) fn create_folders(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        create_folders(parent)?;
    }
    match fs::create_dir(folder) {
        Ok(()) => sync_parent(folder),
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}
