//! What a sample of a column of text tells about how to write it.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;

/// Values that are tried, spread over the column.
const SAMPLE_ROWS: usize = 1024;
/// Neighbours that are tried together: what repeats nearby shrinks.
const STRETCH: usize = 64;
/// Values are tried up to this many bytes.
const LONGEST: usize = 1024;
/// Fewer bytes tell nothing.
const LEAST_BYTES: usize = 4096;

/// What the sample tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TextSample {
    /// Compressed by LZ4, the values lose a tenth at least. Also where too little is there to tell.
    pub(super) shrinks: bool,
    /// The values rise, or fall, nearly throughout. Also where too little is there to tell.
    pub(super) is_sorted: bool,
}

impl TextSample {
    /// Of a column that can be read as bytes; of another nothing is known.
    pub(super) fn of(column: &ArrayRef) -> Self {
        // Each value behind its length, as in a page.
        let mut page = Vec::new();
        let (mut rises, mut falls, mut steps) = (0, 0, 0);
        let stride = (column.len() / SAMPLE_ROWS).max(1) * STRETCH;
        for start in (0..column.len()).step_by(stride) {
            let stretch = column.slice(start, STRETCH.min(column.len() - start));
            let Ok(values) = cast(&stretch, &DataType::LargeBinary) else { return Self::UNKNOWN };
            let values = values.as_binary::<i64>();
            let mut before = None;
            for value in values.iter().flatten() {
                let start = &value[..value.len().min(LONGEST)];
                page.extend_from_slice(&u32::try_from(start.len()).unwrap_or_default().to_le_bytes());
                page.extend_from_slice(start);
                if let Some(before) = before.replace(value) {
                    steps += 1;
                    rises += usize::from(before <= value);
                    falls += usize::from(before >= value);
                }
            }
        }
        if page.len() < LEAST_BYTES {
            return Self::UNKNOWN;
        }
        Self {
            shrinks: lz4_flex::block::compress(&page).len() < page.len() / 10 * 9,
            is_sorted: rises.max(falls) * 10 >= steps * 9,
        }
    }

    const UNKNOWN: Self = Self { shrinks: true, is_sorted: true };

    /// Whether the bounds of a page or a file can tell it from another. Those of codes in no order cannot: each holds nearly the
    /// first and the last of all.
    pub(super) fn has_bounds(self) -> bool {
        self.shrinks || self.is_sorted
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::StringArray;

    use super::*;

    /// 24 letters of 32 each: nearly as long as pseudonyms, which have 26.
    fn codes() -> Vec<String> {
        let mix = |number: u64| (number ^ number >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let letter =
            |bits: u64, place: u64| char::from(b'A' + u8::try_from(bits >> (place * 5) & 31).unwrap_or_default());
        let code = |row: u64| {
            let first = mix(mix(row.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
            let second = mix(mix(first));
            (0..12).map(|place| letter(first, place)).chain((0..12).map(|place| letter(second, place))).collect()
        };
        (1..5_000).map(code).collect()
    }

    fn sample(values: Vec<String>) -> TextSample {
        TextSample::of(&(Arc::new(StringArray::from(values)) as ArrayRef))
    }

    #[test]
    fn codes_have_bounds_only_in_an_order() {
        let mut sorted = codes();
        assert!(!sample(codes()).has_bounds());
        sorted.sort();
        assert!(sample(sorted.clone()).has_bounds());
        sorted.reverse();
        assert!(sample(sorted).has_bounds());
    }

    #[test]
    fn words_and_what_is_too_little_to_tell_have_bounds() {
        assert!(
            sample((0..5_000).map(|row| format!("customer number {}", row * 7_919 % 5_000)).collect()).has_bounds()
        );
        assert_eq!(sample(codes()[..50].to_vec()), TextSample::UNKNOWN);
    }
}
