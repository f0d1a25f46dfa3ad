//! A set of numbered rows.

use arrow::buffer::BooleanBuffer;

/// One bit per row, up to the last that is in it.
#[derive(Debug, Clone, Default)]
pub(super) struct RowSet {
    words: Vec<u64>,
    count: u64,
}

impl RowSet {
    /// Adds a row.
    pub(super) fn insert(&mut self, row: u64) {
        let word = usize::try_from(row / 64).unwrap_or(usize::MAX);
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let bit = 1 << (row % 64);
        if self.words[word] & bit == 0 {
            self.words[word] |= bit;
            self.count += 1;
        }
    }

    /// How many are in it.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Adds those of another set.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
        self.count = self.words.iter().map(|word| u64::from(word.count_ones())).sum();
    }

    /// Whether a row is in it.
    pub(super) fn contains(&self, row: u64) -> bool {
        let word = usize::try_from(row / 64).unwrap_or(usize::MAX);
        self.words.get(word).is_some_and(|word| word & (1 << (row % 64)) != 0)
    }

    /// For `rows` rows from `first` on whether they are in it.
    pub(super) fn slice(&self, first: u64, rows: usize) -> BooleanBuffer {
        BooleanBuffer::collect_bool(rows, |offset| self.contains(first + offset as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_it_once() {
        let mut set = RowSet::default();
        for row in [3, 64, 3, 1_000] {
            set.insert(row);
        }
        assert_eq!(set.count(), 3);
        assert_eq!(set.slice(2, 3).iter().collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(set.slice(5_000, 2).count_set_bits(), 0);
        let mut more = RowSet::default();
        for row in [3, 4, 70_000] {
            more.insert(row);
        }
        set.merge(&more);
        assert_eq!(set.count(), 5);
        assert!(set.contains(70_000) && set.contains(1_000) && !set.contains(5));
    }
}
