//! Removes folders of partitions that nothing is in any more. Their names are values of rows, which must be gone when their rows are.
//!
//! An object store has no folders; a file system keeps them when their last file goes.

use std::fs;
use std::io;
use std::path::Path;

use crate::LakeError;
use crate::store::blocking;
use crate::table_handle::TableHandle;

/// Removes those of a table whose writer lease is held.
pub(super) async fn remove(handle: &TableHandle) -> Result<(), LakeError> {
    let Ok(folder) = handle.url().to_file_path() else { return Ok(()) };
    let removed = blocking(
        {
            let folder = folder.clone();
            move || below(&folder)
        },
        folder,
    )
    .await;
    removed.map_err(|source| handle.log().store_error("removing empty folders", source))
}

/// Removes what is empty below a folder.
fn below(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_partition = entry.file_name().to_string_lossy().contains('=');
        if !is_partition || !entry.file_type()?.is_dir() {
            continue;
        }
        below(&entry.path())?;
        match fs::remove_dir(entry.path()) {
            Ok(()) => {}
            // Somebody writes into it, or removed it.
            Err(error) if matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_partitions_go_when_nothing_is_in_them() {
        let table = tempfile::tempdir().unwrap();
        for folder in ["a=1/b=2", "a=1/b=3", "a=4/b=5", "_delta_log", "others"] {
            fs::create_dir_all(table.path().join(folder)).unwrap();
        }
        fs::write(table.path().join("a=1/b=3/part-0.parquet"), "x").unwrap();
        below(table.path()).unwrap();
        let there = |folder: &str| table.path().join(folder).exists();
        assert!(there("a=1/b=3/part-0.parquet") && there("_delta_log") && there("others"));
        assert!(!there("a=1/b=2") && !there("a=4"));
    }
}
