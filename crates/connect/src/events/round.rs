//! A round of the log, told apart by sources and tables.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::kept::kept;
use super::message::Message;
use super::snapshot::SourceRound;
use super::table::Table;
use super::{EventFeed, EventRecord, LogPlace, LogRound};
use crate::{RejectedRecord, Snapshot};

/// What becomes of an event that no table of its source is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewEvent {
    /// A table of its own appears.
    Evolve,
    /// Nothing of its source lands until somebody decides: what came with it is set aside.
    Stop,
    /// It is kept apart.
    Quarantine,
    /// It is left out, and counted.
    Ignore,
}

/// What is known of a source before its events are looked at.
#[derive(Debug, Clone)]
pub struct EventSource {
    /// Its name.
    pub name: String,
    /// The feeds of its tables.
    pub feeds: Vec<EventFeed>,
    /// The keys of tables that have one.
    pub keys: Vec<(EventFeed, Vec<String>)>,
    /// The columns that people list of each table, by the names that they have in messages.
    pub columns: HashMap<EventFeed, Arc<HashSet<String>>>,
    /// Whether the names of events may be told: they are what clients say, and land in a column that is public.
    pub tells_names: bool,
    /// What becomes of others.
    pub on_new_event: NewEvent,
    /// Names of tables that have appeared by themselves.
    pub grown: Vec<String>,
    /// How many more may.
    pub room: usize,
    /// The table that records which land in no table are rejected of.
    pub home: EventFeed,
}

/// What became of messages on the way to the tables, for one table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EventCount {
    /// All that were acknowledged.
    pub received: u64,
    /// Those whose id was there before.
    pub duplicates: u64,
    /// Those that land in no table and are to be kept apart.
    pub rejected: u64,
    /// Those that are left out since the project says so.
    pub ignored: u64,
}

/// Names of tables that there are not, and that are told of one round.
const MOST_NAMES: usize = 100;

/// What of a round is one source's.
#[derive(Default)]
pub(super) struct SourceEvents {
    pub(super) tables: IndexMap<EventFeed, Table>,
    /// Feeds that the source has no table for, with the name that the first of them came with.
    new: IndexMap<EventFeed, String>,
    /// Messages that land in no table: the record and the place that it lies before, what is wrong, and the name that it is counted by.
    pub(super) rejected: Vec<Rejected>,
    /// The table that these are rejected of.
    pub(super) home: Option<EventFeed>,
    counts: IndexMap<String, EventCount>,
    /// Tables that appear with this round.
    grows: usize,
    /// Names of tables that there are not.
    told: HashSet<String>,
}

/// A message that lands in no table.
pub(super) struct Rejected {
    /// Behind which place of the log it lies, and which record of the round it is.
    pub(super) at: (LogPlace, usize),
    pub(super) rule: &'static str,
    pub(super) reason: String,
    /// The table that it would be of, as it is counted.
    table: String,
}

/// A round of the log, told apart by sources and tables.
pub struct EventRound {
    pub(super) sources: IndexMap<String, SourceEvents>,
    records: Vec<(LogPlace, EventRecord)>,
    /// Where it begins.
    pub(super) begin: LogPlace,
    /// Where it ends.
    pub end: LogPlace,
    /// Sources that messages were sent to and that are not known.
    pub unknown: Vec<String>,
}

impl EventRound {
    /// Tells the messages of a round apart.
    pub fn new(round: LogRound, sources: &[EventSource]) -> Self {
        let known = sources.iter().map(|source| {
            let home = Some(source.home.clone());
            (source.name.clone(), SourceEvents { home, ..SourceEvents::default() })
        });
        let mut all = Self {
            sources: known.collect(),
            records: Vec::with_capacity(round.records.len()),
            begin: round.begin,
            end: round.end,
            unknown: Vec::new(),
        };
        for (number, (place, record)) in round.records.into_iter().enumerate() {
            let source = sources.iter().find(|source| source.name == record.source);
            match (source, all.sources.get_mut(&record.source)) {
                (Some(source), Some(events)) => events.take(source, (place, number), &record),
                _ if !all.unknown.contains(&record.source) => all.unknown.push(record.source.clone()),
                _ => {}
            }
            all.records.push((place, record));
        }
        all
    }

    /// The same messages told apart for sources that something else is said of now.
    #[must_use]
    pub fn anew(&self, sources: &[EventSource]) -> Self {
        let (begin, end, records) = (self.begin, self.end, self.records.clone());
        Self::new(LogRound { records, begin, end, ..LogRound::default() }, sources)
    }

    /// A record of the round as it is kept where it does not land, with where it is in the log.
    pub(super) fn record(
        &self,
        (place, number): (LogPlace, usize),
        rule: &'static str,
        reason: String,
    ) -> RejectedRecord {
        let record = self.records.get(number).map(|(_, record)| kept(record)).unwrap_or_default();
        RejectedRecord { place: place_of((place, number)), rule, reason, record }
    }

    /// The table by whose name a message that landed nowhere is counted, by where it is in the log.
    pub fn counted_by(&self, source: &str, place: &str) -> Option<&str> {
        let mut rejected = self.sources.get(source)?.rejected.iter();
        rejected.find(|rejected| place_of(rejected.at) == place).map(|rejected| rejected.table.as_str())
    }

    /// How many rows of a table are of messages that another row of it is of, too.
    pub fn extra_rows(&self, source: &str, feed: &EventFeed) -> u64 {
        let table = self.sources.get(source).and_then(|events| events.tables.get(feed));
        table.map_or(0, |table| table.extra)
    }

    /// How many messages of a source there are rows for in a table.
    pub fn records(&self, source: &str, feed: &EventFeed) -> u64 {
        let table = self.sources.get(source).and_then(|events| events.tables.get(feed));
        table.map_or(0, |table| table.records(0).len() as u64)
    }

    /// How many messages of a source land in no table and are to be kept apart.
    pub fn rejects(&self, source: &str) -> u64 {
        self.sources.get(source).map_or(0, |events| events.rejected.len() as u64)
    }

    /// What a source has, to be read like any other.
    pub fn snapshot(self: &Arc<Self>, source: &str) -> impl Snapshot + 'static {
        self.source_round(source, None, false)
    }

    /// The same for tables that cannot land what the source has: all of it is rejected of them, as it came. `replay`: the id under
    /// which it comes again.
    pub fn set_aside(self: &Arc<Self>, source: &str, replay: Option<&str>) -> impl Snapshot + 'static {
        self.source_round(source, replay, true)
    }

    /// The same for what comes again under this id: whatever tables have landed, and they stay where they are in the log.
    pub fn replay(self: &Arc<Self>, source: &str, id: &str) -> impl Snapshot + 'static {
        self.source_round(source, Some(id), false)
    }

    fn source_round(self: &Arc<Self>, source: &str, replay: Option<&str>, is_aside: bool) -> SourceRound {
        let (source, replay) = (source.to_owned(), replay.map(str::to_owned));
        SourceRound { round: Arc::clone(self), source, is_aside, replay }
    }

    /// The messages of a source that land in a table, or in this one: as the round has them, counted from 0.
    pub fn landing(&self, source: &str, feed: Option<&EventFeed>) -> HashSet<usize> {
        let Some(events) = self.sources.get(source) else { return HashSet::new() };
        let tables = events.tables.iter().filter(|(known, _)| feed.is_none_or(|feed| feed == *known));
        tables.flat_map(|(_, table)| table.records(0)).map(|(_, number)| number).collect()
    }

    /// The rules that messages of a source break which land in no table.
    pub fn broken_rules(&self, source: &str) -> impl Iterator<Item = &'static str> {
        let rejected = self.sources.get(source).into_iter().flat_map(|events| &events.rejected);
        rejected.map(|rejected| rejected.rule)
    }

    /// Whether there is anything for a table of a source.
    pub fn has_any(&self, source: &str, feed: &EventFeed) -> bool {
        let Some(events) = self.sources.get(source) else { return false };
        let is_home = events.home.as_ref() == Some(feed);
        events.tables.contains_key(feed) || (is_home && !events.rejected.is_empty())
    }

    /// Feeds that a source has no table for, with the name that the first of each came with.
    pub fn new_feeds(&self, source: &str) -> impl Iterator<Item = (&EventFeed, &str)> {
        let new = self.sources.get(source).into_iter().flat_map(|events| &events.new);
        new.map(|(feed, name)| (feed, name.as_str()))
    }

    /// What became of the messages of a source, by the usual name of the table that each would land in.
    pub fn counts(&self, source: &str) -> impl Iterator<Item = (&str, EventCount)> {
        let counts = self.sources.get(source).into_iter().flat_map(|events| &events.counts);
        counts.map(|(table, count)| (table.as_str(), *count))
    }
}

/// The table's name where nobody can say which one it would be, or nobody may.
const NO_TABLE: &str = "";

fn place_of((place, number): (LogPlace, usize)) -> String {
    let LogPlace { segment, offset } = place;
    format!("event log before {segment}:{offset}, message {number}")
}

impl SourceEvents {
    /// The name by which a message is counted that would be of a table.
    fn counted_by(&mut self, source: &EventSource, feed: &EventFeed) -> String {
        let name = feed.table_name();
        let is_usual =
            matches!(feed, EventFeed::Calls(_)) || source.feeds.contains(feed) || source.grown.contains(&name);
        let may_be_told = source.tells_names || !matches!(feed, EventFeed::Event(_));
        if is_usual || self.told.contains(&name) {
            return name;
        }
        if may_be_told && self.told.len() < MOST_NAMES {
            self.told.insert(name.clone());
            return name;
        }
        NO_TABLE.to_owned()
    }

    fn take(&mut self, source: &EventSource, at: (LogPlace, usize), record: &EventRecord) {
        let mut message = match Message::of(record) {
            Ok(message) => message,
            Err((rule, reason)) => {
                let count = self.counts.entry(NO_TABLE.to_owned()).or_default();
                count.received += 1;
                if record.is_duplicate {
                    count.duplicates += 1;
                    return;
                }
                return self.reject(at, NO_TABLE.to_owned(), rule, reason.to_owned());
            }
        };
        if let EventFeed::Changes(table) = &message.feed
            && !source.feeds.contains(&message.feed)
        {
            // Only their history may be asked for.
            let history = EventFeed::History(table.clone());
            if source.feeds.contains(&history) {
                message.feed = history;
            }
        }
        let table = self.counted_by(source, &message.feed);
        let count = self.counts.entry(table.clone()).or_default();
        count.received += 1;
        if record.is_duplicate {
            count.duplicates += 1;
            return;
        }
        if !source.feeds.contains(&message.feed) {
            let called = if table.is_empty() { "it".to_owned() } else { format!("`{table}`") };
            let is_known = source.grown.contains(&message.feed.table_name()) || self.new.contains_key(&message.feed);
            match source.on_new_event {
                // Nobody knows what tells its rows apart.
                NewEvent::Evolve if message.change.is_some() => {
                    return self.reject(at, table, "unknown_table", format!("no table of the source is for {called}"));
                }
                NewEvent::Evolve if !is_known && self.grows >= source.room => {
                    let reason = format!("so many tables have appeared that there is none for {called}");
                    return self.reject(at, table, "too_many_tables", reason);
                }
                NewEvent::Evolve | NewEvent::Stop => {
                    self.grows += usize::from(!is_known);
                    let name = message.event.as_deref().unwrap_or(&message.call).to_owned();
                    self.new.entry(message.feed.clone()).or_insert(name);
                }
                NewEvent::Ignore => {
                    count.ignored += 1;
                    return;
                }
                NewEvent::Quarantine => {
                    return self.reject(at, table, "unknown_event", format!("no table of the source is for {called}"));
                }
            }
        }
        self.land(source, at, &message);
    }

    fn reject(&mut self, at: (LogPlace, usize), table: String, rule: &'static str, reason: String) {
        self.counts.entry(table.clone()).or_default().rejected += 1;
        self.rejected.push(Rejected { at, rule, reason, table });
    }

    fn row<'a>(
        &mut self,
        source: &EventSource,
        feed: &EventFeed,
        (place, record): (LogPlace, usize),
        cells: impl IntoIterator<Item = &'a (String, super::cell::Cell)>,
    ) {
        if !self.tables.contains_key(feed) {
            let listed = source.columns.get(feed).map(Arc::clone).unwrap_or_default();
            self.tables.insert(feed.clone(), Table::new(listed));
        }
        if let Some(table) = self.tables.get_mut(feed) {
            table.push(place, record, cells);
        }
    }

    fn land(&mut self, source: &EventSource, at: (LogPlace, usize), message: &Message) {
        let has = |feed: &EventFeed| source.feeds.contains(feed);
        if message.change.is_some() {
            return self.land_change(source, at, message);
        }
        let naming = message.naming(false);
        self.row(source, &message.feed, at, message.shared.iter().chain(&naming).chain(&message.own));
        let track = EventFeed::Calls("track");
        if matches!(message.feed, EventFeed::Event(_)) && has(&track) {
            self.row(source, &track, at, message.shared.iter().chain(&naming));
        }
        if has(&EventFeed::All) {
            let naming = message.naming(true);
            self.row(source, &EventFeed::All, at, message.shared.iter().chain(&naming));
        }
        if let (EventFeed::Calls("identify"), Some(user), true) =
            (&message.feed, &message.user_id, has(&EventFeed::Users))
        {
            let id = [("id".to_owned(), super::cell::Cell::Text(user.clone()))];
            let times = message.shared.iter().filter(|(name, _)| matches!(name.as_str(), "received_at" | "timestamp"));
            self.row(source, &EventFeed::Users, at, id.iter().chain(times).chain(&message.own));
        }
    }

    fn land_change(&mut self, source: &EventSource, at: (LogPlace, usize), message: &Message) {
        let cells = || message.shared.iter().chain(&message.own);
        let own = &message.feed;
        if let Some(moved) = source.keys.iter().find(|(feed, _)| feed == own).and_then(|(_, key)| message.moved(key)) {
            self.row(source, own, at, &moved);
        }
        self.row(source, own, at, cells());
        if let EventFeed::Changes(table) = own {
            let history = EventFeed::History(table.clone());
            if source.feeds.contains(&history) {
                self.row(source, &history, at, cells());
            }
        }
    }
}
