//! One table whose changes are followed.

use super::lsn::Lsn;
use super::message::{Message, Relation};
use super::transaction_view::TransactionView;
use crate::capture::{Cell, Changes};

/// One table whose changes are followed, from where it was read to.
#[derive(Debug)]
pub(crate) struct FollowedTable {
    /// The columns by which its rows are told apart.
    key: Vec<String>,
    /// What has committed before is in the lake …
    since: Lsn,
    /// … and what this sees: the snapshot that the table was copied in.
    copied: Option<TransactionView>,
    /// The table as of the rows in `changes`.
    relation: Relation,
    /// The table as of the changes that come next, if it looks otherwise than before.
    told: Option<Relation>,
    changes: Changes,
    /// Why the changes are of no use, and all of it has to be read.
    reload: Option<String>,
}

impl FollowedTable {
    /// A table with nothing of it met so far. `known` is what it looked like when it was last read.
    pub(crate) fn new(key: Vec<String>, since: Lsn, copied: Option<TransactionView>, known: Relation) -> Self {
        let places = key_places(&key, &known).unwrap_or_default();
        Self { key, since, copied, relation: known, told: None, changes: Changes::new(places), reload: None }
    }

    /// Whether a transaction is in the lake already.
    pub(crate) fn has(&self, commit: Lsn, xid: u32) -> bool {
        commit < self.since || self.copied.as_ref().is_some_and(|copied| copied.sees(xid))
    }

    /// The changes that are taken from here on were committed then: microseconds since 1970, in UTC, by the server's clock.
    pub(crate) fn committed_at(&mut self, time_us: i64) {
        self.changes.committed_at(Some(time_us));
    }

    /// What happened, folded.
    pub(crate) fn changes(&self) -> &Changes {
        &self.changes
    }

    /// What the table looked like at the end.
    pub(crate) fn relation(&self) -> &Relation {
        &self.relation
    }

    /// Why all of the table has to be read, if it has.
    pub(crate) fn reload(&self) -> Option<&str> {
        self.reload.as_deref()
    }

    /// Gives the changes up: all of the table has to be read.
    pub(crate) fn give_up(&mut self, reason: impl Into<String>) {
        self.reload = Some(reason.into());
        self.changes = Changes::new(Vec::new());
    }

    /// Memory held, about.
    pub(crate) fn size_bytes(&self) -> usize {
        self.changes.size_bytes()
    }

    /// The table looks like this from here on. It counts with the next change that is taken: a log that is read again tells
    /// of the past.
    pub(crate) fn tell(&mut self, relation: Relation) {
        self.told = Some(relation);
    }

    fn reshape(&mut self, relation: Relation) {
        let known = std::mem::replace(&mut self.relation, relation);
        let relation = &self.relation;
        let Some(places) = key_places(&self.key, relation) else {
            let missing = self.key.iter().find(|name| relation.place(name).is_none()).cloned().unwrap_or_default();
            return self.give_up(format!("its key column `{missing}` is no longer there"));
        };
        if let Some(unnamed) = places.iter().map(|place| &relation.columns[*place]).find(|column| !column.is_identity) {
            return self.give_up(format!("its log did not say `{}` of rows that changed, for a while", unnamed.name));
        }
        let retyped = relation.columns.iter().find(|column| {
            let before = known.columns.iter().find(|before| before.name == column.name);
            before.is_some_and(|before| (before.data_type, before.modifier) != (column.data_type, column.modifier))
        });
        if let Some(column) = retyped {
            return self.give_up(format!("its column `{}` has another type now", column.name));
        }
        let gone = known.columns.iter().find(|column| relation.place(&column.name).is_none());
        let new = relation.columns.iter().find(|column| known.place(&column.name).is_none());
        if let (Some(gone), Some(new)) = (gone, new) {
            // The log has names alone: this may be one column that is called otherwise now, or two.
            return self.give_up(format!("its column `{}` went when `{}` came", gone.name, new.name));
        }
        let from = relation.columns.iter().map(|column| known.place(&column.name)).collect::<Vec<_>>();
        self.changes.reshape(&from, places);
    }

    /// Takes a change of the table.
    pub(crate) fn take(&mut self, message: Message) {
        if let Some(relation) = self.told.take().filter(|_| self.reload.is_none()) {
            self.reshape(relation);
        }
        if self.reload.is_some() {
            return;
        }
        let width = self.relation.columns.len();
        let fits = |row: &[Cell]| row.len() == width;
        let taken = match message {
            Message::Insert { row, .. } if fits(&row) => self.changes.insert(row),
            Message::Update { old, row, .. } if fits(&row) => self.changes.update(old.as_deref(), row),
            Message::Delete { old, .. } if fits(&old) => self.changes.delete(&old),
            Message::Truncate { .. } => {
                self.changes.truncate();
                Ok(())
            }
            _ => Err("has other columns than its table"),
        };
        if let Err(misfit) = taken {
            self.give_up(format!("a change of it {misfit}"));
        }
    }
}

/// Where the key is among a table's columns; `None` if it is not.
fn key_places(key: &[String], relation: &Relation) -> Option<Vec<usize>> {
    key.iter().map(|name| relation.place(name)).collect()
}
