//! Which rows of a file stay.

use arrow::array::BooleanArray;
use arrow::buffer::BooleanBuffer;

/// One bit per row of a file; a file that nothing happened to has none.
#[derive(Debug, Clone, Default)]
pub(super) struct FileMask {
    removed: Vec<u64>,
    count: u64,
}

impl FileMask {
    /// Removes a row.
    pub(super) fn remove(&mut self, row: u64) {
        let word = usize::try_from(row / 64).unwrap_or(usize::MAX);
        if self.removed.len() <= word {
            self.removed.resize(word + 1, 0);
        }
        let bit = 1 << (row % 64);
        if self.removed[word] & bit == 0 {
            self.removed[word] |= bit;
            self.count += 1;
        }
    }

    /// How many rows go.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Adds what another mask of the same file removes.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.removed.len() < other.removed.len() {
            self.removed.resize(other.removed.len(), 0);
        }
        for (word, more) in self.removed.iter_mut().zip(&other.removed) {
            *word |= more;
        }
        self.count = self.removed.iter().map(|word| u64::from(word.count_ones())).sum();
    }

    /// For `rows` rows from `first` on whether they stay.
    pub(super) fn keep(&self, first: u64, rows: usize) -> BooleanArray {
        let stays = |offset: usize| {
            let row = first + offset as u64;
            let word = usize::try_from(row / 64).unwrap_or(usize::MAX);
            self.removed.get(word).is_none_or(|word| word & (1 << (row % 64)) == 0)
        };
        BooleanArray::new(BooleanBuffer::collect_bool(rows, stays), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_once() {
        let mut mask = FileMask::default();
        for row in [3, 64, 3, 200] {
            mask.remove(row);
        }
        assert_eq!(mask.count(), 3);
        let mut other = FileMask::default();
        for row in [3, 1000] {
            other.remove(row);
        }
        mask.merge(&other);
        assert_eq!(mask.count(), 4);
        assert_eq!(mask.keep(0, 66).iter().filter(|keep| *keep == Some(false)).count(), 2);
        assert_eq!(mask.keep(60, 10).true_count(), 9);
        assert_eq!(mask.keep(5000, 10).true_count(), 10);
    }
}
