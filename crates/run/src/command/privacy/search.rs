//! The search for a person: in rows, in files of versions that are past, in the log.
use ade_lake::{At, Lake, LakeError, Snapshot, TableName};
use ade_privacy::{key_id_of, unseal};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

use super::needles::Needles;
use crate::error::RunError;
use crate::source::SEALED;

impl Needles {
    /// Which rows are the person's by each column; columns without any are left out.
    pub(super) fn in_rows(&self, batch: &RecordBatch) -> Vec<(usize, BooleanArray)> {
        let mut found = Vec::new();
        for (place, (field, column)) in batch.schema_ref().fields().iter().zip(batch.columns()).enumerate() {
            let mut rows = vec![false; batch.num_rows()];
            self.mark(field.name(), column, &mut rows);
            if rows.contains(&true) {
                found.push((place, BooleanArray::from(rows)));
            }
        }
        found
    }

    /// Whether any row is.
    pub(super) fn is_in(&self, batch: &RecordBatch) -> bool {
        !self.in_rows(batch).is_empty()
    }

    /// Whether a code stands in the text of a file. Where values that are kept stand in statistics, they are not told from those of
    /// others: rows tell.
    pub(super) fn is_in_bytes(&self, bytes: &[u8]) -> bool {
        let finders = self.codes.iter().map(|code| memchr::memmem::Finder::new(code.as_bytes()));
        finders.into_iter().any(|finder| finder.find(bytes).is_some())
    }

    fn mark(&self, name: &str, array: &ArrayRef, rows: &mut [bool]) {
        match array.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                if let Ok(texts) = cast(array, &DataType::LargeUtf8) {
                    for (row, text) in texts.as_string::<i64>().iter().enumerate() {
                        rows[row] |= text.is_some_and(|text| {
                            self.is_code_in(text)
                                || self.is_kept(name, text)
                                || (name == SEALED && self.is_sealed_in(text))
                        });
                    }
                }
            }
            DataType::Dictionary(_, values) => {
                if let Ok(plain) = cast(array, values) {
                    self.mark(name, &plain, rows);
                }
            }
            DataType::Struct(fields) => {
                let parent = array.as_struct();
                for (field, child) in fields.iter().zip(parent.columns()) {
                    self.mark(field.name(), child, rows);
                }
            }
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                let mut within = vec![false; list.values().len()];
                self.mark(name, list.values(), &mut within);
                let mut offsets = list.offsets().iter().map(|end| usize::try_from(*end).unwrap_or(0));
                let mut start = offsets.next().unwrap_or(0);
                for (row, end) in offsets.enumerate() {
                    rows[row] |= within[start..end].contains(&true);
                    start = end;
                }
            }
            DataType::Map(..) => {
                let map = array.as_map();
                let entries: ArrayRef = std::sync::Arc::new(map.entries().clone());
                let mut within = vec![false; entries.len()];
                self.mark(name, &entries, &mut within);
                let mut offsets = map.offsets().iter().map(|end| usize::try_from(*end).unwrap_or(0));
                let mut start = offsets.next().unwrap_or(0);
                for (row, end) in offsets.enumerate() {
                    rows[row] |= within[start..end].contains(&true);
                    start = end;
                }
            }
            data_type
                if (data_type.is_numeric() || data_type.is_temporal())
                    && self.kept.contains_key(&name.to_lowercase()) =>
            {
                if let Ok(texts) = cast(array, &DataType::LargeUtf8) {
                    for (row, text) in texts.as_string::<i64>().iter().enumerate() {
                        rows[row] |= text.is_some_and(|text| self.is_kept(name, text));
                    }
                }
            }
            _ => {}
        }
    }

    fn is_code_in(&self, text: &str) -> bool {
        text.len() >= 26 && self.codes.iter().any(|code| text.contains(code.as_str()))
    }

    /// Whether what is sealed in a text (a record, or a JSON object of values) holds the person's value as a word of its own.
    fn is_sealed_in(&self, text: &str) -> bool {
        let Some(keys) = &self.keys else { return false };
        let is_of_it = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, ':' | '-' | '_');
        text.split(|letter| !is_of_it(letter)).any(|word| {
            let key = key_id_of(word).and_then(|id| keys.get(id));
            let plain = key.and_then(|key| unseal(word, key).ok());
            plain.is_some_and(|plain| {
                let plain = Zeroizing::new(String::from_utf8_lossy(&plain).to_lowercase());
                self.raw.iter().any(|value| has_word(&plain, value))
            })
        })
    }

    fn is_kept(&self, name: &str, text: &str) -> bool {
        let Some(wanted) = self.kept.get(&name.to_lowercase()) else { return false };
        wanted.iter().any(|(domain, value)| domain.canonical(text) == *value)
    }
}

/// Whether a value stands in a text, and not as a part of a longer word or number.
fn has_word(text: &str, value: &str) -> bool {
    let is_part = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    text.match_indices(value)
        .any(|(at, _)| !is_part(text[..at].chars().next_back()) && !is_part(text[at + value.len()..].chars().next()))
}

/// Whether the past of a table holds the person: files of earlier versions, what was staged and given up, and the log.
pub(super) async fn past_holds(lake: &Lake, table: &TableName, needles: &Needles) -> Result<bool, RunError> {
    let current: BTreeSet<String> = match lake.snapshot(table, At::Latest).await {
        Ok(snapshot) => files(&snapshot),
        Err(LakeError::NoTable { .. }) => BTreeSet::new(),
        Err(error) => return Err(error.into()),
    };
    for path in lake.objects(table).await? {
        if current.contains(&path) {
            continue;
        }
        // Values of partitions stand in paths.
        if needles.is_in_bytes(path.as_bytes()) {
            return Ok(true);
        }
        let Some(bytes) = lake.object(table, &path).await? else { continue };
        if needles.is_in_bytes(&bytes) {
            return Ok(true);
        }
        if !path.ends_with(".parquet") {
            continue;
        }
        match Lake::rows_of(bytes) {
            Some(mut batches) => {
                if batches.any(|batch| batch.is_none_or(|batch| needles.is_in(&batch))) {
                    return Ok(true);
                }
            }
            // What cannot be read cannot be known to be free of the person.
            None => return Ok(true),
        }
    }
    Ok(false)
}

fn files(snapshot: &Snapshot) -> BTreeSet<String> {
    snapshot.files().iter().map(|file| file.path.clone()).collect()
}
