//! Why rows of a batch are rejected, as it is found out; and every reason in words.
use std::collections::BTreeMap;

use ade_engine::type_name;
use arrow::array::{BooleanArray, StringArray};
use arrow::datatypes::DataType;

use super::super::tally::Tally;

/// Why rows of a batch are rejected, as it is found out.
pub(super) struct Reasons {
    apart: Vec<Option<String>>,
    aside: Vec<Option<String>>,
}

impl Reasons {
    pub(super) fn new(rows: usize) -> Self {
        Self { apart: vec![None; rows], aside: vec![None; rows] }
    }

    /// Rows break a promise. `aside`: they land without the value that does.
    pub(super) fn add(&mut self, rows: &BooleanArray, reason: &str, aside: bool, tally: &mut Tally) {
        let (reasons, told) =
            if aside { (&mut self.aside, &mut tally.aside) } else { (&mut self.apart, &mut tally.broken) };
        add(reasons, rows, reason, told);
    }

    /// A rule tells rows.
    pub(super) fn add_rule(&mut self, rows: &BooleanArray, reason: &str, tally: &mut Tally) {
        add(&mut self.apart, rows, reason, &mut tally.ruled);
    }

    /// The rows that anything is said of.
    pub(super) fn any(&self) -> BooleanArray {
        self.apart.iter().zip(&self.aside).map(|(apart, aside)| Some(apart.is_some() || aside.is_some())).collect()
    }

    /// Why rows are kept apart, and why values of theirs are, without the rows that are `out`.
    pub(super) fn without(self, out: &BooleanArray) -> (StringArray, StringArray) {
        let some = |reasons: Vec<Option<String>>| -> StringArray {
            reasons.into_iter().enumerate().map(|(row, reason)| reason.filter(|_| !out.value(row))).collect()
        };
        (some(self.apart), some(self.aside))
    }
}

fn add(reasons: &mut [Option<String>], rows: &BooleanArray, reason: &str, told: &mut BTreeMap<String, u64>) {
    for row in rows.values().set_indices() {
        *told.entry(reason.to_owned()).or_default() += 1;
        match &mut reasons[row] {
            Some(known) => *known = format!("{known}, {reason}"),
            none => *none = Some(reason.to_owned()),
        }
    }
}

/// Why a row is kept apart whose value in a column is not of the type.
pub(super) fn misfit(column: &str, wanted: &DataType) -> String {
    format!("`{column}` is no {}", type_name(wanted))
}

/// … that has no value in a column.
pub(super) fn lacking(column: &str) -> String {
    format!("no `{column}`")
}

/// … that has a value in a column that nobody has decided about.
pub(super) fn unexpected(column: &str) -> String {
    format!("a value in the new column `{column}`")
}

/// … that a rule tells.
pub(super) fn by_rule(name: &str) -> String {
    format!("rule `{name}`")
}

/// … whose documents in a column are not as before.
pub(super) fn reshaped(column: &str) -> String {
    format!("the document in `{column}` has another shape than before")
}
