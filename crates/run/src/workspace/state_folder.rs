//! `.ade`: a project's keys and state, which must not end up in a repository, and must outlive a loss of power.
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::RunError;

/// Its place in a project.
pub(crate) fn state_folder(root: &Path) -> PathBuf {
    root.join(".ade")
}

/// Makes the folder, if it is not there, with a `.gitignore` that keeps everything in it out of a repository. Comes before
/// anything that is put there.
pub(crate) fn make_state_folder(root: &Path) -> Result<PathBuf, RunError> {
    let folder = state_folder(root);
    fs::create_dir_all(&folder).map_err(|source| RunError::File { action: "make", path: folder.clone(), source })?;
    let path = folder.join(".gitignore");
    publish(&path, b"*\n", 0o644).map_err(|source| RunError::File { action: "write", path, source })?;
    Ok(folder)
}

/// Whether this process cannot write where it tried to, and need not be able to.
pub(crate) fn is_read_only(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied)
}

/// Makes a folder that its owner alone can look into.
pub(crate) fn make_private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o700))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Writes a file unless there is one, and tells whether it did. It is there whole and durable, or not at all.
pub(crate) fn publish(path: &Path, content: &[u8], mode: u32) -> io::Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    let (mut file, temporary) = temporary(path, mode)?;
    let placed = file.write_all(content).and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&temporary, path));
    let removed = fs::remove_file(&temporary);
    match placed {
        // Somebody else was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        placed => placed.and(removed)?,
    }
    path.parent().map_or(Ok(()), sync_folder)?;
    Ok(true)
}

/// Writes a file in the place of the one that is there. Whoever reads it finds the one or the other, whole; it is durable.
pub(crate) fn replace_file(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let (mut file, temporary) = temporary(path, mode)?;
    let placed = file.write_all(content).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&temporary, path));
    if placed.is_err() {
        // What is left of it is told from others by its name.
        let _ = fs::remove_file(&temporary);
    }
    placed?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// A new file beside `path`.
fn temporary(path: &Path, mode: u32) -> io::Result<(File, PathBuf)> {
    let mut attempt = 0_u32;
    loop {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{attempt}.tmp"));
        let temporary = PathBuf::from(name);
        match OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary) {
            Ok(file) => return Ok((file, temporary)),
            // Of a program that died, or that is at it right now.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_not_at_all_and_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dev.key");
        // What a program left that died while it wrote.
        fs::write(folder.path().join("dev.key.0.tmp"), "hal").unwrap();
        assert!(publish(&path, b"whole", 0o600).unwrap());
        assert!(!publish(&path, b"other", 0o600).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["dev.key", "dev.key.0.tmp"]);
    }
}
