//! Sorts the changes of a log by table, transaction by transaction.

use std::collections::HashMap;

use super::followed_table::FollowedTable;
use super::lsn::Lsn;
use super::message::Message;

/// Sorts the changes of a log by table.
#[derive(Debug, Default)]
pub(crate) struct Follower {
    tables: HashMap<u32, FollowedTable>,
    /// The transaction whose changes come now.
    open: Option<Open>,
    /// Everything that committed before here has been taken.
    read_to: Lsn,
}

#[derive(Debug)]
struct Open {
    commit: Lsn,
    xid: u32,
    time_us: i64,
}

impl Follower {
    /// Follows tables by their numbers, in a log that is read from `from`.
    pub(crate) fn new(tables: HashMap<u32, FollowedTable>, from: Lsn) -> Self {
        Self { tables, open: None, read_to: from }
    }

    /// Everything that committed before here has been taken.
    pub(crate) fn read_to(&self) -> Lsn {
        self.read_to
    }

    /// Whether no transaction is in the midst of its changes.
    pub(crate) fn is_between_transactions(&self) -> bool {
        self.open.is_none()
    }

    /// Memory held by changes, about.
    pub(crate) fn size_bytes(&self) -> usize {
        self.tables.values().map(FollowedTable::size_bytes).sum()
    }

    /// The tables, with what became of their rows.
    pub(crate) fn into_tables(self) -> HashMap<u32, FollowedTable> {
        self.tables
    }

    /// The log has nothing before here that has not been sent.
    pub(crate) fn at(&mut self, lsn: Lsn) {
        if self.open.is_none() {
            self.read_to = self.read_to.max(lsn);
        }
    }

    /// Gives up the table with the most changes, within a transaction that does not fit the memory.
    pub(crate) fn give_up_largest(&mut self) {
        if let Some(largest) = self.tables.values_mut().max_by_key(|table| table.size_bytes()) {
            largest.give_up("one of its transactions changes more rows than the memory holds");
        }
    }

    /// Takes the next message.
    pub(crate) fn take(&mut self, message: Message) {
        match message {
            Message::Begin { commit, xid, time_us } => self.open = Some(Open { commit, xid, time_us }),
            Message::Commit { end } => {
                self.open = None;
                self.read_to = self.read_to.max(end);
            }
            Message::Relation(relation) => {
                if let Some(table) = self.tables.get_mut(&relation.table) {
                    table.tell(relation);
                }
            }
            Message::Insert { table, .. } | Message::Update { table, .. } | Message::Delete { table, .. } => {
                if let Some(table) = Self::open_table(&mut self.tables, self.open.as_ref(), table) {
                    table.take(message);
                }
            }
            Message::Truncate { tables } => {
                for table in tables {
                    if let Some(table) = Self::open_table(&mut self.tables, self.open.as_ref(), table) {
                        table.take(Message::Truncate { tables: Vec::new() });
                    }
                }
            }
            Message::Other => {}
        }
    }

    /// The table, if it is followed and the open transaction is news to it.
    fn open_table<'a>(
        tables: &'a mut HashMap<u32, FollowedTable>,
        open: Option<&Open>,
        table: u32,
    ) -> Option<&'a mut FollowedTable> {
        let open = open?;
        let table = tables.get_mut(&table).filter(|table| !table.has(open.commit, open.xid))?;
        table.committed_at(open.time_us);
        Some(table)
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::Relation;
    use super::*;
    use crate::capture::{Cell, Fate, Row};
    use crate::postgres::capture::message::RelationColumn;

    fn lsn(place: u64) -> Lsn {
        Lsn(place)
    }

    fn row(text: &str) -> Row {
        text.split(' ').map(|word| if word == "-" { Cell::Null } else { Cell::Text(word.as_bytes().into()) }).collect()
    }

    fn relation(columns: &str) -> Relation {
        let column = |name: &str| RelationColumn {
            name: name.trim_end_matches('!').to_owned(),
            is_identity: name == "id",
            data_type: if name.ends_with('!') { 25 } else { 23 },
            modifier: -1,
        };
        Relation {
            table: 9,
            schema: "app".to_owned(),
            name: "orders".to_owned(),
            columns: columns.split(' ').map(column).collect(),
        }
    }

    fn transaction(follower: &mut Follower, commit: u64, xid: u32, messages: Vec<Message>) {
        follower.take(Message::Begin { commit: lsn(commit), xid, time_us: 0 });
        for message in messages {
            follower.take(message);
        }
        follower.take(Message::Commit { end: lsn(commit + 10) });
    }

    fn insert(text: &str) -> Message {
        Message::Insert { table: 9, row: row(text) }
    }

    fn rows(follower: Follower) -> Vec<String> {
        let text = |cell: &Cell| cell.text().map_or("-".to_owned(), |text| String::from_utf8_lossy(text).into_owned());
        let table = follower.into_tables().remove(&9).unwrap();
        if let Some(reason) = table.reload() {
            return vec![format!("reload: {reason}")];
        }
        let fates = table.changes().fates().map(|(_, fate)| match fate {
            Fate::Row { row, .. } => row.iter().map(text).collect::<Vec<_>>().join(" "),
            Fate::Gone => "gone".to_owned(),
        });
        fates.collect()
    }

    fn follower(since: u64, copied: Option<&str>) -> Follower {
        let copied = copied.map(|view| view.parse().unwrap());
        let table = FollowedTable::new(vec!["id".to_owned()], lsn(since), copied, relation("id a"));
        Follower::new(HashMap::from([(9, table)]), lsn(since))
    }

    #[test]
    fn a_transaction_is_taken_once() {
        let mut follower = follower(100, Some("7:9:7"));
        // Before the place that was read to; seen by the copy; running while it was made; later.
        transaction(&mut follower, 90, 3, vec![Message::Relation(relation("id a")), insert("1 old")]);
        transaction(&mut follower, 110, 8, vec![insert("2 copied")]);
        transaction(&mut follower, 130, 7, vec![insert("3 running")]);
        transaction(&mut follower, 150, 9, vec![insert("4 later"), Message::Insert { table: 8, row: row("5 else") }]);
        assert_eq!(follower.read_to(), lsn(160));
        follower.at(lsn(170));
        assert_eq!(follower.read_to(), lsn(170));
        assert_eq!(rows(follower), ["3 running", "4 later"]);
    }

    #[test]
    fn a_place_within_a_transaction_is_not_read_to() {
        let mut follower = follower(100, None);
        follower.take(Message::Begin { commit: lsn(150), xid: 9, time_us: 0 });
        assert!(!follower.is_between_transactions());
        follower.at(lsn(140));
        assert_eq!(follower.read_to(), lsn(100));
    }

    #[test]
    fn columns_come_and_go() {
        let mut follower = follower(100, None);
        transaction(&mut follower, 110, 1, vec![Message::Relation(relation("id a")), insert("1 a")]);
        transaction(&mut follower, 130, 2, vec![Message::Relation(relation("id b a")), insert("2 b a")]);
        transaction(&mut follower, 150, 3, vec![Message::Relation(relation("id b")), insert("3 b")]);
        assert_eq!(rows(follower), ["1 -", "2 b", "3 b"]);
    }

    #[test]
    fn what_changes_cannot_tell_has_to_be_read() {
        let mut retyped = follower(100, None);
        transaction(&mut retyped, 90, 1, vec![Message::Relation(relation("id a!")), insert("1 a")]);
        transaction(&mut retyped, 95, 1, vec![Message::Relation(relation("id a")), insert("1 a")]);
        transaction(&mut retyped, 110, 1, vec![insert("1 a"), Message::Relation(relation("id a!")), insert("2 b")]);
        assert_eq!(rows(retyped), ["reload: its column `a` has another type now"]);
        let mut keyless = follower(100, None);
        transaction(&mut keyless, 110, 1, vec![Message::Relation(relation("a")), insert("b")]);
        assert_eq!(rows(keyless), ["reload: its key column `id` is no longer there"]);
        let mut large = follower(100, None);
        transaction(&mut large, 110, 1, vec![insert("1 a")]);
        large.give_up_largest();
        assert_eq!(large.size_bytes(), 0);
        assert!(rows(large)[0].starts_with("reload: one of its transactions"));
    }

    #[test]
    fn a_truncation_counts_for_those_that_have_not_got_it() {
        let mut follower = follower(100, None);
        transaction(
            &mut follower,
            110,
            1,
            vec![insert("1 a"), Message::Truncate { tables: vec![8, 9] }, insert("2 b")],
        );
        assert_eq!(rows(follower), ["2 b"]);
    }
}
