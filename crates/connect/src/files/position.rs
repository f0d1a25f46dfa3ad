//! Which files have been read: the position of an incremental read.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::store::FileEntry;
use super::unit::{Advance, FilesUnit, UnitFile};
use crate::{ConnectError, Note};

/// Which files have been read, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) files: BTreeMap<String, ReadFile>,
}

/// A file that has been read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReadFile {
    /// Keyed BLAKE3 of its bytes.
    pub(crate) hash: String,
    pub(crate) size_bytes: u64,
    /// The batch that holds its rows.
    pub(crate) batch_id: String,
}

/// What there is to do.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Units with the batch that each replaces.
    pub(crate) units: Vec<(FilesUnit, Option<String>)>,
    pub(crate) notes: Vec<Note>,
}

impl Position {
    pub(crate) fn parse(value: Option<&Value>) -> Result<Self, ConnectError> {
        let Some(value) = value else { return Ok(Self::default()) };
        serde_json::from_value(value.clone()).map_err(|_| ConnectError::Request {
            from: "files".to_owned(),
            reason: "the stored position is not one of files".to_owned(),
            advice: "load the table anew with `--full-refresh`".to_owned(),
        })
    }

    /// Compares the files that there are (with their hashes) with those that have been read. New and changed files
    /// come in the order of their paths. A new path with the content of one that disappeared is a renamed file: it
    /// is not read again.
    pub(crate) fn changes(&self, found: &[(FileEntry, String)], remove_missing: bool) -> Changes {
        let paths: BTreeSet<&str> = found.iter().map(|(file, _)| file.path.as_str()).collect();
        let mut gone: Vec<(&String, &ReadFile)> =
            self.files.iter().filter(|(path, _)| !paths.contains(path.as_str())).collect();
        let mut renamed = Vec::new();
        let mut arrivals = Vec::new();
        for (file, hash) in found {
            match self.files.get(&file.path) {
                Some(read) if read.hash == *hash => {}
                Some(read) => arrivals.push((file, hash, Some(read.batch_id.clone()))),
                None => match gone.iter().position(|(_, read)| read.hash == *hash) {
                    Some(index) => renamed.push((gone.remove(index).0.clone(), file.path.clone())),
                    None => arrivals.push((file, hash, None)),
                },
            }
        }
        let mut changes = Changes::default();
        changes.notes.extend(renamed.iter().map(|(from, to)| Note {
            id: "file-renamed",
            message: format!("`{from}` is now `{to}` with the same content; its rows stay as they are"),
        }));
        for (file, hash, replaces) in arrivals {
            let file = UnitFile { path: file.path.clone(), size_bytes: file.size_bytes, hash: Some(hash.clone()) };
            let advance = Some(Advance { renamed: renamed.clone(), removed: None });
            changes.units.push((FilesUnit { files: vec![file], advance }, replaces));
        }
        for (path, read) in gone {
            let kept = if remove_missing { "its rows are removed" } else { "its rows stay (`missing_files: keep`)" };
            changes
                .notes
                .push(Note { id: "file-disappeared", message: format!("`{path}` is no longer there; {kept}") });
            if remove_missing {
                let advance = Some(Advance { renamed: renamed.clone(), removed: Some(path.clone()) });
                changes.units.push((FilesUnit { files: Vec::new(), advance }, Some(read.batch_id.clone())));
            }
        }
        changes
    }

    /// The position after a unit whose rows were committed as `batch_id`.
    pub(crate) fn after(mut self, unit: &FilesUnit, advance: &Advance, batch_id: &str) -> Self {
        for (from, to) in &advance.renamed {
            if let Some(read) = self.files.remove(from) {
                let _ = self.files.insert(to.clone(), read);
            }
        }
        if let Some(path) = &advance.removed {
            let _ = self.files.remove(path);
        }
        for file in &unit.files {
            let read = ReadFile {
                hash: file.hash.clone().unwrap_or_default(),
                size_bytes: file.size_bytes,
                batch_id: batch_id.to_owned(),
            };
            let _ = self.files.insert(file.path.clone(), read);
        }
        self
    }

    pub(crate) fn to_value(&self) -> Option<Value> {
        serde_json::to_value(self).ok()
    }
}
