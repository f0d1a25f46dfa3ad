//! The thread that reads a tap's output and gives each line to the stream that it is of.

mod stream;

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::sync::mpsc as std_mpsc;
use std::time::{Duration, Instant};

use ade_diagnostic::count;
use serde_json::Value;
use tokio::sync::mpsc;

use self::stream::Stream;
use super::json_schema::columns;
use super::message::{Message, is_usual_state, message, usual_record};
use super::part::{PartEnd, Then};
use super::position::{Mark, Resume};
use crate::{ConnectError, FedTable, FeedStep, Note, Place, PositionKey};

/// No line is longer.
const LONGEST_LINE: usize = 1 << 30;

/// When a round may end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RoundLimits {
    /// After so many bytes …
    pub(crate) bytes: u64,
    /// … or so long.
    pub(crate) time: Duration,
    /// Never before the end.
    pub(crate) is_one: bool,
}

/// Why the thread ends early.
pub(super) enum Stop {
    /// Nobody listens any more.
    Unheard,
    Failed(ConnectError),
}

/// What comes next, or why nothing does.
pub(crate) type Step = Result<FeedStep, ConnectError>;

/// The reading thread's state.
pub(crate) struct Demux {
    streams: Vec<Stream>,
    /// The stream of each name.
    names: HashMap<String, usize>,
    /// Rows of streams that no table is for.
    strangers: BTreeMap<String, u64>,
    steps: mpsc::Sender<Step>,
    /// Tables that failed, once a round has been landed.
    landed: std_mpsc::Receiver<Vec<String>>,
    limits: RoundLimits,
    key: Option<PositionKey>,
    resume: Resume,
    round: u64,
    with: BTreeMap<String, u64>,
    bytes: u64,
    since: Option<Instant>,
    state: Option<Value>,
    /// A later one, as it came: of most, nobody needs to know what they say.
    unread_state: Option<(u64, Vec<u8>)>,
    /// Whether rows came behind the last STATE.
    is_ahead: bool,
    /// Of the tap's output.
    line: u64,
}

/// What a demultiplexer begins with.
pub(crate) struct DemuxSetup {
    pub(crate) tables: Vec<FedTable>,
    /// The table (by `from`) of each name under which rows may come.
    pub(crate) names: HashMap<String, String>,
    pub(crate) steps: mpsc::Sender<Step>,
    pub(crate) landed: std_mpsc::Receiver<Vec<String>>,
    pub(crate) limits: RoundLimits,
    pub(crate) key: Option<PositionKey>,
    pub(crate) resume: Resume,
    pub(crate) threads: usize,
}

impl Demux {
    pub(crate) fn new(setup: DemuxSetup) -> Self {
        let DemuxSetup { tables, names, steps, landed, limits, key, mut resume, threads } = setup;
        let place = |from: &str| tables.iter().position(|table| table.from == from);
        let mut places: HashMap<String, usize> =
            names.iter().filter_map(|(name, from)| Some((name.clone(), place(from)?))).collect();
        for (at, table) in tables.iter().enumerate() {
            places.insert(table.from.clone(), at);
            places.extend(table.options.text("stream").map(|name| (name.to_owned(), at)));
        }
        let streams = tables.into_iter().map(|table| {
            let stale = resume.stale.remove(&table.from).unwrap_or_default();
            let version = resume.versions.get(&table.from).copied();
            Stream::new(table, stale, version, threads)
        });
        Self {
            streams: streams.collect(),
            names: places,
            strangers: BTreeMap::new(),
            steps,
            landed,
            limits,
            key,
            round: resume.next_round,
            with: BTreeMap::new(),
            bytes: 0,
            since: None,
            state: resume.state.clone(),
            unread_state: None,
            is_ahead: false,
            line: 0,
            resume,
        }
    }

    /// Reads to the end of the output. `ending` waits for the end of the program.
    pub(crate) fn run(mut self, input: impl Read, ending: impl FnOnce() -> Result<(), ConnectError>) {
        let read = self.read(input).and_then(|()| ending().map_err(Stop::Failed)).and_then(|()| self.finish());
        if let Err(Stop::Failed(error)) = read {
            for stream in &mut self.streams {
                stream.fail(|from| ConnectError::SourceFailed { object: from.to_owned(), reason: words(&error) });
            }
            // Nobody may listen any more.
            let _ = self.steps.blocking_send(Err(error));
        }
    }

    fn read(&mut self, mut input: impl Read) -> Result<(), Stop> {
        let (mut buffer, mut filled) = (vec![0; 1 << 20], 0);
        loop {
            let read = match input.read(&mut buffer[filled..]) {
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(source) => {
                    return Err(Stop::Failed(ConnectError::Io { object: "the tap's output".to_owned(), source }));
                }
            };
            if read == 0 {
                return if filled == 0 { Ok(()) } else { self.take(&buffer[..filled]) };
            }
            let (mut start, end) = (0, filled + read);
            // What was there before has no line break.
            let mut searched = filled;
            while let Some(found) = memchr::memchr(b'\n', &buffer[searched..end]) {
                let line_end = searched + found;
                self.take(&buffer[start..line_end])?;
                start = line_end + 1;
                searched = start;
            }
            buffer.copy_within(start..end, 0);
            filled = end - start;
            if filled == buffer.len() {
                if filled >= LONGEST_LINE {
                    return Err(self.broken("it is longer than 1 GiB"));
                }
                buffer.resize(filled * 2, 0);
            }
        }
    }

    fn take(&mut self, line: &[u8]) -> Result<(), Stop> {
        self.line += 1;
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(());
        }
        if self.line == 1 || self.since.is_none() {
            self.since = Some(Instant::now());
        }
        self.bytes += line.len() as u64;
        if let Some(stream) = usual_record(line) {
            return self.record(stream, line);
        }
        if is_usual_state(line) {
            match &mut self.unread_state {
                Some((number, unread)) => {
                    *number = self.line;
                    unread.clear();
                    unread.extend_from_slice(line);
                }
                None => self.unread_state = Some((self.line, line.to_vec())),
            }
            return self.state();
        }
        match message(line).map_err(|reason| self.broken(reason))? {
            Message::Record(stream) => self.record(&stream, line),
            Message::Schema { stream, schema, .. } => {
                let Some(at) = self.names.get(&stream).copied() else { return Ok(()) };
                let end = self.end_of_part();
                self.streams[at].promise(columns(&schema), end)
            }
            Message::State(state) => {
                (self.state, self.unread_state) = (Some(state), None);
                self.state()
            }
            Message::ActivateVersion { stream, version } => {
                let Some(at) = self.names.get(&stream).copied() else { return Ok(()) };
                let end = self.end_of_part();
                self.streams[at].activate(version, end)
            }
            Message::Batch { stream, encoding, manifest } => {
                let Some(at) = self.arrives(&stream) else { return Ok(()) };
                self.bytes += self.streams[at].files(&encoding, &manifest, self.line, &self.steps)?;
                Ok(())
            }
            Message::Other => Ok(()),
        }
    }

    /// A STATE came: a round may end with it.
    fn state(&mut self) -> Result<(), Stop> {
        self.is_ahead = false;
        let is_long = self.since.is_some_and(|since| since.elapsed() >= self.limits.time);
        let is_due = !self.limits.is_one && (self.bytes >= self.limits.bytes || is_long);
        let is_open = self.streams.iter().any(Stream::is_between_versions);
        if is_due && !is_open && self.with.values().any(|round| *round == self.round) {
            self.end_round(false)?;
        }
        Ok(())
    }

    /// Reads the STATE that came last.
    fn read_state(&mut self) -> Result<(), Stop> {
        let Some((number, unread)) = self.unread_state.take() else { return Ok(()) };
        match message(&unread) {
            Ok(Message::State(state)) => {
                self.state = Some(state);
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(reason) => {
                self.line = number;
                Err(self.broken(reason))
            }
        }
    }

    fn record(&mut self, name: &str, line: &[u8]) -> Result<(), Stop> {
        let Some(at) = self.arrives(name) else { return Ok(()) };
        // It is made for each row, so it must cost nothing.
        let end = || end_of_part(self.round, &self.resume.floor, &self.with);
        self.streams[at].row(line, self.line, &self.steps, end)
    }

    /// The place of a stream of which rows come, if they are wanted.
    fn arrives(&mut self, name: &str) -> Option<usize> {
        let Some(at) = self.names.get(name).copied() else {
            match self.strangers.get_mut(name) {
                Some(rows) => *rows += 1,
                None => drop(self.strangers.insert(name.to_owned(), 1)),
            }
            return None;
        };
        let stream = &self.streams[at];
        if !stream.table.is_full {
            self.is_ahead = true;
            if self.with.get(&stream.table.from) != Some(&self.round) {
                self.with.insert(stream.table.from.clone(), self.round);
            }
        }
        stream.is_wanted().then_some(at)
    }

    /// What ends a unit in the middle of a round: its rows are not all of it.
    fn end_of_part(&self) -> PartEnd {
        end_of_part(self.round, &self.resume.floor, &self.with)
    }

    /// All that came up to the STATE is to be committed with it; waits until that is done.
    fn end_round(&mut self, is_last: bool) -> Result<(), Stop> {
        self.read_state()?;
        for (name, round) in &mut self.resume.owed {
            *round = self.round;
            self.with.insert(name.clone(), self.round);
        }
        let mark = Mark { round: self.round, state: self.sealed()? };
        // Rows behind the last STATE come again: what they are part of is not complete.
        let is_complete = !self.is_ahead || mark.state.is_none();
        for stream in self.streams.iter_mut().filter(|stream| !stream.table.is_full) {
            stream.end(PartEnd {
                is_with_others: true,
                then: Some(Then {
                    round: self.round,
                    at: is_complete.then(|| mark.clone()),
                    floor: self.resume.floor.clone(),
                    with: self.with.clone(),
                    version: stream.version,
                }),
            })?;
        }
        self.say(FeedStep::Round { state: self.state.clone(), is_last })?;
        let failed = self.landed.recv().map_err(|_| Stop::Unheard)?;
        let round = self.round;
        for name in failed {
            if let Some(stream) = self.streams.iter_mut().find(|stream| stream.table.from == name) {
                stream.pass_over();
                self.resume.owed.insert(name, round);
            }
        }
        let streams = &self.streams;
        // What had not come again by now is still to be replaced.
        self.resume.owed.retain(|name, _| {
            let stream = streams.iter().find(|stream| stream.table.from == *name);
            stream.is_some_and(|stream| !stream.table.is_read || !stream.is_wanted() || stream.is_stale())
        });
        if self.resume.owed.is_empty() && is_complete {
            self.resume.floor = mark;
            self.with.clear();
        }
        self.round += 1;
        self.bytes = 0;
        self.since = None;
        Ok(())
    }

    fn sealed(&self) -> Result<Option<String>, Stop> {
        let Some(state) = &self.state else { return Ok(None) };
        let key = self.key.as_ref().ok_or_else(|| {
            let from = self.streams.first().map_or_else(String::new, |stream| stream.table.from.clone());
            Stop::Failed(ConnectError::no_position_key(&from))
        })?;
        Ok(Some(key.seal(state.to_string().as_bytes())))
    }

    /// The tap has ended well: what came is all.
    fn finish(&mut self) -> Result<(), Stop> {
        for stream in &mut self.streams {
            stream.settle(&self.steps)?;
        }
        // Tables that are read whole are complete now, the others with them or before.
        for stream in self.streams.iter_mut().filter(|stream| stream.table.is_full) {
            stream.end(PartEnd { then: None, is_with_others: true })?;
        }
        self.end_round(true)?;
        let notes = self.notes();
        self.say(FeedStep::End(notes))
    }

    fn notes(&self) -> Vec<Note> {
        let silent = self.streams.iter().filter(|stream| stream.is_wanted() && !stream.has_columns());
        let silent: Vec<String> = silent.map(|stream| format!("`{}`", stream.table.from)).collect();
        let mut notes = Vec::new();
        if !silent.is_empty() {
            let message = format!("the tap said nothing of {}: nothing of it has changed here", silent.join(", "));
            notes.push(Note { id: "stream-silent", message });
        }
        // What a tap that keeps no STATE has sent, it sends again.
        let is_doubled = |stream: &&Stream| {
            stream.is_wanted() && stream.has_come() && !stream.table.is_full && !stream.table.is_keyed
        };
        let doubled = self.streams.iter().filter(|_| self.state.is_none()).filter(is_doubled);
        let doubled: Vec<String> = doubled.map(|stream| format!("`{}`", stream.table.from)).collect();
        if !doubled.is_empty() {
            let message = format!(
                "the tap said no STATE, so all of {} comes again with the next run and lands beside what is there: read it with \
                 `mode: full`, or give it a `key`",
                doubled.join(", ")
            );
            notes.push(Note { id: "state-silent", message });
        }
        for (name, rows) in &self.strangers {
            notes.push(Note {
                id: "stream-unknown",
                message: format!(
                    "{} of stream `{name}` came, which no table is for: add a table with `from: {name}`, or, if a table is meant \
                     to have them, `stream: {name}` under its `ingest:`",
                    count(*rows, "row")
                ),
            });
        }
        notes
    }

    fn say(&self, step: FeedStep) -> Result<(), Stop> {
        self.steps.blocking_send(Ok(step)).map_err(|_| Stop::Unheard)
    }

    fn broken(&self, reason: &str) -> Stop {
        Stop::Failed(ConnectError::Malformed {
            place: Box::new(Place::of("the tap's output").line(self.line)),
            reason: format!("not a message of a tap: {reason}"),
            advice: "a tap writes messages as the Singer specification has them, and all else to its error stream"
                .to_owned(),
        })
    }
}

fn end_of_part(round: u64, floor: &Mark, with: &BTreeMap<String, u64>) -> PartEnd {
    let then = Then { round, at: None, floor: floor.clone(), with: with.clone(), version: None };
    PartEnd { then: Some(then), is_with_others: false }
}

/// The words of an error without those that its kind puts around them.
fn words(error: &ConnectError) -> String {
    match error {
        ConnectError::SourceFailed { object, reason } => format!("tap `{object}`: {reason}"),
        other => other.to_string(),
    }
}
