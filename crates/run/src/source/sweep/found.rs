//! What a comparison of keys found, and what a person should know of it.
use std::collections::HashSet;

use ade_diagnostic::{agree, count};

use super::super::key_digests::KeyDigest;
use super::keys::Keys;
use crate::build::Outcome;

/// What a comparison found.
pub(super) struct Found {
    pub(super) gone: HashSet<KeyDigest>,
    /// Keys of the table, without those that are marked as deleted.
    pub(super) there: usize,
    /// Of rows that are kept apart.
    pub(super) gone_apart: HashSet<KeyDigest>,
    /// Keys of rows that should land, and that the table has not got, nor what is kept apart; `None`: nobody knows.
    pub(super) absent: Option<usize>,
    /// … that the table has marked as deleted.
    pub(super) back: Option<usize>,
    /// Rows of the source with a key that others have, too.
    pub(super) repeated: u64,
    pub(super) keys: Keys,
    /// The key's columns, as the table spells them.
    pub(super) columns: Vec<String>,
}

impl Found {
    /// Says what a person should know of the source beside what is gone.
    pub(super) fn tell(&self, key: &[String], outcome: &mut Outcome) {
        if let Some(back) = self.back.filter(|back| *back > 0) {
            outcome.note(&missed(back, "", "marked as deleted and in the source all the same", "came back"));
        }
        if let Some(absent) = self.absent.filter(|absent| *absent > 0) {
            outcome.note(&missed(absent, " of the source", "not in the table", "changed"));
        }
        if self.repeated > 0 {
            outcome.note(&format!(
                "{} of the source {} a key ({}) that another row has, too: one row of each key is in the table; name columns \
                 in `key` that tell all rows apart",
                count(self.repeated, "row"),
                agree(self.repeated, "has", "have"),
                key.join(", "),
            ));
            outcome.warn();
        }
    }
}

/// That the cursor of rows does not say what happened to them.
fn missed(rows: usize, of: &str, are: &str, happened: &str) -> String {
    let (its, it, them) = (agree(rows, "its", "their"), agree(rows, "it", "they"), agree(rows, "it", "them"));
    format!(
        "{}{of} {} {are}: {its} cursor did not say that {it} {happened}; `--full-refresh` reads {them}",
        count(rows, "row"),
        agree(rows, "is", "are"),
    )
}
