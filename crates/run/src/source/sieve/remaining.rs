//! What was rejected of rows before, and goes on: changed rows may leave out the very values that it was for.
use ade_connect::ChangeColumns;
use ade_project::resource::DriftKind;
use arrow::array::{Array, StringArray};
use arrow::datatypes::Schema;

use super::super::rejection::{Earlier, GoesOn};
use super::super::tally::Tally;
use super::Sieve;

/// What is rejected of changed rows, that of before included.
pub(in crate::source) struct Remaining {
    /// Why each is kept apart.
    pub(in crate::source) apart: StringArray,
    /// Why values of each are.
    pub(in crate::source) aside: StringArray,
    /// What goes on of each from before.
    pub(in crate::source) goes_on: Vec<GoesOn>,
}

impl Sieve {
    /// Goes on with what was rejected `earlier` for values that rows leave out: `said` is said of them, `apart` and `aside` is what
    /// the values say that they do not leave out. `read`: the columns that are read.
    pub(in crate::source) fn remaining(
        &self,
        (apart, aside): (&StringArray, &StringArray),
        earlier: &[Option<Earlier>],
        read: &Schema,
        said: &ChangeColumns,
        tally: &mut Tally,
    ) -> Remaining {
        let of_values = self.of_values(read);
        let rows = apart.len();
        let own = |reasons: &StringArray, row: usize| -> Vec<String> {
            reasons.is_valid(row).then(|| reasons.value(row).to_owned()).into_iter().collect()
        };
        let (mut all_apart, mut all_aside) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let mut all = Vec::with_capacity(rows);
        for row in 0..rows {
            let (mut apart, mut aside) = (own(apart, row), own(aside, row));
            let mut goes_on = GoesOn::default();
            if let Some(before) = earlier.get(row).and_then(Option::as_ref) {
                let left_out = said.left_out(row);
                let mut is_known = false;
                let same = of_values
                    .iter()
                    .filter(|(place, why, _)| left_out.contains(place) && before.reason.contains(why.as_str()));
                for (place, why, kind) in same {
                    is_known = true;
                    if self.is_aside(*place, *kind) {
                        aside.push(why.clone());
                    } else {
                        *tally.broken.entry(why.clone()).or_default() += 1;
                        apart.push(why.clone());
                    }
                }
                let columns = left_out.iter().filter(|place| **place < read.fields().len());
                let columns: Vec<&str> = columns.map(|place| read.field(*place).name().as_str()).collect();
                goes_on.sealed = before.sealed_of(&columns);
                // Nothing is promised any more that it broke: the row lands, and what it lacks is kept.
                if !is_known && !goes_on.sealed.is_empty() {
                    aside.push(before.reason.clone());
                    goes_on.rule = Some(before.rule.clone());
                }
            }
            let joined = |reasons: Vec<String>| (!reasons.is_empty()).then(|| reasons.join(", "));
            all_apart.push(joined(apart));
            all_aside.push(joined(aside));
            all.push(goes_on);
        }
        Remaining { apart: all_apart.into(), aside: all_aside.into(), goes_on: all }
    }

    /// Whether rows land without a value that breaks such a promise.
    fn is_aside(&self, place: usize, kind: DriftKind) -> bool {
        match kind {
            DriftKind::Json => self.shaped.iter().any(|one| one.place == place && one.is_aside),
            _ => self.aside.contains(&place),
        }
    }
}
