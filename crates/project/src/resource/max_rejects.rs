//! How many rejects of a load are too many.

use serde::Serialize;

/// A load with more rejects than this fails: then it is no longer some rows that are wrong, but the load, or what is said of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MaxRejects {
    /// So many are always fine.
    pub rows: u64,
    /// So many of a hundred of the load's records are fine, however many these are.
    pub percent: f64,
}

impl Default for MaxRejects {
    fn default() -> Self {
        Self { rows: 1_000, percent: 1.0 }
    }
}

impl MaxRejects {
    /// How many rejects a load of so many records may have.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count is neither exact nor negative"
    )]
    pub fn of(self, records: u64) -> u64 {
        self.rows.max((records as f64 * self.percent / 100.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_loads_have_a_number_and_large_ones_a_share() {
        let declared = MaxRejects::default();
        assert_eq!((declared.of(0), declared.of(50_000), declared.of(1_000_000)), (1_000, 1_000, 10_000));
        let share = MaxRejects { rows: 0, percent: 12.5 };
        assert_eq!((share.of(7), share.of(80)), (0, 10));
        let number = MaxRejects { rows: 0, percent: 0.0 };
        assert_eq!(number.of(1_000_000), 0);
    }
}
