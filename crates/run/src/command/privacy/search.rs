//! The search for a person in rows.
use ade_lake::TableName;
use ade_privacy::{Keys, decrypt_text, key_id_of, unseal};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use zeroize::Zeroizing;

use super::needles::{Needle, Needles};
use crate::source::SEALED;

/// What encrypted texts begin with.
const ENCRYPTED: &str = "ade1:";

impl Needles {
    /// Which rows of a table are the person's by each column; columns without any are left out.
    pub(super) fn in_rows(&self, table: &TableName, batch: &RecordBatch) -> Vec<(usize, BooleanArray)> {
        let Some(keys) = &self.keys else { return Vec::new() };
        let search = Search { needles: self.of(table), keys };
        let mut found = Vec::new();
        for (place, (field, column)) in batch.schema_ref().fields().iter().zip(batch.columns()).enumerate() {
            let mut rows = vec![false; batch.num_rows()];
            search.mark(field.name(), column, &mut rows);
            if rows.contains(&true) {
                found.push((place, BooleanArray::from(rows)));
            }
        }
        found
    }

    /// Whether any row is.
    pub(super) fn is_in(&self, table: &TableName, batch: &RecordBatch) -> bool {
        !self.in_rows(table, batch).is_empty()
    }

    /// Whether a code stands in bytes, as of a file of a table.
    pub(super) fn is_in_bytes(&self, table: &TableName, bytes: &[u8]) -> bool {
        self.of(table).iter().any(|needle| needle.is_code_in_bytes(bytes))
    }

    /// Whether a code, or the value itself, stands in bytes that belong to no table. Short values are in any bytes by chance.
    pub(super) fn is_anywhere_in(&self, bytes: &[u8]) -> bool {
        const LEAST: usize = 8;
        self.all.iter().any(|needle| {
            let mut raw = needle.raw.iter().filter(|value| value.len() >= LEAST);
            needle.is_code_in_bytes(bytes)
                || raw.any(|value| has_word(&String::from_utf8_lossy(bytes).to_lowercase(), value))
        })
    }

    /// Whether the value itself stands in a text that was opened, as a word of its own.
    pub(super) fn is_in_text(&self, text: &str) -> bool {
        let text = Zeroizing::new(text.to_lowercase());
        self.all.iter().any(|needle| needle.is_raw_in(&text))
    }
}

impl Needle {
    fn is_code_in_bytes(&self, bytes: &[u8]) -> bool {
        self.codes.iter().any(|code| memchr::memmem::find(bytes, code.as_bytes()).is_some())
    }

    /// Whether the value stands in a text in lower case.
    fn is_raw_in(&self, text: &str) -> bool {
        self.raw.iter().any(|value| has_word(text, value))
    }
}

/// The needles that may be in one table.
struct Search<'a> {
    needles: Vec<&'a Needle>,
    keys: &'a Keys,
}

impl Search<'_> {
    fn mark(&self, name: &str, array: &ArrayRef, rows: &mut [bool]) {
        match array.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                if let Ok(texts) = cast(array, &DataType::LargeUtf8) {
                    for (row, text) in texts.as_string::<i64>().iter().enumerate() {
                        rows[row] |= text.is_some_and(|text| self.is_in(name, text));
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
                self.mark_within(name, list.values(), list.offsets(), rows);
            }
            DataType::Map(..) => {
                let map = array.as_map();
                let entries: ArrayRef = std::sync::Arc::new(map.entries().clone());
                self.mark_within(name, &entries, map.offsets(), rows);
            }
            data_type if (data_type.is_numeric() || data_type.is_temporal()) && self.keeps(name) => {
                if let Ok(texts) = cast(array, &DataType::LargeUtf8) {
                    for (row, text) in texts.as_string::<i64>().iter().enumerate() {
                        rows[row] |= text.is_some_and(|text| self.is_kept(name, text));
                    }
                }
            }
            _ => {}
        }
    }

    /// Marks rows of which one of several values is the person's: those between `offsets`.
    fn mark_within(&self, name: &str, values: &ArrayRef, offsets: &[i32], rows: &mut [bool]) {
        let mut within = vec![false; values.len()];
        self.mark(name, values, &mut within);
        let place = |end: &i32| usize::try_from(*end).unwrap_or(0);
        for (row, ends) in offsets.windows(2).enumerate() {
            rows[row] |= within[place(&ends[0])..place(&ends[1])].contains(&true);
        }
    }

    fn is_in(&self, name: &str, text: &str) -> bool {
        let is_code =
            |needle: &&Needle| text.len() >= 26 && needle.codes.iter().any(|code| text.contains(code.as_str()));
        self.needles.iter().any(is_code)
            || self.is_kept(name, text)
            || (text.starts_with(ENCRYPTED) && self.is_encrypted(text))
            || (name == SEALED && self.is_sealed_in(text))
    }

    /// Whether an encrypted text is the person's value, however that is written: earlier versions may have it otherwise.
    fn is_encrypted(&self, text: &str) -> bool {
        let Some(key) = key_id_of(text).and_then(|id| self.keys.get(id)) else { return false };
        self.needles.iter().any(|needle| {
            let mut plain = needle.encrypted.values().filter_map(|domain| decrypt_text(text, domain, key).ok());
            plain.any(|plain| needle.is(&plain))
        })
    }

    /// Whether what is sealed in a text (a record, or a JSON object of values) holds the person's value as a word of its own.
    fn is_sealed_in(&self, text: &str) -> bool {
        sealed_words(text).any(|word| {
            let key = key_id_of(word).and_then(|id| self.keys.get(id));
            let plain = key.and_then(|key| unseal(word, key).ok());
            plain.is_some_and(|plain| {
                let plain = Zeroizing::new(String::from_utf8_lossy(&plain).to_lowercase());
                self.needles.iter().any(|needle| needle.is_raw_in(&plain))
            })
        })
    }

    fn keeps(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.needles.iter().any(|needle| needle.kept.contains(&name))
    }

    fn is_kept(&self, name: &str, text: &str) -> bool {
        let name = name.to_lowercase();
        self.needles.iter().any(|needle| needle.kept.contains(&name) && needle.is(text))
    }
}

/// The parts of a text that may be sealed.
pub(super) fn sealed_words(text: &str) -> impl Iterator<Item = &str> {
    let is_of_it = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, ':' | '-' | '_');
    text.split(move |letter| !is_of_it(letter)).filter(|word| word.starts_with(ENCRYPTED))
}

/// Whether a value stands in a text, and not as a part of a longer word or number.
fn has_word(text: &str, value: &str) -> bool {
    let is_part = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    text.match_indices(value)
        .any(|(at, _)| !is_part(text[..at].chars().next_back()) && !is_part(text[at + value.len()..].chars().next()))
}
