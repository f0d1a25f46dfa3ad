//! `ade contract suggest`: what a sources file could promise, from what has arrived so far.
//!
//! What the lake has is counted, and what held for all of it is proposed: types as they landed, columns that never lacked a value,
//! the one that tells rows apart, the few values of a public column, and between which they lie. A proposal is a difference of the
//! sources file, for a person to read and keep in the project's history. No value is told of a column that is not public.
mod asked;
mod edit;
mod promises;

use std::collections::BTreeMap;
use std::sync::Arc;

use ade_diagnostic::SourceFile;
use ade_project::resource::SourceTable;
use serde::Serialize;

use self::edit::{Edit, edited};
use crate::error::RunError;
use crate::workspace::Workspace;

/// What is proposed for one file.
#[derive(Default)]
struct InFile {
    file: Option<Arc<SourceFile>>,
    promises: Vec<SuggestedPromise>,
    edits: Vec<Edit>,
    documents: Vec<LandedDocuments>,
}

/// One promise that could be made.
#[derive(Debug, Clone, Serialize)]
pub struct SuggestedPromise {
    /// `source.table`.
    pub table: String,
    /// The column.
    pub column: String,
    /// As it is written at the column: `nullable: false`.
    pub promise: String,
    /// What speaks for it.
    pub why: String,
    /// Where: file and line.
    pub place: String,
}

/// What the documents in a column of JSON hold by now. Later ones are held against it, as `drift: {json: …}` says.
#[derive(Debug, Clone, Serialize)]
pub struct LandedDocuments {
    /// `source.table`.
    pub table: String,
    /// The column.
    pub column: String,
    /// How many were looked at.
    pub documents: u64,
    /// Where values stand, and of which kinds: `customer.id: number`.
    pub paths: Vec<String>,
}

/// What a sources file could promise in addition.
#[derive(Debug, Clone, Serialize)]
pub struct SuggestedContract {
    /// The file, relative to the project.
    pub path: String,
    /// Each promise by itself.
    pub promises: Vec<SuggestedPromise>,
    /// All of them as a difference of the file; empty where there is none.
    pub diff: String,
    /// What is known of documents in columns of its tables.
    pub documents: Vec<LandedDocuments>,
    /// The file with all of them.
    #[serde(skip)]
    text: String,
}

impl Workspace {
    /// Looks at what has landed of the tables that `name` means (`source`, `source.table`; all without it).
    pub async fn suggest_contract(&self, name: Option<&str>) -> Result<Vec<SuggestedContract>, RunError> {
        let is_meant = |source: &&SourceTable| {
            let whole = format!("{}.{}", source.source, source.name);
            source.connection.is_some() && name.is_none_or(|name| name == source.source || name == whole)
        };
        let tables: Vec<&SourceTable> = self.project.sources.values().filter(is_meant).collect();
        if let Some(name) = name.filter(|_| tables.is_empty()) {
            let hint = "`ade ls --resource-type source` lists them".to_owned();
            return Err(RunError::usage(format!("there is no source or table `{name}` with a connection"), hint));
        }
        let mut files: BTreeMap<String, InFile> = BTreeMap::new();
        for table in tables {
            let Some(landed) = self.landed_promises(table).await? else { continue };
            let file = table.origin.file();
            let entry = files.entry(file.path().to_owned()).or_default();
            entry.file = Some(Arc::clone(file));
            entry.documents.extend(landed.documents);
            for (promise, edit) in landed.promises {
                entry.promises.push(promise);
                entry.edits.push(edit);
            }
        }
        let suggested = files.into_iter().filter_map(|(path, InFile { file, promises, edits, documents })| {
            let (text, diff) = edited(&path, file?.text(), &edits);
            Some(SuggestedContract { path, promises, diff, documents, text })
        });
        Ok(suggested.filter(|file| !(file.diff.is_empty() && file.documents.is_empty())).collect())
    }

    /// Writes what was suggested into its file.
    pub fn write_suggested(&self, file: &SuggestedContract) -> Result<(), RunError> {
        let path = self.root.join(&file.path);
        std::fs::write(&path, &file.text).map_err(|source| RunError::File { action: "write", path, source })
    }
}
