//! What tables the files of a folder make.

use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit};
use serde_json::{Map, Value};

use super::file_columns::{FileColumn, Known, Union};
use super::group::{Group, groups};
use super::guessed_encoding::guessed_encoding;
use super::guessed_forms::guessed_forms;
use super::looked::Looked;
use super::options::{FileOptions, Format, specs};
use super::pattern::Pattern;
use super::store::{FileEntry, FileStore};
use crate::settings::resolve;
use crate::{ColumnInfo, ConnectError, RowCount, TableInfo, TableKind, TextForms};

/// Every group of files, with types inferred over all of their content. A group that cannot be read is listed
/// without columns, with the reason.
pub(crate) fn browse(
    store: &Arc<dyn FileStore>,
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
    store: &Arc<dyn FileStore>,
    from: &str,
    defaults: &FileOptions,
    threads: usize,
) -> Result<Option<TableInfo>, ConnectError> {
    let mut files = Pattern::new(from)?.files(&**store)?;
    // A file whose name says nothing of its format is there, and somebody has to say it.
    if let Some(Err(problem)) = files.first().map(|file| defaults.format(&file.path))
        && !files.iter().any(|file| defaults.format(&file.path).is_ok())
    {
        return Err(problem);
    }
    files.retain(|file| defaults.format(&file.path).is_ok());
    Ok((!files.is_empty()).then(|| table(store, Group::of(from, files), defaults, threads)))
}

fn table(store: &Arc<dyn FileStore>, group: Group, defaults: &FileOptions, threads: usize) -> TableInfo {
    let mut options = Vec::new();
    let mut written = defaults.clone();
    let mut looked = Looked::at(&**store, &group.files, &written, threads);
    if let Some((name, read)) = decoded(store, &group, &written, &looked, threads) {
        let note = format!(
            "it is not UTF-8, and seems to be {name}: look over values with special letters, or name another `encoding`"
        );
        written = written.encoded_in(name);
        looked = read;
        looked.notes.push(note);
        options.push(("encoding".to_owned(), Value::from(name)));
    }
    if looked.unread == 0 {
        let (formed, notes) = formed(store, &group, &written, &mut looked, threads);
        options.extend(formed);
        looked.notes.extend(notes);
    }
    let Looked { union, rows, mut notes, delimiter, .. } = looked;
    notes.extend(union.columns.iter().filter_map(note_money));
    notes.extend(union.columns.iter().filter_map(note_nanoseconds));
    if !matches!(delimiter, None | Some(b',')) {
        options.insert(0, ("delimiter".to_owned(), delimiter_option(delimiter)));
    }
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

/// Files that are no text as they stand, read in the encoding that they seem to have: its name, and what is in them then.
fn decoded(
    store: &Arc<dyn FileStore>,
    group: &Group,
    options: &FileOptions,
    looked: &Looked,
    threads: usize,
) -> Option<(&'static str, Looked)> {
    let is_text =
        |file: &FileEntry| options.format(&file.path).is_ok_and(|format| format.is_text() && format != Format::Excel);
    if looked.unread == 0 || options.encoding.is_some() || !group.files.iter().all(is_text) {
        return None;
    }
    let name = guessed_encoding(&**store, &group.files, options).ok().flatten()?;
    let again = Looked::at(&**store, &group.files, &options.clone().encoded_in(name), threads);
    (again.unread < looked.unread).then_some((name, again))
}

/// The options that make numbers and dates of texts that are written as in some country, where all of a column is; and what is to
/// be said of texts.
fn formed(
    store: &Arc<dyn FileStore>,
    group: &Group,
    options: &FileOptions,
    looked: &mut Looked,
    threads: usize,
) -> (Map<String, Value>, Vec<String>) {
    let is_text = |known: &Looked, name: &str| {
        let column = known.union.columns.iter().find(|column| column.name == name);
        column.is_none_or(|column| column.known.data_type(false).is_none_or(|found| found == DataType::Utf8))
    };
    if !looked.union.columns.iter().any(|column| is_text(looked, &column.name)) {
        return (Map::new(), Vec::new());
    }
    // What cannot be looked at again is listed as it was found.
    let Ok(mut guessed) = guessed_forms(store, &group.from, &group.files, options) else {
        return (Map::new(), Vec::new());
    };
    while !guessed.options.is_empty() {
        let Ok(settings) = resolve(&specs(), &guessed.options) else { break };
        let again = Looked::at(&**store, &group.files, &options.clone().written_as(TextForms::of(&settings)), threads);
        let fits = |name: &String| !is_text(&again, name);
        // A decimal comma for one column must not make texts of another one's numbers.
        let columns = &looked.union.columns;
        let spoils = columns.iter().any(|column| !is_text(looked, &column.name) && is_text(&again, &column.name));
        if !spoils && guessed.columns.iter().any(fits) {
            *looked = again;
            return (guessed.options, guessed.notes);
        }
        // Without what spoils others, the rest may do.
        if guessed.options.shift_remove(TextForms::DECIMAL).is_none() {
            break;
        }
    }
    (Map::new(), guessed.notes)
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

fn delimiter_option(delimiter: Option<u8>) -> Value {
    match delimiter {
        Some(b'\t') => Value::from("\\t"),
        Some(byte) => Value::from(char::from(byte).to_string()),
        None => Value::Null,
    }
}
