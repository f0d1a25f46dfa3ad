//! Which files have been read: the position of an incremental read.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::store::FileEntry;
use super::unit::{Advance, FilesUnit, UnitFile};
use crate::{ConnectError, Note};

/// Which files have been read, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) files: BTreeMap<String, ReadFile>,
}

/// The files that a table has been read from, by its position; none where that is not one of files.
pub fn files_of_position(position: &Value) -> Vec<String> {
    let read: Option<Position> = serde_json::from_value(position.clone()).ok();
    read.map(|read| read.files.into_keys().collect()).unwrap_or_default()
}

/// A file that has been read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReadFile {
    /// Keyed BLAKE3 of its bytes.
    pub(crate) hash: String,
    pub(crate) size_bytes: u64,
    /// The batch that holds its rows.
    pub(crate) batch_id: String,
    /// Digest of what its server called its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
}

/// What there is to do.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Units with the batch that each replaces.
    pub(crate) units: Vec<(FilesUnit, Option<String>)>,
    /// Whether the units are all files there are, so that what was read before must go.
    pub(crate) replaces_all: bool,
    pub(crate) notes: Vec<Note>,
}

/// How files relate to each other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    /// Whether the rows of a file that disappeared are removed.
    pub(crate) remove_missing: bool,
    /// Whether rows replace those of the same key, also of other files.
    pub(crate) is_keyed: bool,
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

    /// The hash of a file that has not changed since it was read, as its server says.
    pub(crate) fn hash_of(&self, file: &FileEntry) -> Option<String> {
        let read = self.files.get(&file.path)?;
        let is_same = file.version.is_some() && read.version == file.version && read.size_bytes == file.size_bytes;
        is_same.then(|| read.hash.clone())
    }

    /// Compares the files that there are (with their hashes) with those that have been read. New and changed files
    /// come in the order of their paths. A new path with the content of one that disappeared is a renamed file: it
    /// is not read again.
    ///
    /// Where rows have a key, the last file in the order of paths wins, and a row that lost is no longer there. So when
    /// anything but files after all others arrives, all files are read again; where rows of a file stay that can no longer
    /// be read, that is refused.
    pub(crate) fn changes(
        &self,
        from: &str,
        found: &[(FileEntry, String)],
        policy: Policy,
    ) -> Result<Changes, ConnectError> {
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
        for (path, _) in &gone {
            let kept =
                if policy.remove_missing { "its rows are removed" } else { "its rows stay (`missing_files: keep`)" };
            changes
                .notes
                .push(Note { id: "file-disappeared", message: format!("`{path}` is no longer there; {kept}") });
        }
        let removed = if policy.remove_missing { gone.as_slice() } else { &[] };
        if policy.is_keyed
            && let Some(why) = self.disturbs(&renamed, &arrivals, removed)
        {
            if let Some((missing, _)) = gone.first().filter(|_| !policy.remove_missing) {
                return Err(lost_order(from, &why, missing));
            }
            changes.replaces_all = true;
            changes.notes.retain(|note| note.id != "file-renamed");
            changes.notes.push(Note {
                id: "files-read-again",
                message: format!("{why}: all files are read again, for rows of other files may have the same keys"),
            });
            changes.units.extend(found.iter().map(|(file, hash)| (unit_of(file, hash, Advance::default()), None)));
            return Ok(changes);
        }
        let advance = |removed| Advance { renamed: renamed.clone(), removed };
        changes
            .units
            .extend(arrivals.into_iter().map(|(file, hash, replaces)| (unit_of(file, hash, advance(None)), replaces)));
        for (path, read) in removed {
            let advance = Some(advance(Some((*path).clone())));
            changes.units.push((FilesUnit { files: Vec::new(), advance }, Some(read.batch_id.clone())));
        }
        if changes.units.is_empty() && !renamed.is_empty() {
            changes.units.push((FilesUnit { files: Vec::new(), advance: Some(advance(None)) }, None));
        }
        Ok(changes)
    }

    /// What there is to do other than to read files that come after all others, in words.
    fn disturbs(
        &self,
        renamed: &[(String, String)],
        arrivals: &[(&FileEntry, &String, Option<String>)],
        removed: &[(&String, &ReadFile)],
    ) -> Option<String> {
        let mut after = self.files.clone();
        for (from, to) in renamed {
            if let Some(read) = after.remove(from) {
                let _ = after.insert(to.clone(), read);
            }
        }
        let order = |files: &BTreeMap<String, ReadFile>| -> Vec<String> {
            files.values().map(|read| read.batch_id.clone()).collect()
        };
        if let Some((file, ..)) = arrivals.iter().find(|(_, _, replaces)| replaces.is_some()) {
            return Some(format!("`{}` has changed", file.path));
        }
        if let Some((path, _)) = removed.first() {
            return Some(format!("`{path}` is no longer there"));
        }
        if let Some((from, to)) = renamed.first().filter(|_| order(&self.files) != order(&after)) {
            return Some(format!("`{from}` is now `{to}`, at another place among the files"));
        }
        let last = after.keys().next_back()?;
        let early = arrivals.iter().find(|(file, ..)| file.path < *last)?;
        Some(format!("`{}` is new and comes before `{last}`, which has been read", early.0.path))
    }

    /// The position after a unit whose rows were committed as `batch_id`. The stored form is changed in place: it names
    /// every file that was ever read, and each of thousands of units adds one.
    pub(crate) fn after(before: Option<Value>, unit: &FilesUnit, advance: &Advance, batch_id: &str) -> Option<Value> {
        let mut position = match before {
            Some(Value::Object(position)) => position,
            _ => Map::new(),
        };
        let Value::Object(files) = position.entry("files").or_insert_with(|| Value::Object(Map::new())) else {
            return None;
        };
        for (from, to) in &advance.renamed {
            if let Some(read) = files.remove(from) {
                let _ = files.insert(to.clone(), read);
            }
        }
        if let Some(path) = &advance.removed {
            let _ = files.remove(path);
        }
        for file in &unit.files {
            let read = ReadFile {
                hash: file.hash.clone().unwrap_or_default(),
                size_bytes: file.size_bytes,
                batch_id: batch_id.to_owned(),
                version: file.version.clone(),
            };
            let _ = files.insert(file.path.clone(), serde_json::to_value(read).ok()?);
        }
        Some(Value::Object(position))
    }
}

fn unit_of(file: &FileEntry, hash: &str, advance: Advance) -> FilesUnit {
    let file = UnitFile {
        path: file.path.clone(),
        size_bytes: file.size_bytes,
        hash: Some(hash.to_owned()),
        version: file.version.clone(),
    };
    FilesUnit { files: vec![file], advance: Some(advance) }
}

fn lost_order(from: &str, why: &str, missing: &str) -> ConnectError {
    ConnectError::Request {
        from: from.to_owned(),
        reason: format!(
            "{why}, and `{missing}`, whose rows stay, is no longer there: which of their rows with the same key is the last \
             one cannot be told any more"
        ),
        advice:
            "put the missing files back, give new files names that come after all others, or load what is there with \
                 `--full-refresh` (rows of missing files are then gone)"
                .to_owned(),
    }
}
