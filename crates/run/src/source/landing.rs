//! How a table has landed so far: what was done to each column, remembered in its commits.
use std::collections::BTreeMap;

use ade_engine::type_name;
use ade_privacy::{Obfuscator, Policy};
use arrow::array::{ArrayData, RecordBatch};
use serde::{Deserialize, Serialize};

/// What a commit remembers of a landing. It is kept as the commit's fingerprint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Landing {
    /// What was done to each column of the source, and to what type: `varchar: pseudonym in domain email`.
    pub(crate) columns: BTreeMap<String, String>,
    /// Id of the key that pseudonyms were made with.
    pub(crate) key: String,
    /// Hash of all rows as they landed, for tables that are read whole each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<String>,
}

impl Landing {
    pub(crate) fn new(obfuscator: &Obfuscator, policy: &Policy, key: String) -> Self {
        let mut columns = BTreeMap::new();
        for column in obfuscator.columns() {
            let treatment = policy.column(&column.column).map(|decided| decided.treatment.to_string());
            let treatment = treatment.unwrap_or_else(|| "by field".to_owned());
            columns.insert(column.column, format!("{}: {treatment}", type_name(&column.input)));
        }
        Self { columns, key, content: None }
    }

    /// Reads what a commit remembers; `None` for tables that were not landed by a source.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Why rows that land now would not mean the same as those that landed before; empty when they do. A new column is
    /// no such reason: older rows have NULL there.
    pub(crate) fn differences(&self, before: &Self) -> Vec<String> {
        let mut found: Vec<String> = self
            .columns
            .iter()
            .filter_map(|(column, now)| {
                let then = before.columns.get(column)?;
                (then != now).then(|| format!("column `{column}` landed as `{then}` and would now land as `{now}`"))
            })
            .collect();
        let uses_key = self.columns.values().any(|what| what.contains("pseudonym") || what.contains("encrypt"));
        if uses_key && !before.key.is_empty() && !self.key.is_empty() && self.key != before.key {
            found.push(format!("the key was {} and is now {}", before.key, self.key));
        }
        found
    }
}

/// A hash over rows in their order, for noticing that a whole table is as it was.
///
/// It covers the memory that holds the values. Equal hashes mean equal rows; the same rows may hash differently when they
/// come in other batches, which costs a version of the table and nothing else.
#[derive(Debug, Default)]
pub(crate) struct ContentHash(blake3::Hasher);

impl ContentHash {
    pub(crate) fn add(&mut self, batch: &RecordBatch) {
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            self.0.update(field.name().as_bytes());
            self.0.update(field.data_type().to_string().as_bytes());
            self.add_data(&column.to_data());
        }
    }

    fn add_data(&mut self, data: &ArrayData) {
        self.0.update(&data.len().to_le_bytes());
        self.0.update(&data.offset().to_le_bytes());
        for buffer in data.buffers() {
            self.0.update(&buffer.len().to_le_bytes());
            self.0.update(buffer.as_slice());
        }
        if let Some(nulls) = data.nulls() {
            self.0.update(&nulls.offset().to_le_bytes());
            self.0.update(nulls.validity());
        }
        for child in data.child_data() {
            self.add_data(child);
        }
    }

    pub(crate) fn finish(&self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}
