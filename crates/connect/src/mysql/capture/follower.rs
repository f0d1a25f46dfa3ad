//! Sorts what a log says by table, transaction by transaction.

use std::collections::{BTreeSet, HashMap};

use super::cascade::Parent;
use super::event::{Event, Garbled};
use super::followed_table::FollowedTable;
use super::log_place::{FIRST_EVENT, LogPlace};
use super::row_image::LoggedRows;
use super::statement::{Border, Statement};
use super::table_map::TableMap;

/// Why a table is read that was read to a place of a log that is no longer there.
pub(crate) const ANEW: &str = "the server has begun its log anew since it was last read";

/// What the header of an event says.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Header {
    pub(crate) code: u8,
    /// By the server's clock, in seconds since 1970.
    pub(crate) time_s: u32,
    /// Where the event ends, modulo 2^32; 0 for one that is in no file.
    pub(crate) end: u32,
}

/// Sorts what a log says by table.
#[derive(Debug)]
pub(crate) struct Follower {
    tables: Vec<FollowedTable>,
    /// Those whose changes may change them.
    parents: Vec<Parent>,
    /// From where it is read.
    begin: LogPlace,
    /// What the log's numbers of tables stand for.
    maps: HashMap<u64, Mapped>,
    /// Tables of which nothing is known but their numbers, since their types are not.
    unknown: bool,
    /// Behind the last event.
    place: LogPlace,
    /// The file is too large for its places to be told.
    is_beyond: bool,
    /// When the file was begun.
    begun: u32,
    /// The transaction whose changes come now.
    open: Option<Open>,
    /// Where a packed transaction ends, while what it holds comes.
    packed_end: Option<u32>,
    /// When the transaction that comes next was committed.
    next_time_s: Option<u32>,
    /// When the last one was committed of which something came.
    committed_s: u32,
    /// Everything that was written before here has been taken …
    read_to: LogPlace,
    /// … in a file that was begun then.
    read_to_begun: Option<u32>,
}

/// A table as the log tells of it.
#[derive(Debug)]
struct Mapped {
    /// Its place among those that are followed.
    table: Option<usize>,
    /// Its place among their parents.
    parent: Option<usize>,
    map: TableMap,
}

/// A transaction whose changes come now.
#[derive(Debug, Default)]
struct Open {
    time_s: u32,
    /// The tables that it changed, by their places.
    touched: BTreeSet<usize>,
}

impl Follower {
    /// Follows tables in a log that is read from `from`.
    pub(crate) fn new(tables: Vec<FollowedTable>, parents: Vec<Parent>, from: LogPlace) -> Self {
        Self {
            tables,
            parents,
            maps: HashMap::new(),
            unknown: false,
            place: from.clone(),
            begin: from.clone(),
            is_beyond: false,
            begun: 0,
            open: None,
            packed_end: None,
            next_time_s: None,
            committed_s: 0,
            read_to: from,
            read_to_begun: None,
        }
    }

    /// Everything that was written before here has been taken.
    pub(crate) fn read_to(&self) -> &LogPlace {
        &self.read_to
    }

    /// When the server began the file of that place; `None` as long as the log has not told.
    pub(crate) fn begun(&self) -> Option<u32> {
        self.read_to_begun
    }

    /// Whether no transaction is in the midst of its changes.
    pub(crate) fn is_between_transactions(&self) -> bool {
        self.open.is_none() && self.packed_end.is_none()
    }

    /// Whether nobody was ever at the place in this log at which it began to be read: it may be in the midst of an event.
    pub(crate) fn is_lost(&self) -> bool {
        let mut first = self.tables.iter().filter(|table| table.position().place == self.begin);
        self.begin.offset > FIRST_EVENT && first.all(|table| table.position().begun != self.begun)
    }

    /// Memory held by changes, about.
    pub(crate) fn size_bytes(&self) -> usize {
        self.tables.iter().map(FollowedTable::size_bytes).sum()
    }

    /// The tables, with what became of their rows.
    pub(crate) fn into_tables(self) -> Vec<FollowedTable> {
        self.tables
    }

    /// Gives up the changes of the table that has the most, within a transaction that does not fit the memory.
    pub(crate) fn give_up_largest(&mut self) {
        if let Some(largest) = self.tables.iter_mut().max_by_key(|table| table.size_bytes()) {
            largest.doubt(
                "one of its transactions changes more rows than the memory holds",
                &self.read_to,
                self.committed_s,
            );
        }
    }

    /// Gives up what was taken of changes that copies may have, where they are not taken to their end: rows would be put back to
    /// what they were before the copy.
    pub(crate) fn leave_replays(&mut self) {
        for table in self.tables.iter_mut().filter(|table| table.may_have(&self.read_to) && !table.changes().is_empty())
        {
            table.doubt(
                "more of it changed while it was copied than the memory holds",
                &self.read_to,
                self.committed_s,
            );
        }
    }

    /// Takes the next event, given what is behind its header.
    pub(crate) fn take(&mut self, header: Header, data: &[u8]) -> Result<(), Garbled> {
        let event = Event::parse(header.code, data)?;
        if !matches!(event, Event::File { .. } | Event::Description) {
            self.pass(header.end);
            if self.open.is_none() && self.next_time_s.is_none() && header.time_s > 0 {
                self.committed_s = header.time_s;
            }
        }
        match event {
            // The first says what was asked for, and perhaps a checksum behind that.
            Event::File { .. } if self.read_to_begun.is_none() => {}
            Event::File { name, offset } => {
                // Its first event says when it was begun: only then it counts.
                self.place = LogPlace { file: name, offset };
                self.is_beyond = false;
            }
            Event::Description => self.describe(header.time_s),
            Event::Begin { .. } if self.packed_end.is_some() => return Err(Garbled),
            Event::Begin { committed_s } => {
                self.committed_s = committed_s.unwrap_or(header.time_s);
                self.next_time_s = Some(self.committed_s);
            }
            Event::Open => self.open = Some(Open { time_s: header.time_s, touched: BTreeSet::new() }),
            Event::Packed => self.packed_end = Some(header.end),
            Event::Statement { database, text } => self.say(header, &database, &text),
            Event::Table(map) => self.map(map),
            Event::UnknownTable => self.unknown = true,
            Event::Rows(rows) => self.take_rows(header, &rows),
            Event::PartialRows { table } => {
                if let Some(table) = self.maps.get(&table).and_then(|mapped| mapped.table) {
                    let reason = "its log tells parts of values alone (`binlog_row_value_options`)";
                    self.tables[table].doubt(reason, &self.read_to, self.committed_s);
                }
            }
            Event::Commit => self.end(),
            Event::Prepared => {
                self.doubt_touched("a transaction of it was prepared, to be committed or not by another statement");
                self.end();
            }
            Event::Incident => {
                self.doubt_all("the server says that its log may lack something");
                self.end();
            }
            // What begins a file, and what is between transactions: the next begins behind it.
            Event::Other if self.next_time_s.is_none() && self.read_to_begun.is_some() => self.reach(),
            Event::Other => {}
        }
        Ok(())
    }

    /// Goes behind an event that ends at `end`.
    fn pass(&mut self, end: u32) {
        if end == 0 || self.packed_end.is_some() {
            return;
        }
        // What a file holds beyond 4 GiB cannot be told: it is read again from where it could be.
        self.is_beyond |= u64::from(end) < self.place.offset;
        if !self.is_beyond {
            self.place.offset = u64::from(end);
        }
    }

    /// A file begins, or is continued.
    fn describe(&mut self, time_s: u32) {
        self.begun = time_s;
        if self.open.is_some() {
            self.doubt_touched("the server broke off a transaction of it");
            self.open = None;
        }
        self.packed_end = None;
        self.next_time_s = None;
        self.reach();
        for table in &mut self.tables {
            let position = table.position();
            if position.place.file == self.place.file && position.begun != time_s {
                table.give_up(ANEW);
            }
        }
    }

    fn say(&mut self, header: Header, database: &str, text: &str) {
        let statement = Statement::new(database, text);
        match statement.border() {
            Some(Border::Begin | Border::BeginPrepared) => {
                let time_s = self.next_time_s.unwrap_or(header.time_s);
                self.open = Some(Open { time_s, touched: BTreeSet::new() });
            }
            Some(Border::Commit) => self.end(),
            Some(Border::Rollback) => {
                self.doubt_touched("a transaction of it was taken back in part");
                self.end();
            }
            Some(Border::RollbackPart) => self.doubt_touched("a transaction of it was taken back in part"),
            Some(Border::CommitPrepared) => {
                self.doubt_all("a transaction was committed that had been prepared before");
                self.end();
            }
            Some(Border::Within) => {}
            None => {
                let time_us = Some(i64::from(header.time_s) * 1_000_000);
                for table in &mut self.tables {
                    table.say(&statement, &self.read_to, time_us);
                }
                for parent in &mut self.parents {
                    for place in parent.say(&statement) {
                        self.tables[place].reach(&parent.reason(), &self.read_to, self.committed_s);
                    }
                }
                if self.open.is_none() {
                    self.end();
                }
            }
        }
    }

    fn map(&mut self, map: TableMap) {
        let table = self.tables.iter().position(|table| table.is_called(&map.database, &map.table));
        let parent = self.parents.iter().position(|parent| parent.is_called(&map.database, &map.table));
        if table.is_some() || parent.is_some() {
            self.maps.insert(map.id, Mapped { table, parent, map });
        } else {
            self.maps.remove(&map.id);
        }
    }

    fn take_rows(&mut self, header: Header, rows: &LoggedRows) {
        let Some(Mapped { table, parent, map }) = self.maps.get(&rows.table) else {
            if self.unknown {
                self.doubt_all("the log has columns of a type that is not known");
            }
            return;
        };
        if let Some(parent) = parent.and_then(|place| self.parents.get(place)) {
            for place in parent.reached(map, rows) {
                self.tables[place].reach(&parent.reason(), &self.read_to, self.committed_s);
            }
        }
        let Some(place) = *table else { return };
        let time_s = self.open.as_ref().map_or(header.time_s, |open| open.time_s);
        self.tables[place].take(map, rows, &self.read_to, Some(i64::from(time_s) * 1_000_000));
        if let Some(open) = &mut self.open {
            open.touched.insert(place);
        }
    }

    /// A transaction, or a statement that is none's part, is complete.
    fn end(&mut self) {
        self.open = None;
        self.next_time_s = None;
        self.maps.clear();
        self.unknown = false;
        if let Some(end) = self.packed_end.take() {
            self.pass(end);
        }
        self.reach();
    }

    /// All before this place has been taken.
    fn reach(&mut self) {
        if self.is_between_transactions() && !self.is_beyond {
            self.read_to = self.place.clone();
            self.read_to_begun = Some(self.begun);
        }
    }

    /// The log does not tell what became of what the open transaction touched.
    fn doubt_touched(&mut self, reason: &str) {
        for place in self.open.iter().flat_map(|open| &open.touched) {
            self.tables[*place].doubt(reason, &self.read_to, self.committed_s);
        }
    }

    /// Nor of anything.
    fn doubt_all(&mut self, reason: &str) {
        for table in &mut self.tables {
            table.doubt(reason, &self.read_to, self.committed_s);
        }
    }
}

#[cfg(test)]
mod tests;
