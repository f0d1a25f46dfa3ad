//! How often values of a column repeat, without keeping any.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;

/// Values in which repetition is told of at least.
const LEAST: usize = 100;
/// Different values of an enumeration at most.
const MOST: usize = 20;

/// How often values of a column repeat.
#[derive(Debug, Default)]
pub(super) struct ColumnValues {
    /// Values that are not NULL.
    pub(super) filled: usize,
    pub(super) different: usize,
    /// How many have the most frequent value.
    pub(super) most_frequent: usize,
}

impl ColumnValues {
    pub(super) fn of(array: &ArrayRef) -> Self {
        let mut times: HashMap<String, usize> = HashMap::new();
        let mut filled = 0;
        for text in texts(array).into_iter().flatten() {
            filled += 1;
            *times.entry(text).or_default() += 1;
        }
        Self { filled, different: times.len(), most_frequent: times.into_values().max().unwrap_or(0) }
    }

    /// Whether they are few, as of an enumeration.
    pub(super) fn repeat(&self) -> bool {
        self.filled >= LEAST && (2..=MOST).contains(&self.different) && self.different * 10 <= self.filled
    }
}

/// The values as text; none of what has no text.
pub(super) fn texts(array: &ArrayRef) -> Vec<Option<String>> {
    let Ok(texts) = cast(array, &DataType::Utf8) else { return vec![None; array.len()] };
    let Some(texts) = texts.as_string_opt::<i32>() else { return vec![None; array.len()] };
    texts.iter().map(|text| text.map(str::to_owned)).collect()
}
