//! From a request to units of files, a schema and drift.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};

use super::columns::unsupported;
use super::file_columns::{Extent, FileColumns, Known, Union, examine};
use super::gone;
use super::hash::hash_all;
use super::names;
use super::options::{FileOptions, Format};
use super::pattern::Pattern;
use super::position::{Changes, Policy, Position};
use super::store::{FileEntry, FileStore};
use super::typed::can_hold;
use super::unit::{Advance, FilesUnit, UnitFile};
use crate::column_drift::{ColumnDrift, DriftedColumn, RetypedColumn};
use crate::value::ColumnBuilder;
use crate::{ConnectError, Note, PositionKey, ReadMode, ReadPlan, ReadRequest, ReadUnit};

/// Plans a read. Reads whole files only to hash them (incremental) and to infer types that are not promised.
pub(crate) fn plan(
    store: &dyn FileStore,
    request: &ReadRequest,
    key: Option<&PositionKey>,
    threads: usize,
) -> Result<ReadPlan, ConnectError> {
    let options = FileOptions::new(&request.options).rejecting(request.rejects);
    let pattern = Pattern::new(&request.from)?;
    let files = pattern.files(store)?;
    let Changes { units, replaces_all, mut notes } = match &request.mode {
        ReadMode::Full if files.is_empty() => return Err(no_file(store, request, &pattern)),
        ReadMode::Full => Changes { units: vec![(full_unit(&files), None)], ..Changes::default() },
        ReadMode::Capture { .. } => {
            return Err(ConnectError::Request {
                from: request.from.clone(),
                reason: "files have no log of their changes".to_owned(),
                advice: "use `mode: incremental`: their content decides what is new".to_owned(),
            });
        }
        ReadMode::Incremental { cursor: Some(_), .. } => {
            return Err(ConnectError::Request {
                from: request.from.clone(),
                reason: "files have no cursor: their content decides what is new".to_owned(),
                advice: "leave out `cursor`".to_owned(),
            });
        }
        ReadMode::Incremental { .. } if files.is_empty() => {
            let folder = format!("folder `{}`", store.name());
            gone::without_files(request, &pattern, &options, &folder)?
                .ok_or_else(|| no_file(store, request, &pattern))?
        }
        ReadMode::Incremental { key: row_key, .. } => {
            let key = key.ok_or_else(|| ConnectError::no_position_key(&request.from))?;
            let policy = Policy { remove_missing: options.remove_missing, is_keyed: !row_key.is_empty() };
            let position = Position::parse(request.position.as_ref())?;
            // A server's name for a content goes where anybody may read it, and some are made of the content alone.
            let files: Vec<FileEntry> = files.into_iter().map(|file| file.sealed(key)).collect();
            let hashes = hash_all(store, &files, |file| position.hash_of(file), key, threads)?;
            let found: Vec<_> = files.into_iter().zip(hashes).collect();
            let mut changes = position.changes(&request.from, &found, policy)?;
            changes.notes.extend(gone::left_behind(request, &found));
            changes
        }
    };
    let promise = Promise { request };
    let mut union = Union::default();
    let mut planned = Vec::with_capacity(units.len());
    let mut formats: Vec<Format> = Vec::new();
    for (unit, replaces_batch) in units {
        let mut drift = ColumnDrift::default();
        let mut rows = Some(0);
        for file in &unit.files {
            let format = options.format(&file.path)?;
            if formats.first().is_some_and(|first| *first != format && !(first.is_json() && format.is_json())) {
                return Err(mixed_formats(request));
            }
            formats.push(format);
            let entry = FileEntry { path: file.path.clone(), size_bytes: file.size_bytes, version: None };
            let columns =
                examine(store, &entry, &options, &|name| promise.data_type(name).is_some(), Extent::All, threads)?;
            names::check(&file.path, format, &options, &columns, &|name| promise.lists(name), promise.count())?;
            let differs = promise.drift(&file.path, format, &columns, options.exact_decimals);
            notes.extend(promise.lacking(&file.path, format, &columns, &differs));
            drift = drift.merged(&differs);
            rows = rows.zip(columns.rows).map(|(all, rows)| all + rows);
            union.add(&columns);
        }
        planned.push(ReadUnit {
            label: label(&unit, request),
            replaces_batch,
            size_bytes: Some(unit.files.iter().map(|file| file.size_bytes).sum()),
            rows,
            drift,
            detail: unit.to_detail(),
        });
    }
    let schema = promise.schema(&union, options.exact_decimals);
    if formats.iter().any(|format| format.is_text()) {
        check_text_types(request, &schema)?;
    }
    Ok(ReadPlan {
        request: Arc::new(request.clone()),
        schema: Arc::new(schema),
        units: planned,
        drift: ColumnDrift::default(),
        replaces_all,
        notes,
        can_tell_misfits: false,
        misfits: Vec::new(),
        can_reject: formats.iter().all(|format| format.is_text()),
        rejects: false,
    })
}

fn full_unit(files: &[FileEntry]) -> FilesUnit {
    let files = files.iter().map(|file| UnitFile {
        path: file.path.clone(),
        size_bytes: file.size_bytes,
        hash: None,
        version: None,
    });
    FilesUnit { files: files.collect(), advance: None }
}

fn label(unit: &FilesUnit, request: &ReadRequest) -> String {
    match (&unit.advance, unit.files.as_slice()) {
        (Some(Advance { removed: Some(path), .. }), _) => format!("{path} (removed)"),
        (_, [file]) => file.path.clone(),
        (Some(_), []) => format!("{} (names of files)", request.from),
        (_, files) => format!("{} ({} files)", request.from, files.len()),
    }
}

fn no_file(store: &dyn FileStore, request: &ReadRequest, pattern: &Pattern) -> ConnectError {
    let hint = if pattern.is_glob() {
        "`*` stays within a folder, `**` goes across folders".to_owned()
    } else {
        let files = store.list(pattern.folder(), &|_| true).map(|listing| listing.files).unwrap_or_default();
        let names: Vec<String> = files.into_iter().map(|file| file.path).collect();
        ade_diagnostic::did_you_mean(&request.from, names.iter().map(String::as_str))
            .unwrap_or_else(|| "check `from`, and `path` of the connection".to_owned())
    };
    ConnectError::NotFound {
        what: "file",
        from: request.from.clone(),
        within: format!("folder `{}`", store.name()),
        hint: Some(hint),
    }
}

fn mixed_formats(request: &ReadRequest) -> ConnectError {
    ConnectError::Request {
        from: request.from.clone(),
        reason: "it matches files of several formats".to_owned(),
        advice: "name the extension in `from`, or set `format`".to_owned(),
    }
}

fn check_text_types(request: &ReadRequest, schema: &Schema) -> Result<(), ConnectError> {
    let refused = schema.fields().iter().find(|field| ColumnBuilder::new(field.data_type(), 0).is_none());
    refused.map_or(Ok(()), |field| Err(unsupported(&request.from, field.name(), field.data_type())))
}

/// What a request promises, narrowed to the columns that it wants.
struct Promise<'a> {
    request: &'a ReadRequest,
}

impl Promise<'_> {
    fn is_wanted(&self, name: &str) -> bool {
        self.request.columns.as_ref().is_none_or(|columns| columns.iter().any(|column| column == name))
    }

    fn field(&self, name: &str) -> Option<&Field> {
        self.request.promised.as_ref()?.field_with_name(name).ok()
    }

    /// Whether somebody listed a column of that name, in whatever case.
    fn lists(&self, name: &str) -> bool {
        self.request
            .promised
            .iter()
            .flat_map(|schema| schema.fields())
            .any(|field| field.name().eq_ignore_ascii_case(name))
    }

    fn count(&self) -> usize {
        self.request.promised.as_ref().map_or(0, |schema| schema.fields().len())
    }

    /// A key that no row of a file has may be one that was renamed, if the file has keys that nobody promised. Where that is
    /// plain, the drift says so, and it is no note.
    fn lacking(&self, path: &str, format: Format, found: &FileColumns, drift: &ColumnDrift) -> Option<Note> {
        let is_found = |name: &str| found.columns.iter().any(|column| column.name == name);
        let new =
            found.columns.iter().filter(|column| self.is_wanted(&column.name) && self.field(&column.name).is_none());
        let new: Vec<&str> = new.map(|column| column.name.as_str()).collect();
        let fields = self.request.promised.iter().flat_map(|schema| schema.fields());
        let is_missing = |name: &str| drift.missing.iter().any(|column| column.name == name);
        let lacking: Vec<&str> = fields
            .filter(|field| field.is_nullable() && self.is_wanted(field.name()) && !is_found(field.name()))
            .map(|field| field.name().as_str())
            .filter(|name| !is_missing(name))
            .collect();
        if !format.is_json() || found.rows == Some(0) || new.is_empty() || lacking.is_empty() {
            return None;
        }
        Some(Note {
            id: "key-lacking",
            message: format!(
                "no row of `{path}` has {}: NULL lands there. The file has {}, which nobody promised: was it renamed? \
                 `nullable: false` makes this an error",
                lacking.join(", "),
                new.join(", ")
            ),
        })
    }

    /// The type to read a column as, if it is promised (or need not be known, for the column is not wanted).
    fn data_type(&self, name: &str) -> Option<DataType> {
        if !self.is_wanted(name) {
            return Some(DataType::Null);
        }
        self.field(name).map(|field| field.data_type().clone()).filter(|data_type| *data_type != DataType::Null)
    }

    fn drift(&self, path: &str, format: Format, found: &FileColumns, exact_decimals: bool) -> ColumnDrift {
        let Some(promised) = &self.request.promised else { return ColumnDrift::default() };
        let mut drift = ColumnDrift::default();
        let mut lacking = Vec::new();
        for (position, field) in promised.fields().iter().enumerate().filter(|(_, field)| self.is_wanted(field.name()))
        {
            let column = found.columns.iter().find(|column| column.name == *field.name());
            // A JSON object may leave out a key: that is how it says NULL.
            let may_lack = format.is_json() && field.is_nullable();
            match column.map(|column| &column.known) {
                None => {
                    let column = DriftedColumn::new(field.name(), field.data_type(), position, path);
                    if may_lack { lacking.push(column) } else { drift.missing.push(column) }
                }
                Some(Known::Type(data_type, _))
                    if *field.data_type() != DataType::Null && !can_hold(field.data_type(), data_type) =>
                {
                    drift.retyped.push(RetypedColumn::new(field.name(), field.data_type(), data_type, path));
                }
                _ => {}
            }
        }
        for (position, column) in found.columns.iter().enumerate() {
            if self.is_wanted(&column.name) && self.field(&column.name).is_none() {
                let data_type = column.known.data_type(exact_decimals).unwrap_or(DataType::Utf8);
                drift.new.push(DriftedColumn::new(&column.name, &data_type, position, path));
            }
        }
        if found.rows != Some(0) {
            // That all rows leave out a key while all have another one in its place is no way to say NULL. A key that only some
            // rows have is one more that may be left out.
            let is_sparse = |name: &str| {
                found
                    .columns
                    .iter()
                    .any(|column| column.name == name && matches!(column.known, Known::Evidence(_, true)))
            };
            let new = drift.new.iter().filter(|column| !is_sparse(&column.name)).cloned().collect();
            let candidates = ColumnDrift { missing: lacking, new, ..ColumnDrift::default() };
            let renamed = candidates.renames();
            drift.missing.extend(renamed.into_iter().map(|(missing, _)| missing.clone()));
            drift.missing.sort_by_key(|column| column.position);
        }
        drift
    }

    fn schema(&self, union: &Union, exact_decimals: bool) -> Schema {
        let inferred = |name: &str| {
            let column = union.columns.iter().find(|column| column.name == name)?;
            column.known.data_type(exact_decimals)
        };
        let promised = self.request.promised.iter().flat_map(|schema| schema.fields().iter());
        let promised = promised.filter(|field| self.is_wanted(field.name())).map(|field| {
            let data_type = self.data_type(field.name()).or_else(|| inferred(field.name()));
            Field::new(field.name(), data_type.unwrap_or(DataType::Utf8), true)
        });
        let others =
            union.columns.iter().filter(|column| self.is_wanted(&column.name) && self.field(&column.name).is_none());
        let others = others.map(|column| {
            Field::new(&column.name, column.known.data_type(exact_decimals).unwrap_or(DataType::Utf8), true)
        });
        Schema::new(promised.chain(others).collect::<Vec<_>>())
    }
}
