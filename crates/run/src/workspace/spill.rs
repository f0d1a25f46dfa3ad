//! Where queries and upserts put what does not fit into memory: one folder for each process.
use std::fs;
use std::path::{Path, PathBuf};

use ade_meta::{Liveness, Process, ProcessProbe, ProcfsProbe};

fn parent(root: &Path) -> PathBuf {
    root.join(".ade").join("spill")
}

/// The folder of a process.
pub(crate) fn folder(root: &Path, process: &Process) -> PathBuf {
    parent(root).join(format!("{}-{}", process.pid, process.started))
}

/// Removes the folder of this process, which has done its work.
pub(crate) fn remove(root: &Path, current: &Process) {
    // Whoever comes next removes what stays.
    let _ = fs::remove_dir_all(folder(root, current));
}

/// Removes the folders of processes that ended without doing so. What cannot be removed stays for the next time.
pub(crate) fn clear(root: &Path, current: &Process) {
    let Ok(entries) = fs::read_dir(parent(root)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let parts = name.to_str().and_then(|name| name.split_once('-'));
        let Some((Ok(pid), Ok(started))) = parts.map(|(pid, started)| (pid.parse(), started.parse())) else { continue };
        let owner = Process { pid, started, ..current.clone() };
        if ProcfsProbe.liveness(&owner) == Liveness::Dead
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::warn!(folder = %entry.path().display(), %error, "spilled data of a process that ended stays");
        }
    }
}
