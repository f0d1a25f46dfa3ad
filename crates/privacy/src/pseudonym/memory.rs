//! Values that were met a short while ago, and their codes: looking one up costs a fraction of computing it again.
//!
//! It stays between batches, so that a column of some thousand values is computed about once. A column that hardly repeats
//! itself is not looked up: each batch begins with a trial.

use std::{fmt, hash::BuildHasher};

use foldhash::fast::FixedState;
use zeroize::Zeroize;

use super::{Code, LENGTH};

/// Entries; a power of two. Of 64 bytes each, those of ten thousand values stay in a processor's second cache and hardly get
/// in each other's way.
const ENTRIES: usize = 1 << 15;
/// Entries in which a value can be.
const WAYS: usize = 2;
/// Longest value that is remembered, in bytes.
const LONGEST: usize = 63 - LENGTH;
/// Values after which a batch that hardly repeats itself is no longer looked up.
const TRIAL: usize = 1024;

/// Holds raw values: wiped when it is dropped.
#[derive(Default)]
pub(super) struct Memory {
    /// None before the first batch that is worth it.
    entries: Vec<Entry>,
    hasher: FixedState,
    asked: usize,
    found: usize,
}

#[derive(Clone)]
#[repr(align(64))]
struct Entry {
    /// Zero where nothing is.
    length: u8,
    value: [u8; LONGEST],
    code: Code,
}

impl Entry {
    const NONE: Self = Self { length: 0, value: [0; LONGEST], code: [0; LENGTH] };

    fn is(&self, value: &[u8]) -> bool {
        usize::from(self.length) == value.len() && self.value[..value.len()] == *value
    }
}

/// Where a value is, or could be.
#[derive(Clone, Copy)]
pub(super) struct Place(usize);

impl Memory {
    /// Begins a batch.
    pub(super) fn begin(&mut self, rows: usize) {
        (self.asked, self.found) = (0, 0);
        if self.entries.is_empty() && rows >= TRIAL / 4 {
            self.entries = vec![Entry::NONE; ENTRIES];
        }
    }

    /// Where the value could be; `None` if it is not to be looked up, nor to be remembered.
    pub(super) fn place(&mut self, value: &[u8]) -> Option<Place> {
        let is_over = self.asked >= TRIAL && self.found < self.asked / 8;
        if value.is_empty() || value.len() > LONGEST || self.entries.is_empty() || is_over {
            return None;
        }
        self.asked += 1;
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits choose the place")]
        let hash = self.hasher.hash_one(value) as usize;
        Some(Place(hash % (ENTRIES / WAYS) * WAYS))
    }

    /// The value's code, if it is remembered.
    pub(super) fn find(&mut self, place: Place, value: &[u8]) -> Option<&Code> {
        let entry = self.entries[place.0..place.0 + WAYS].iter().find(|entry| entry.is(value))?;
        self.found += 1;
        Some(&entry.code)
    }

    /// Remembers a value that was not found, in place of the oldest there.
    pub(super) fn keep(&mut self, place: Place, value: &[u8], code: Code) {
        let ways = &mut self.entries[place.0..place.0 + WAYS];
        ways.rotate_right(1);
        let entry = &mut ways[0];
        // Never more than fits: nothing longer has a place.
        entry.length = u8::try_from(value.len()).unwrap_or(0);
        entry.value[..value.len()].copy_from_slice(value);
        entry.code = code;
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        for entry in &mut self.entries {
            entry.value.zeroize();
        }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: Code = [7; LENGTH];

    /// What became of a value.
    #[derive(Debug, PartialEq)]
    enum Met {
        PassedOver,
        New,
        Known(Code),
    }

    fn meet(memory: &mut Memory, value: &str) -> Met {
        let Some(place) = memory.place(value.as_bytes()) else { return Met::PassedOver };
        if let Some(code) = memory.find(place, value.as_bytes()) {
            return Met::Known(*code);
        }
        memory.keep(place, value.as_bytes(), CODE);
        Met::New
    }

    #[test]
    fn a_value_is_found_again_also_in_a_later_batch() {
        let mut memory = Memory::default();
        memory.begin(1_000);
        assert_eq!(meet(&mut memory, "a value"), Met::New);
        assert_eq!(meet(&mut memory, "a value"), Met::Known(CODE));
        assert_eq!(meet(&mut memory, "a valu"), Met::New);
        memory.begin(1_000);
        assert_eq!(meet(&mut memory, "a value"), Met::Known(CODE));
        assert_eq!(meet(&mut memory, ""), Met::PassedOver);
        assert_eq!(meet(&mut memory, &"x".repeat(LONGEST)), Met::New);
        assert_eq!(meet(&mut memory, &"x".repeat(LONGEST)), Met::Known(CODE));
        assert_eq!(meet(&mut memory, &"x".repeat(LONGEST + 1)), Met::PassedOver);
    }

    #[test]
    fn a_batch_that_does_not_repeat_itself_is_no_longer_looked_up() {
        let mut memory = Memory::default();
        memory.begin(10_000);
        let mut met = |number: usize| meet(&mut memory, &format!("value {number}"));
        assert_eq!((0..10_000).filter(|number| met(*number) != Met::PassedOver).count(), TRIAL);
        memory.begin(10_000);
        let mut met = |number: usize| meet(&mut memory, &format!("value {number}"));
        assert_eq!((0..10_000).filter(|number| met(number % 100) == Met::PassedOver).count(), 0);
    }
}
