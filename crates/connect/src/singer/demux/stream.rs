//! One stream as the reading thread knows it, and the unit of it that is open.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::sync::mpsc;

use super::{Step, Stop};
use crate::singer::batch::{batch_files, unreadable};
use crate::singer::json_schema::StreamColumn;
use crate::singer::message::version;
use crate::singer::parse::RawRows;
use crate::singer::part::{FedPart, PartEnd, Slot};
use crate::{ConnectError, FedTable, FeedGate, FeedStep};

/// Lines that are handed over at once.
const BLOCK_BYTES: usize = 1 << 20;
/// Blocks that may wait for a landing.
const WAITING: usize = 2;

const IGNORE_VERSIONS: &str =
    "where a tap never sends ACTIVATE_VERSION, set `versions: ignore` under the table's `ingest:`";

/// One stream.
pub(super) struct Stream {
    pub(super) table: FedTable,
    /// What its last SCHEMA says.
    columns: Option<Arc<Vec<StreamColumn>>>,
    /// Batches that its next unit takes the place of.
    stale: Vec<String>,
    /// The version whose rows are those of the table.
    pub(super) version: Option<i64>,
    /// A version whose rows come, and that is not yet active.
    coming: Option<i64>,
    /// Whether its next unit takes the place of all that is there.
    replaces_all: bool,
    follows_versions: bool,
    part: Option<Open>,
    /// Whether anything of it has been handed out in this run.
    has_come: bool,
    /// Whether its landing has ended before its time.
    is_over: bool,
    threads: usize,
}

/// A unit that is open.
struct Open {
    slots: mpsc::Sender<Slot>,
    rows: RawRows,
    /// The columns that it was planned with.
    columns: Arc<Vec<StreamColumn>>,
}

impl Stream {
    pub(super) fn new(table: FedTable, stale: Vec<String>, version: Option<i64>, threads: usize) -> Self {
        let follows_versions = table.options.text("versions") != Some("ignore");
        Self {
            table,
            columns: None,
            stale,
            version,
            coming: None,
            replaces_all: false,
            follows_versions,
            part: None,
            has_come: false,
            is_over: false,
            threads,
        }
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.table.is_read && !self.is_over
    }

    pub(super) fn has_columns(&self) -> bool {
        self.columns.is_some()
    }

    /// Whether anything of it has been handed out in this run.
    pub(super) fn has_come(&self) -> bool {
        self.has_come
    }

    /// Whether rows that come again are still to take the place of others.
    pub(super) fn is_stale(&self) -> bool {
        !self.stale.is_empty()
    }

    /// Whether rows of a version came that only the tap can say of whether they count.
    pub(super) fn is_between_versions(&self) -> bool {
        self.coming.is_some() && self.is_wanted() && !self.table.is_full
    }

    /// What else comes of it does not matter.
    pub(super) fn pass_over(&mut self) {
        self.is_over = true;
        self.part = None;
    }

    /// A SCHEMA: rows have these columns from here on.
    pub(super) fn promise(&mut self, columns: Vec<StreamColumn>, end: PartEnd) -> Result<(), Stop> {
        let is_same = |known: &Vec<StreamColumn>| {
            known.len() == columns.len() && columns.iter().all(|column| known.contains(column))
        };
        if self.columns.as_ref().is_some_and(|known| is_same(known)) {
            return Ok(());
        }
        self.columns = Some(Arc::new(columns));
        if self.part.as_ref().is_some_and(|part| !is_same_columns(part, self.columns.as_ref())) {
            if self.table.is_full {
                self.refuse(
                    "its columns changed in the middle of its rows, and a table that is read whole becomes visible at once",
                    "run again: if they change each time, read it with `mode: incremental`",
                );
                return Ok(());
            }
            if let Some(version) = self.coming {
                // What has come of it would take the place of all rows before anybody has said that it may.
                self.refuse(
                    &format!(
                        "its columns changed in the middle of version {version}, before the tap said that it counts"
                    ),
                    IGNORE_VERSIONS,
                );
                return Ok(());
            }
            return self.end(end);
        }
        Ok(())
    }

    /// A RECORD.
    pub(super) fn row(
        &mut self,
        line: &[u8],
        number: u64,
        steps: &mpsc::Sender<Step>,
        end: impl Fn() -> PartEnd,
    ) -> Result<(), Stop> {
        if self.follows_versions
            && let Some(version) = version(line)
            && self.version != Some(version)
        {
            self.arrive(version, end)?;
            if self.is_over {
                return Ok(());
            }
        }
        let Some(part) = self.open(steps)? else { return Ok(()) };
        part.rows.push(line, number);
        if part.rows.data.len() >= BLOCK_BYTES { self.flush() } else { Ok(()) }
    }

    /// Rows of another version begin to come.
    fn arrive(&mut self, version: i64, end: impl Fn() -> PartEnd) -> Result<(), Stop> {
        // Nothing is there that they could take the place of.
        if self.table.is_full || (self.version.is_none() && self.table.position.is_none()) {
            self.version = Some(version);
        } else if let Some(other) = self.coming.filter(|coming| *coming != version) {
            self.refuse(
                &format!("rows of version {version} came before the tap said whether those of version {other} count"),
                IGNORE_VERSIONS,
            );
        } else if self.coming.is_none() {
            self.coming = Some(version);
            self.end(end())?;
            self.replaces_all = true;
        }
        Ok(())
    }

    /// An ACTIVATE_VERSION: rows of others are no more.
    pub(super) fn activate(&mut self, version: i64, end: PartEnd) -> Result<(), Stop> {
        if !self.follows_versions || !self.is_wanted() || self.table.is_full {
            return Ok(());
        }
        if self.coming == Some(version) {
            self.coming = None;
        } else if let Some(other) = self.coming {
            self.refuse(
                &format!(
                    "the tap said that version {version} counts, after rows of version {other} of which it said nothing"
                ),
                IGNORE_VERSIONS,
            );
            return Ok(());
        } else if self.version != Some(version) && (self.version.is_some() || self.table.position.is_some()) {
            // Its rows come behind it.
            self.end(end)?;
            self.replaces_all = true;
        }
        self.version = Some(version);
        Ok(())
    }

    /// A BATCH; how many bytes its rows were.
    pub(super) fn files(
        &mut self,
        encoding: &Value,
        manifest: &[String],
        line: u64,
        steps: &mpsc::Sender<Step>,
    ) -> Result<u64, Stop> {
        let files = match batch_files(encoding, manifest) {
            Ok(files) => files,
            Err(reason) => return Err(Stop::Failed(unreadable(&self.table.from, line, reason))),
        };
        if self.open(steps)?.is_none() {
            return Ok(0);
        }
        self.flush()?;
        let mut bytes = 0;
        for file in files {
            let read = file.read(&mut |slot| {
                self.give(slot);
                !self.is_over
            });
            match read {
                Ok(more) => bytes += more,
                // The other tables land on.
                Err(error) => {
                    self.give(Slot::Failed(error));
                    self.pass_over();
                }
            }
        }
        Ok(bytes)
    }

    /// The open unit, which begins if there is none.
    fn open(&mut self, steps: &mpsc::Sender<Step>) -> Result<Option<&mut Open>, Stop> {
        if self.part.is_none() {
            let Some(columns) = &self.columns else {
                return Err(Stop::Failed(ConnectError::Request {
                    from: self.table.from.clone(),
                    reason: "the tap sent a row before a SCHEMA".to_owned(),
                    advice: "look for a later version of the tap".to_owned(),
                }));
            };
            let (slots, receiver) = mpsc::channel(WAITING);
            let gate = FeedGate::default();
            let part = FedPart {
                from: self.table.from.clone(),
                columns: columns.as_ref().clone(),
                replaces_all: std::mem::take(&mut self.replaces_all),
                stale: std::mem::take(&mut self.stale),
                threads: self.threads,
                gate: gate.clone(),
                slots: Mutex::new(Some(receiver)),
            };
            let step = FeedStep::Unit { from: self.table.from.clone(), snapshot: Arc::new(part), gate };
            steps.blocking_send(Ok(step)).map_err(|_| Stop::Unheard)?;
            self.has_come = true;
            self.part = Some(Open { slots, rows: RawRows::default(), columns: Arc::clone(columns) });
        }
        Ok(self.part.as_mut())
    }

    fn flush(&mut self) -> Result<(), Stop> {
        if let Some(part) = &mut self.part
            && !part.rows.lines.is_empty()
        {
            let rows = std::mem::take(&mut part.rows);
            self.give(Slot::Rows(rows));
        }
        Ok(())
    }

    /// Hands something over; a landing that does not listen any more has failed, and says so itself.
    fn give(&mut self, slot: Slot) {
        if let Some(part) = &self.part
            && part.slots.blocking_send(slot).is_err()
        {
            self.pass_over();
        }
    }

    /// Ends the open unit, if there is one.
    pub(super) fn end(&mut self, mut end: PartEnd) -> Result<(), Stop> {
        if self.part.is_none() {
            return Ok(());
        }
        if let Some(then) = &mut end.then {
            then.version = self.version;
        }
        self.flush()?;
        self.give(Slot::End(end));
        self.part = None;
        Ok(())
    }

    /// The tap has ended: a table of which no row came is made, or is empty now.
    pub(super) fn settle(&mut self, steps: &mpsc::Sender<Step>) -> Result<(), Stop> {
        if !self.is_wanted() || self.columns.is_none() {
            return Ok(());
        }
        if let Some(version) = self.coming {
            let _ = self.open(steps)?;
            self.refuse(
                &format!("its rows of version {version} came without a word on whether they count"),
                IGNORE_VERSIONS,
            );
            return Ok(());
        }
        let is_new = self.table.position.is_none() && !self.table.is_full;
        if !self.has_come && (self.table.is_full || is_new) || self.replaces_all {
            self.open(steps)?;
        }
        Ok(())
    }

    /// Fails the open unit alone.
    fn refuse(&mut self, reason: &str, advice: &str) {
        let from = self.table.from.clone();
        let error = ConnectError::Request { from, reason: reason.to_owned(), advice: advice.to_owned() };
        self.give(Slot::Failed(error));
        self.pass_over();
    }

    /// Fails the open unit with the whole feed.
    pub(super) fn fail(&mut self, error: impl Fn(&str) -> ConnectError) {
        let error = error(&self.table.from);
        self.give(Slot::Failed(error));
        self.pass_over();
    }
}

fn is_same_columns(part: &Open, columns: Option<&Arc<Vec<StreamColumn>>>) -> bool {
    columns.is_some_and(|columns| {
        part.columns.len() == columns.len() && columns.iter().all(|column| part.columns.contains(column))
    })
}
