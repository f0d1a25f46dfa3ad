//! How numbers and dates may be written in files of which nobody has said, from their first rows.
//!
//! What is guessed is tried on all of the files afterwards: what does not fit all of a column is no guess any more.

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use serde_json::{Map, Value};

use super::connection::sample;
use super::options::{FileOptions, Format};
use super::store::{FileEntry, FileStore};
use crate::value::{Guessed, guess};
use crate::{ConnectError, TextForms};

/// Rows that are looked at.
const LOOKED_AT_ROWS: usize = 5_000;

/// What was guessed of a table's texts.
#[derive(Debug, Default)]
pub(crate) struct GuessedForms {
    /// As options.
    pub(crate) options: Map<String, Value>,
    /// What they are for, by column.
    pub(crate) columns: Vec<String>,
    /// Questions that the texts leave open.
    pub(crate) notes: Vec<String>,
}

/// What the first rows of `from` speak for; nothing where the options say already how texts are written.
pub(crate) fn guessed_forms(
    store: &Arc<dyn FileStore>,
    from: &str,
    files: &[FileEntry],
    options: &FileOptions,
) -> Result<GuessedForms, ConnectError> {
    let mut found = GuessedForms::default();
    let format = files.first().map(|file| options.format(&file.path)).transpose()?;
    let is_of_texts = matches!(format, Some(Format::Csv | Format::FixedWidth | Format::Excel));
    if !is_of_texts || options.forms != TextForms::default() {
        return Ok(found);
    }
    let rows = sample(store, from, options, LOOKED_AT_ROWS)?;
    let mut dates: Vec<(String, String)> = Vec::new();
    let mut timestamps: Vec<(String, String)> = Vec::new();
    for (field, column) in rows.schema_ref().fields().iter().zip(rows.columns()) {
        let Some(texts) = column.as_string_opt::<i32>().filter(|texts| texts.null_count() < texts.len()) else {
            continue;
        };
        let name = field.name().clone();
        let texts: Vec<&str> = texts.iter().flatten().filter(|text| !text.trim().is_empty()).collect();
        match guess(&texts) {
            Some(Guessed::DecimalComma) => {
                found.options.insert(TextForms::DECIMAL.to_owned(), Value::from(","));
                found.columns.push(name);
            }
            Some(Guessed::Date(form)) => dates.push((name, form)),
            Some(Guessed::Timestamp(form)) => timestamps.push((name, form)),
            Some(Guessed::EitherWay(day, month)) => found.notes.push(format!(
                "is it day or month that comes first in `{name}`? Both fit all of it: `date_formats: {{{name}: \"{day}\"}}` or \
                 `\"{month}\"` under `ingest:` reads it as what it is, and until then it is text"
            )),
            None => {}
        }
    }
    let mut apart = Map::new();
    for (option, columns) in [(TextForms::DATE, dates), (TextForms::TIMESTAMP, timestamps)] {
        let common = columns.first().map(|(_, form)| form.clone());
        for (name, form) in columns {
            if Some(&form) != common.as_ref() {
                apart.insert(name.clone(), Value::from(form));
            }
            found.columns.push(name);
        }
        found.options.extend(common.map(|form| (option.to_owned(), Value::from(form))));
    }
    if !apart.is_empty() {
        found.options.insert(TextForms::COLUMNS.to_owned(), Value::from(apart));
    }
    Ok(found)
}
