//! How many rows of a load were told apart, and how many are kept apart in the end.
use std::collections::BTreeMap;

use ade_diagnostic::{agree, count};
use ade_project::resource::OnDelete;

use super::quarantine::KeptApart;

/// That rows which the source has not got any more are gone from the lake, too, or marked.
pub(super) fn are_gone(rows: u64, on_delete: OnDelete) -> String {
    let done = match on_delete {
        OnDelete::Remove => "removed",
        OnDelete::Mark => "marked as deleted",
    };
    format!("{} that the source has not got any more {} {done}", count(rows, "row"), agree(rows, "is", "are"))
}

/// How many rows were told apart, by the reason.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// Rows that are kept apart because they break a promise.
    pub(super) broken: BTreeMap<String, u64>,
    /// Values that are kept apart because they break a promise; their rows land.
    pub(super) aside: BTreeMap<String, u64>,
    /// Records that no row could be made of.
    pub(super) records: BTreeMap<String, u64>,
    /// … that are left out.
    pub(super) skipped: u64,
    /// Rows and records of which something was rejected because it breaks a promise.
    pub(super) rejected: u64,
    /// Rows that are kept apart by a rule.
    pub(super) ruled: BTreeMap<String, u64>,
    /// Rows that a rule leaves out.
    pub(super) dropped: BTreeMap<String, u64>,
    /// Rows that are left out by rules, each once.
    pub(super) left_out: u64,
    /// Rows that the source means as deleted, and that are removed for it.
    pub(super) deleted: u64,
    /// Rows that are kept apart, as they were written.
    pub(super) kept_rows: u64,
    /// Records that are kept apart, as they were written.
    pub(super) kept_records: u64,
    /// Rows of people who were erased, which do not land.
    pub(super) suppressed: u64,
    /// … and records of theirs, by their places.
    pub(super) suppressed_records: Vec<String>,
    /// Values that are NULL against a promise, by column.
    pub(super) nulls: BTreeMap<String, u64>,
    /// How many rows are kept apart, where any are or were.
    pub(super) apart: Option<KeptApart>,
    /// Whether rows came with keys that others of them have, too, from a source that has each row once.
    pub(super) shares_keys: bool,
    /// Rows that the source has not got any more.
    pub(super) gone: u64,
    /// That no row of the table is left that is not marked as deleted.
    pub(super) all_gone: Option<String>,
    /// Why rows that are marked as deleted did not stay.
    pub(super) given_up: Option<String>,
}

impl Tally {
    pub(super) fn merge(&mut self, other: Self) {
        let pairs = [
            (&mut self.broken, other.broken),
            (&mut self.aside, other.aside),
            (&mut self.records, other.records),
            (&mut self.ruled, other.ruled),
            (&mut self.dropped, other.dropped),
            (&mut self.nulls, other.nulls),
        ];
        for (all, more) in pairs {
            for (reason, rows) in more {
                *all.entry(reason).or_default() += rows;
            }
        }
        self.suppressed += other.suppressed;
        self.suppressed_records.extend(other.suppressed_records);
        self.left_out += other.left_out;
        self.deleted += other.deleted;
        self.kept_rows += other.kept_rows;
        self.kept_records += other.kept_records;
        self.shares_keys |= other.shares_keys;
        self.gone += other.gone;
        self.skipped += other.skipped;
        self.rejected += other.rejected;
        self.all_gone = other.all_gone.or(self.all_gone.take());
        self.given_up = other.given_up.or(self.given_up.take());
        self.apart = match (self.apart, other.apart) {
            (Some(first), Some(last)) => Some(KeptApart { before: first.before, ..last }),
            (first, last) => first.or(last),
        };
    }

    /// Whether the source is not as promised.
    pub(super) fn is_warning(&self) -> bool {
        let has_lost = self.all_gone.is_some() || self.given_up.is_some();
        self.rejected > 0
            || self.skipped > 0
            || !self.broken.is_empty()
            || !self.nulls.is_empty()
            || self.shares_keys
            || has_lost
    }

    /// How often each promise is broken.
    pub(super) fn broken_promises(&self) -> Vec<String> {
        let all = self.broken.iter().chain(&self.aside).chain(&self.records);
        all.map(|(reason, times)| format!("{times} × {reason}")).collect()
    }

    /// In words. `apart` is where rows are kept apart; `on_delete`: what becomes of rows that the source has not got any more.
    pub(super) fn notes(&self, apart: &str, on_delete: OnDelete) -> Vec<String> {
        let listed = |rows: &BTreeMap<String, u64>| {
            rows.iter().map(|(reason, rows)| format!("{rows} × {reason}")).collect::<Vec<_>>().join(", ")
        };
        let kept: BTreeMap<String, u64> = self
            .broken
            .iter()
            .chain(&self.ruled)
            .chain(&self.records)
            .map(|(why, rows)| (why.clone(), *rows))
            .collect();
        let mut notes = Vec::new();
        if self.gone > 0 {
            notes.push(are_gone(self.gone, on_delete));
        }
        notes.extend(self.all_gone.iter().chain(&self.given_up).cloned());
        if !kept.is_empty() {
            let what = match (self.broken.is_empty() && self.ruled.is_empty(), self.records.is_empty()) {
                (false, true) => "rows",
                (true, _) => "records",
                (false, false) => "rows and records",
            };
            notes.push(format!("{what} kept apart in {apart}: {}{}", listed(&kept), self.standing()));
        } else if let Some(KeptApart { before, now }) = self.apart.filter(|apart| apart.now < apart.before) {
            let (left, stay) = (before - now, count(now, "row"));
            notes.push(format!(
                "{} left {apart}: {} as promised now, or gone from the source; {stay} {} there",
                count(left, "row"),
                agree(left, "it is", "they are"),
                agree(now, "is", "are")
            ));
        }
        if !self.aside.is_empty() {
            notes.push(format!("values kept apart in {apart}, their rows land without them: {}", listed(&self.aside)));
        }
        if self.skipped > 0 {
            notes.push(format!(
                "{} left out: no row can be made of {}",
                count(self.skipped, "record"),
                agree(self.skipped, "it", "them")
            ));
        }
        if !self.dropped.is_empty() {
            notes.push(format!("rows left out: {}", listed(&self.dropped)));
        }
        if self.suppressed > 0 {
            notes.push(format!(
                "{} of people who were erased left out (`ade privacy erase`)",
                count(self.suppressed, "row")
            ));
        }
        for (column, rows) in &self.nulls {
            notes.push(format!(
                "{} {} no `{column}`, which was promised (`nullable: false`), and {} all the same",
                count(*rows, "row"),
                agree(*rows, "has", "have"),
                agree(*rows, "lands", "land"),
            ));
        }
        notes
    }

    /// How many rows are kept apart in the end: those that came may have been there before.
    fn standing(&self) -> String {
        match self.apart.filter(|apart| apart.before > 0) {
            Some(KeptApart { before, now }) if before == now => format!("; {} there, as before", count(now, "row")),
            Some(KeptApart { before, now }) => format!("; {} there, {before} before", count(now, "row")),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_again_is_told_from_what_is_there() {
        let kept = |before: u64, now: u64| Tally {
            ruled: BTreeMap::from([("rule `tests`".to_owned(), 2)]),
            apart: Some(KeptApart { before, now }),
            ..Tally::default()
        };
        let told = |tally: &Tally| tally.notes("q.t", OnDelete::Remove).join("\n");
        assert_eq!(told(&kept(0, 2)), "rows kept apart in q.t: 2 × rule `tests`");
        assert_eq!(told(&kept(2, 2)), "rows kept apart in q.t: 2 × rule `tests`; 2 rows there, as before");
        assert_eq!(told(&kept(1, 3)), "rows kept apart in q.t: 2 × rule `tests`; 3 rows there, 1 before");
        let mut all = Tally { apart: Some(KeptApart { before: 3, now: 2 }), ..Tally::default() };
        all.merge(Tally { apart: Some(KeptApart { before: 2, now: 1 }), ..Tally::default() });
        assert_eq!(
            told(&Tally { gone: 1, ..Tally::default() }),
            "1 row that the source has not got any more is removed"
        );
        assert_eq!(told(&all), "2 rows left q.t: they are as promised now, or gone from the source; 1 row is there");
    }
}
