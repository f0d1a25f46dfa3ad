//! Where queries and upserts put what does not fit into memory: one folder for each process.
//!
//! The owner of a folder holds a lock on the file beside it. The lock ends with the process, whatever ends that, and is seen
//! from other containers too, whose process numbers say nothing here.
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::state_folder::state_folder;

fn parent(root: &Path) -> PathBuf {
    state_folder(root).join("spill")
}

/// The folder of this process.
#[derive(Debug)]
pub(crate) struct SpillFolder {
    path: PathBuf,
    lock: PathBuf,
    _locked: File,
}

impl SpillFolder {
    /// Makes a folder that no other process has, or takes for left over.
    pub(crate) fn make(root: &Path, name: &str) -> io::Result<Self> {
        fs::create_dir_all(parent(root))?;
        Self::make_in(&parent(root), name)
    }

    /// The same in another folder than the project's: where that cannot be written to.
    pub(crate) fn make_in(folder: &Path, name: &str) -> io::Result<Self> {
        let path = folder.join(name);
        let lock = path.with_extension("lock");
        loop {
            let locked = OpenOptions::new().create(true).append(true).open(&lock)?;
            match locked.lock() {
                // Between the two somebody may have taken the file for left over.
                Ok(()) if !is_at(&locked, &lock) => continue,
                Ok(()) => {}
                // Where there are no locks, nobody can take it for left over either.
                Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
                Err(error) => return Err(error),
            }
            DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
            return Ok(Self { path, lock, _locked: locked });
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it: the process has done its work.
    pub(crate) fn remove(&self) {
        // What stays is removed by whoever comes next.
        let _ = fs::remove_dir_all(&self.path).and_then(|()| fs::remove_file(&self.lock));
    }
}

impl Drop for SpillFolder {
    fn drop(&mut self) {
        self.remove();
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let place = |data: &fs::Metadata| (data.dev(), data.ino());
    matches!((file.metadata(), fs::metadata(path)), (Ok(file), Ok(there)) if place(&file) == place(&there))
}

/// Removes the folders of processes that ended without doing so. What cannot be removed stays for the next time.
pub(crate) fn clear(root: &Path) {
    let Ok(entries) = fs::read_dir(parent(root)) else { return };
    for lock in entries.flatten().map(|entry| entry.path()) {
        if lock.extension().is_none_or(|extension| extension != "lock") {
            continue;
        }
        let Ok(file) = File::open(&lock) else { continue };
        if file.try_lock().is_err() {
            continue;
        }
        let folder = lock.with_extension("");
        let removed = match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::remove_file(&lock),
        };
        if let Err(error) = removed {
            tracing::warn!(folder = %folder.display(), %error, "spilled data of a process that ended stays");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_processes_that_ended_go_and_no_others() {
        let root = tempfile::tempdir().unwrap();
        let alive = SpillFolder::make(root.path(), "alive").unwrap();
        // What a process leaves that was killed: nobody holds the lock any more.
        let left = parent(root.path()).join("dead");
        fs::create_dir(&left).unwrap();
        fs::write(left.join("rows"), "x").unwrap();
        fs::write(left.with_extension("lock"), "").unwrap();
        clear(root.path());
        assert!(alive.path().is_dir() && !left.exists());
        let names = || fs::read_dir(root.path().join(".ade/spill")).unwrap().count();
        assert_eq!(names(), 2, "a folder and its lock");
        drop(alive);
        assert_eq!(names(), 0);
    }
}
