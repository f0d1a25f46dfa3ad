//! A round of the log, told apart by sources and tables.

use std::sync::Arc;

use indexmap::IndexMap;

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
    /// Nothing of its source lands until somebody decides.
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
    /// Those that land in no table and are kept apart.
    pub rejected: u64,
    /// Those that are left out since the project says so.
    pub ignored: u64,
}

/// What of a round is one source's.
#[derive(Default)]
pub(super) struct SourceEvents {
    pub(super) tables: IndexMap<EventFeed, Table>,
    /// Feeds that the source has no table for, with the name that the first of them came with.
    new: IndexMap<EventFeed, String>,
    /// Messages that land in no table, with the place that each lies before.
    pub(super) rejected: Vec<(LogPlace, RejectedRecord)>,
    /// The table that these are rejected of.
    pub(super) home: Option<EventFeed>,
    counts: IndexMap<String, EventCount>,
    /// Tables that appear with this round.
    grows: usize,
}

/// A round of the log, told apart by sources and tables.
pub struct EventRound {
    pub(super) sources: IndexMap<String, SourceEvents>,
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
        let mut all = Self { sources: known.collect(), begin: round.begin, end: round.end, unknown: Vec::new() };
        for (number, (place, record)) in round.records.into_iter().enumerate() {
            let source = sources.iter().find(|source| source.name == record.source);
            match (source, all.sources.get_mut(&record.source)) {
                (Some(source), Some(events)) => events.take(source, (place, number), &record),
                _ if !all.unknown.contains(&record.source) => all.unknown.push(record.source),
                _ => {}
            }
        }
        all
    }

    /// What a source has, to be read like any other.
    pub fn snapshot(self: &Arc<Self>, source: &str) -> impl Snapshot + 'static {
        SourceRound { round: Arc::clone(self), source: source.to_owned() }
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

/// The table's name where nobody can say which one it would be.
const NO_TABLE: &str = "";

impl SourceEvents {
    fn take(&mut self, source: &EventSource, place: (LogPlace, usize), record: &EventRecord) {
        let understood = Message::of(record);
        let table = understood.as_ref().map_or_else(|_| NO_TABLE.to_owned(), |message| message.feed.table_name());
        let count = self.counts.entry(table).or_default();
        count.received += 1;
        if record.is_duplicate {
            count.duplicates += 1;
            return;
        }
        let mut message = match understood {
            Ok(message) => message,
            Err((rule, reason)) => {
                count.rejected += 1;
                return self.reject(place, rule, reason.to_owned(), record);
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
        let is_listed = source.feeds.contains(&message.feed);
        if !is_listed {
            let table = message.feed.table_name();
            let is_known = source.grown.contains(&table) || self.new.contains_key(&message.feed);
            match source.on_new_event {
                // Nobody knows what tells its rows apart.
                NewEvent::Evolve if message.change.is_some() => {
                    count.rejected += 1;
                    let reason = format!("no table of the source is for `{table}`");
                    return self.reject(place, "unknown_table", reason, record);
                }
                NewEvent::Evolve if !is_known && self.grows >= source.room => {
                    count.rejected += 1;
                    let reason = format!("so many tables have appeared that there is none for `{table}`");
                    return self.reject(place, "too_many_tables", reason, record);
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
                    count.rejected += 1;
                    let reason = format!("no table of the source is for `{table}`");
                    return self.reject(place, "unknown_event", reason, record);
                }
            }
        }
        self.land(source, place.0, &message);
    }

    fn reject(&mut self, place: (LogPlace, usize), rule: &'static str, reason: String, record: &EventRecord) {
        let (LogPlace { segment, offset }, number) = place;
        let at = format!("event log before {segment}:{offset}, message {number}");
        self.rejected.push((place.0, RejectedRecord { place: at, rule, reason, record: record.body.clone() }));
    }

    fn land(&mut self, source: &EventSource, place: LogPlace, message: &Message) {
        let has = |feed: &EventFeed| source.feeds.contains(feed);
        if message.change.is_some() {
            return self.land_change(source, place, message);
        }
        let naming = message.naming(false);
        let own = message.shared.iter().chain(&naming).chain(&message.own);
        self.tables.entry(message.feed.clone()).or_default().push(place, own);
        let track = EventFeed::Calls("track");
        if matches!(message.feed, EventFeed::Event(_)) && has(&track) {
            self.tables.entry(track).or_default().push(place, message.shared.iter().chain(&naming));
        }
        if has(&EventFeed::All) {
            let naming = message.naming(true);
            self.tables.entry(EventFeed::All).or_default().push(place, message.shared.iter().chain(&naming));
        }
        if let (EventFeed::Calls("identify"), Some(user), true) =
            (&message.feed, &message.user_id, has(&EventFeed::Users))
        {
            let id = [("id".to_owned(), super::cell::Cell::Text(user.clone()))];
            let times = message.shared.iter().filter(|(name, _)| matches!(name.as_str(), "received_at" | "timestamp"));
            let rows = self.tables.entry(EventFeed::Users).or_default();
            rows.push(place, id.iter().chain(times).chain(&message.own));
        }
    }

    fn land_change(&mut self, source: &EventSource, place: LogPlace, message: &Message) {
        let cells = || message.shared.iter().chain(&message.own);
        let own = &message.feed;
        if let Some(moved) = source.keys.iter().find(|(feed, _)| feed == own).and_then(|(_, key)| message.moved(key)) {
            self.tables.entry(own.clone()).or_default().push(place, &moved);
        }
        self.tables.entry(own.clone()).or_default().push(place, cells());
        if let EventFeed::Changes(table) = own {
            let history = EventFeed::History(table.clone());
            if source.feeds.contains(&history) {
                self.tables.entry(history).or_default().push(place, cells());
            }
        }
    }
}
