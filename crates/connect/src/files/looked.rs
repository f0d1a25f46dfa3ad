//! All files of a table, looked at.

use super::file_columns::{Extent, FileColumn, FileColumns, Union, examine};
use super::names;
use super::options::FileOptions;
use super::store::{FileEntry, FileStore};
use crate::ConnectError;

/// What was found out of all files of a table together.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    pub(crate) union: Union,
    /// Of all of them, as far as each says.
    pub(crate) rows: Option<u64>,
    pub(crate) notes: Vec<String>,
    /// CSV: as found.
    pub(crate) delimiter: Option<u8>,
    /// How many could not be read.
    pub(crate) unread: usize,
}

impl Looked {
    /// Looks at all of each file.
    pub(crate) fn at(store: &dyn FileStore, files: &[FileEntry], options: &FileOptions, threads: usize) -> Self {
        let mut looked = Self { rows: Some(0), ..Self::default() };
        for file in files {
            match columns_of(store, file, options, threads) {
                Ok(columns) => looked.add(&file.path, &columns),
                Err(error) => {
                    looked.rows = None;
                    looked.unread += 1;
                    looked.notes.push(format!("cannot be read: {error}"));
                }
            }
        }
        looked
    }

    fn add(&mut self, path: &str, columns: &FileColumns) {
        self.rows = self.rows.zip(columns.rows).map(|(all, rows)| all + rows);
        self.delimiter = self.delimiter.or(columns.delimiter);
        self.notes.extend(columns.notes.iter().filter(|_| self.union.columns.is_empty()).cloned());
        self.note_differences(path, columns);
        self.union.add(columns);
    }

    /// A file whose columns differ from those before it may not belong to them.
    fn note_differences(&mut self, path: &str, file: &FileColumns) {
        let union = &self.union;
        if union.columns.is_empty() || self.notes.len() >= 10 {
            return;
        }
        let is_in = |columns: &[FileColumn], name: &str| columns.iter().any(|column| column.name == name);
        let new = file.columns.iter().filter(|column| !is_in(&union.columns, &column.name));
        let missing = union.columns.iter().filter(|column| !is_in(&file.columns, &column.name));
        let names = |columns: Vec<&str>| columns.join(", ");
        let new = names(new.map(|column| column.name.as_str()).collect());
        let missing = names(missing.map(|column| column.name.as_str()).collect());
        self.notes.extend(match (new.is_empty(), missing.is_empty()) {
            (true, true) => None,
            (false, true) => Some(format!("from `{path}` on there is also {new}")),
            (true, false) => Some(format!("`{path}` has no {missing}")),
            (false, false) => Some(format!("`{path}` has no {missing} but has {new}")),
        });
    }
}

fn columns_of(
    store: &dyn FileStore,
    file: &FileEntry,
    options: &FileOptions,
    threads: usize,
) -> Result<FileColumns, ConnectError> {
    let columns = examine(store, file, options, &|_| false, Extent::All, threads)?;
    let format = options.format(&file.path)?;
    names::check(&file.path, format, options, &columns, &|_| false, 0)?;
    Ok(columns)
}
