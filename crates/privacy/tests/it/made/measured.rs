//! How well columns are told by their values alone.

use std::{collections::BTreeMap, sync::Arc};

use ade_privacy::{Kind, recognise};
use arrow::array::{ArrayRef, StringArray};

use super::{Dice, OTHERS, column};

/// Columns of each kind, and of each kind of others.
const COLUMNS: usize = 40;
/// Rows of each.
pub(crate) const ROWS: usize = 100;

/// How often a kind was told.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Count {
    /// Columns of the kind that are told as it.
    right: usize,
    /// Columns of something else that are told as it.
    wrong: usize,
    /// Columns of the kind.
    pub(crate) all: usize,
}

#[expect(clippy::cast_precision_loss, reason = "counts of a few thousand columns")]
impl Count {
    pub(crate) fn precision(self) -> f64 {
        if self.right + self.wrong == 0 { 1.0 } else { self.right as f64 / (self.right + self.wrong) as f64 }
    }

    pub(crate) fn recall(self) -> f64 {
        self.right as f64 / self.all.max(1) as f64
    }
}

/// What was told, and what was told wrongly, in words.
pub(crate) struct Measured {
    pub(crate) counts: BTreeMap<Kind, Count>,
    pub(crate) mistakes: Vec<String>,
}

/// Makes columns and asks what they are.
pub(crate) fn measured() -> Measured {
    let mut counts: BTreeMap<Kind, Count> = BTreeMap::new();
    let mut mistakes = Vec::new();
    let mut dice = Dice::new(7);
    for kind in Kind::ALL {
        // Each way to write it in turn: there are fewer than columns.
        for way in 0..COLUMNS as u64 {
            let values = column(kind, ROWS, way, &mut dice);
            let sample: ArrayRef = Arc::new(StringArray::from(values.clone()));
            let found = recognise(&sample).map(|(kind, _)| kind);
            counts.entry(kind).or_default().all += 1;
            match found {
                Some(found) if found == kind => counts.entry(kind).or_default().right += 1,
                Some(other) => counts.entry(other).or_default().wrong += 1,
                None => {}
            }
            if found != Some(kind) {
                let some: Vec<_> = values.iter().flatten().take(3).collect();
                mistakes.push(format!("{kind} taken for {found:?}: {some:?}"));
            }
        }
    }
    for (what, make) in OTHERS {
        for _ in 0..COLUMNS {
            let start = dice.below(100_000);
            let values: StringArray = (0..ROWS as u64).map(|row| Some(make(start + row, &mut dice))).collect();
            let sample: ArrayRef = Arc::new(values);
            if let Some((found, _)) = recognise(&sample) {
                counts.entry(found).or_default().wrong += 1;
                mistakes.push(format!("{what} taken for {found}"));
            }
        }
    }
    Measured { counts, mistakes }
}
