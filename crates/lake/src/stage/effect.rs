//! What happens to the files that are there.

use std::collections::BTreeMap;

use super::file_mask::FileMask;

/// What happens to the files that were there.
#[derive(Default)]
pub(super) struct Effect {
    /// By their place in the base: the rows that go, `None` for all.
    pub(super) touched: BTreeMap<usize, Option<FileMask>>,
}

impl Effect {
    /// All of `files` files go.
    pub(super) fn all(files: usize) -> Self {
        Self { touched: (0..files).map(|index| (index, None)).collect() }
    }

    /// A whole file goes.
    pub(super) fn remove(&mut self, index: usize) {
        self.touched.insert(index, None);
    }

    /// Rows of a file of `rows` rows go.
    pub(super) fn add(&mut self, index: usize, mask: &FileMask, rows: u64) {
        if mask.count() == 0 {
            return;
        }
        let known = self.touched.entry(index).or_insert_with(|| Some(FileMask::default()));
        if let Some(before) = known {
            before.merge(mask);
            if before.count() == rows {
                *known = None;
            }
        }
    }
}
