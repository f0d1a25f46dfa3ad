//! What tables the files of a folder make.

use arrow::datatypes::{DataType, TimeUnit};
use serde_json::Value;

use super::file_columns::{Extent, FileColumn, FileColumns, Known, Union, examine};
use super::group::{Group, groups};
use super::names;
use super::options::{FileOptions, Format};
use super::pattern::Pattern;
use super::store::FileStore;
use crate::{ColumnInfo, ConnectError, RowCount, TableInfo, TableKind};

/// Every group of files, with types inferred over all of their content. A group that cannot be read is listed
/// without columns, with the reason.
pub(crate) fn browse(
    store: &dyn FileStore,
    defaults: &FileOptions,
    threads: usize,
) -> Result<Vec<TableInfo>, ConnectError> {
    if !store.lists() {
        return Ok(Vec::new());
    }
    let files = store.list("", &|_| true)?.files;
    Ok(groups(files).into_iter().map(|group| table(store, group, defaults, threads)).collect())
}

/// The files that `from` names, as one table; `None` where there are none.
pub(crate) fn browse_one(
    store: &dyn FileStore,
    from: &str,
    defaults: &FileOptions,
    threads: usize,
) -> Result<Option<TableInfo>, ConnectError> {
    let mut files = Pattern::new(from)?.files(store)?;
    files.retain(|file| defaults.format(&file.path).is_ok());
    Ok((!files.is_empty()).then(|| table(store, Group::of(from, files), defaults, threads)))
}

fn table(store: &dyn FileStore, group: Group, defaults: &FileOptions, threads: usize) -> TableInfo {
    let mut union = Union::default();
    let mut rows = Some(0);
    let mut notes = Vec::new();
    let mut delimiter = None;
    for file in &group.files {
        let examined = examine(store, file, defaults, &|_| false, Extent::All, threads).and_then(|columns| {
            let format = defaults.format(&file.path)?;
            names::check(&file.path, format, defaults, &columns, &|_| false, 0).map(|()| columns)
        });
        match examined {
            Ok(columns) => {
                rows = rows.zip(columns.rows).map(|(all, rows)| all + rows);
                delimiter = delimiter.or(columns.delimiter);
                notes.extend(columns.notes.iter().filter(|_| union.columns.is_empty()).cloned());
                note_differences(&union, &file.path, &columns, &mut notes);
                union.add(&columns);
            }
            Err(error) => {
                rows = None;
                notes.push(format!("cannot be read: {error}"));
            }
        }
    }
    notes.extend(union.columns.iter().filter_map(note_money));
    notes.extend(union.columns.iter().filter_map(note_nanoseconds));
    let is_delimiter_known = matches!(delimiter, None | Some(b','));
    let options =
        if is_delimiter_known { Vec::new() } else { vec![("delimiter".to_owned(), delimiter_option(delimiter))] };
    let format = group.files.first().and_then(|file| defaults.format(&file.path).ok());
    TableInfo {
        columns: columns(&union, format),
        rows: rows.map(RowCount::Exact),
        size_bytes: Some(group.files.iter().map(|file| file.size_bytes).sum()),
        options,
        notes,
        ..TableInfo::new(group.name, group.from, TableKind::Files)
    }
}

fn columns(union: &Union, format: Option<Format>) -> Vec<ColumnInfo> {
    let info = |(index, column): (usize, &FileColumn)| {
        let data_type = column.known.data_type(false)?;
        let source_type = match (&column.known, format) {
            (Known::Type(data_type, _), _) => data_type.to_string(),
            (_, Some(format)) if format.is_json() => "JSON".to_owned(),
            _ => "text".to_owned(),
        };
        let nullable = union.is_nullable(index, false);
        Some(ColumnInfo { name: column.name.clone(), source_type, data_type, nullable, comment: None })
    };
    union.columns.iter().enumerate().filter_map(info).collect()
}

/// Words for sums of money, as parts of a column's name.
const MONEY: [&str; 14] = [
    "amount", "balance", "charge", "cost", "discount", "fee", "paid", "payment", "price", "refund", "revenue",
    "salary", "tax", "total",
];

/// Text like `42.50` is read as double unless somebody promises a decimal, and sums of doubles are rounded.
fn note_money(column: &FileColumn) -> Option<String> {
    let is_double = column.known.data_type(false)? == DataType::Float64;
    let Some(DataType::Decimal128(_, scale)) = column.known.data_type(true) else { return None };
    let name = column.name.to_lowercase();
    let is_money = name
        .split(|letter: char| !letter.is_alphanumeric())
        .any(|word| MONEY.contains(&word) || word.strip_suffix('s').is_some_and(|word| MONEY.contains(&word)));
    // Today's `1.5` may be `1.25` tomorrow.
    let scale = scale.max(2);
    (is_double && is_money).then(|| {
        format!(
            "`{}` is read as double, whose sums are rounded; `data_type: decimal(18, {scale})` is exact",
            column.name
        )
    })
}

/// A time of Parquet that is finer than those of tables does not land.
fn note_nanoseconds(column: &FileColumn) -> Option<String> {
    matches!(column.known, Known::Type(DataType::Timestamp(TimeUnit::Nanosecond, _), _)).then(|| {
        format!(
            "`{}` is declared in nanoseconds, and tables keep microseconds: if it has finer times, only `data_type: varchar` \
             holds them",
            column.name
        )
    })
}

/// A file whose columns differ from those before it may not belong to them.
fn note_differences(union: &Union, path: &str, file: &FileColumns, notes: &mut Vec<String>) {
    if union.columns.is_empty() || notes.len() >= 10 {
        return;
    }
    let is_in = |columns: &[FileColumn], name: &str| columns.iter().any(|column| column.name == name);
    let new = file.columns.iter().filter(|column| !is_in(&union.columns, &column.name));
    let missing = union.columns.iter().filter(|column| !is_in(&file.columns, &column.name));
    let names = |columns: Vec<&str>| columns.join(", ");
    let new = names(new.map(|column| column.name.as_str()).collect());
    let missing = names(missing.map(|column| column.name.as_str()).collect());
    match (new.is_empty(), missing.is_empty()) {
        (true, true) => {}
        (false, true) => notes.push(format!("from `{path}` on there is also {new}")),
        (true, false) => notes.push(format!("`{path}` has no {missing}")),
        (false, false) => notes.push(format!("`{path}` has no {missing} but has {new}")),
    }
}

fn delimiter_option(delimiter: Option<u8>) -> Value {
    match delimiter {
        Some(b'\t') => Value::from("\\t"),
        Some(byte) => Value::from(char::from(byte).to_string()),
        None => Value::Null,
    }
}
