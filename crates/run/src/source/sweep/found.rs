//! What a comparison of keys found, and what a person should know of it.
use std::collections::HashSet;

use ade_diagnostic::{agree, count};

use super::super::key_digests::KeyDigest;
use super::keys::Keys;
use crate::build::Outcome;
use crate::event::Status;

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
        const WHY: &str = "`--full-refresh` reads";
        if let Some(back) = self.back.filter(|back| *back > 0) {
            outcome.note(&format!(
                "{} {} marked as deleted and in the source all the same: {} cursor did not say that {} came back; {WHY} {}",
                count(back, "row"),
                agree(back, "is", "are"),
                agree(back, "its", "their"),
                agree(back, "it", "they"),
                agree(back, "it", "them"),
            ));
        }
        if let Some(absent) = self.absent.filter(|absent| *absent > 0) {
            outcome.note(&format!(
                "{} of the source {} not in the table: {} cursor did not say that {} changed; {WHY} {}",
                count(absent, "row"),
                agree(absent, "is", "are"),
                agree(absent, "its", "their"),
                agree(absent, "it", "they"),
                agree(absent, "it", "them"),
            ));
        }
        if self.repeated > 0 {
            outcome.note(&format!(
                "{} of the source {} a key ({}) that another row has, too: one row of each key is in the table; name columns \
                 in `key` that tell all rows apart",
                count(self.repeated, "row"),
                agree(self.repeated, "has", "have"),
                key.join(", "),
            ));
            if matches!(outcome.status, Status::Success | Status::Unchanged) {
                outcome.status = Status::Warned;
            }
        }
    }
}
