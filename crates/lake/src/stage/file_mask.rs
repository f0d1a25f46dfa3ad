//! Which rows of a file stay.

use arrow::array::BooleanArray;

use super::row_set::RowSet;

/// The rows of a file that go; of a file that nothing happened to, none.
#[derive(Debug, Clone, Default)]
pub(super) struct FileMask(RowSet);

impl FileMask {
    /// Of a file whose rows are `rows` rows from `first` on of all that arrived: only those that are among `staying` stay.
    pub(super) fn of_arrivals(staying: &RowSet, first: u64, rows: u64) -> Self {
        let mut mask = Self::default();
        (0..rows).filter(|row| !staying.contains(first + row)).for_each(|row| mask.remove(row));
        mask
    }

    /// Removes a row.
    pub(super) fn remove(&mut self, row: u64) {
        self.0.insert(row);
    }

    /// How many rows go.
    pub(super) fn count(&self) -> u64 {
        self.0.count()
    }

    /// Adds what another mask of the same file removes.
    pub(super) fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    /// For `rows` rows from `first` on whether they stay.
    pub(super) fn keep(&self, first: u64, rows: usize) -> BooleanArray {
        BooleanArray::new(!&self.0.slice(first, rows), None)
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

    #[test]
    fn of_arrivals_all_but_those_that_stay_go() {
        let mut staying = RowSet::default();
        for row in [98, 100, 101, 103, 104] {
            staying.insert(row);
        }
        let mask = FileMask::of_arrivals(&staying, 100, 4);
        assert_eq!(mask.count(), 1);
        assert_eq!(mask.keep(0, 4).iter().flatten().collect::<Vec<_>>(), [true, true, false, true]);
    }
}
