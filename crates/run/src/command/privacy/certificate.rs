//! What an erasure leaves behind to show: which tables were rewritten, and nothing about the person.
use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::error::RunError;
use crate::workspace::{Workspace, replace_file};

/// A record of one erasure. It holds no value: a person is known by codes under the environment's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// Its id, a UUIDv7.
    pub id: String,
    /// The environment.
    pub environment: String,
    /// The program's version.
    pub program_version: String,
    /// When it began.
    pub begun_at: DateTime<Utc>,
    /// When nothing was left; `None` while that is not so: the erasure was interrupted, and must be run again.
    pub completed_at: Option<DateTime<Utc>>,
    /// Who was erased.
    pub subjects: Vec<ErasedSubject>,
    /// The keys under which the person was looked for.
    pub keys: Vec<String>,
    /// Tables that were rewritten, or of which old versions, files or entries of the log were removed.
    pub rewritten: Vec<ErasedTable>,
    /// Tables that were searched and held nothing.
    pub searched: Vec<String>,
    /// Columns of source tables that would tell the person and landed in a form that nobody can be told by, in tables without another
    /// one: `schema.table.column (treatment)`. Their rows stay until these tables are loaded from nothing.
    pub cannot_be_told: Vec<String>,
    /// Tables of which the place that their source was read to names the person: that goes when the source has read on.
    pub positions: Vec<String>,
    /// What was searched besides.
    pub also_searched: Vec<String>,
    /// What still holds the person, and what to do about it. The certificate is not complete while there is any.
    pub remains: Vec<String>,
}

/// Who was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErasedSubject {
    /// The name of what the person was known by: a domain, a class or a column.
    pub name: String,
    /// The code of the value, as in the list of people who must not come back.
    pub code: String,
    /// The columns of sources' tables that the name stands for: `schema.table.column`.
    pub columns: Vec<String>,
}

/// What was done to a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ErasedTable {
    /// `schema.table`.
    pub table: String,
    /// Rows of the person that the newest version had.
    pub rows_removed: u64,
    /// Whether files of earlier versions, staged files or the log held the person.
    pub past_held: bool,
    /// The version before; earlier ones cannot be read any more.
    pub version_before: u64,
    /// The version after.
    pub version_after: u64,
    /// Data files that were removed.
    pub files_removed: usize,
    /// Their size.
    pub bytes_removed: u64,
    /// Entries of the log that were removed.
    pub log_entries_removed: usize,
}

impl ErasedTable {
    /// With what was done to the same table later.
    pub(super) fn add(&mut self, later: Self) {
        let is_first = self.table.is_empty();
        *self = Self {
            table: later.table,
            rows_removed: self.rows_removed + later.rows_removed,
            past_held: self.past_held || later.past_held,
            version_before: if is_first { later.version_before } else { self.version_before },
            version_after: later.version_after,
            files_removed: self.files_removed + later.files_removed,
            bytes_removed: self.bytes_removed + later.bytes_removed,
            log_entries_removed: self.log_entries_removed + later.log_entries_removed,
        };
    }
}

impl Workspace {
    fn certificate_path(&self, certificate: &Certificate) -> PathBuf {
        let day = certificate.begun_at.format("%Y-%m-%d");
        let id = certificate.id.get(certificate.id.len().saturating_sub(12)..).unwrap_or_default();
        self.root.join("privacy").join("erasures").join(format!("{day}-{}-{id}.json", certificate.environment))
    }

    /// Writes it down, in the place of what was written of the same erasure before. Gives the path within the project.
    pub(super) fn keep_certificate(&self, certificate: &Certificate) -> Result<String, RunError> {
        let path = self.certificate_path(certificate);
        let failed = |source| RunError::File { action: "write", path: path.clone(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut text = serde_json::to_string_pretty(certificate).unwrap_or_default();
        text.push('\n');
        replace_file(&path, text.as_bytes(), 0o644).map_err(failed)?;
        let within = path.strip_prefix(&self.root).unwrap_or(&path);
        Ok(within.display().to_string())
    }
}
