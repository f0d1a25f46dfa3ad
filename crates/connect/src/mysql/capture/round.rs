//! One round of change capture: several tables at one place of the log.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::folded_rows::FoldedRows;
use super::followed_table::FollowedTable;
use super::log_place::LogPlace;
use super::position::{KnownColumn, Position, known_columns};
use super::target::can_be_followed;
use crate::capture::Refusal;
use crate::capture::{FoldBatches, changes, with_position};
use crate::mysql::catalog::Table;
use crate::mysql::snapshot::MySqlSnapshot;
use crate::{BatchStream, Capture, ConnectError, Note, ReadMode, ReadPlan, ReadRequest, ReadUnit, Snapshot};

/// A table without changes gets a commit with nothing but its place in the log when it has fallen behind by this many bytes, or
/// by a file: servers remove the oldest files of their log after a time.
const HEARTBEAT_BYTES: u64 = 16 << 20;

/// One round of change capture.
pub(crate) struct Round {
    /// The server's own name of itself.
    pub(super) server: String,
    /// From where on the log has what the snapshot has not …
    pub(super) since: LogPlace,
    /// … and up to where it may have what that has, too.
    pub(super) copied: Option<LogPlace>,
    /// When that was asked for.
    pub(super) copied_at_s: Option<u32>,
    /// When the file of `since` was begun.
    pub(super) begun: u32,
    /// Up to where changes were read, and when that file was begun.
    pub(super) read_to: LogPlace,
    pub(super) read_to_begun: u32,
    pub(super) has_more: bool,
    /// Tables are read whole through it.
    pub(super) snapshot: MySqlSnapshot,
    /// By their names in requests.
    pub(super) tables: HashMap<String, CapturedTable>,
}

/// A table in a round.
pub(crate) enum CapturedTable {
    /// All of it is read.
    Whole { table: Table, reason: Option<String> },
    /// What changed is read.
    Changes { table: Table, key: Vec<String>, changes: Arc<FollowedTable> },
    /// It cannot be captured.
    Refused(Refusal),
}

impl Round {
    fn table(&self, from: &str) -> Result<&CapturedTable, ConnectError> {
        match self.tables.get(from) {
            Some(CapturedTable::Refused(refusal)) => Err(refusal.of(from)),
            Some(table) => Ok(table),
            None => Err(Refusal::new(
                "it was not among the tables of this capture",
                "read tables with the capture that they were named for",
            )
            .of(from)),
        }
    }

    /// Where a table is that was read whole.
    fn copied(&self, table: &Table) -> Position {
        Position {
            server: self.server.clone(),
            place: self.since.clone(),
            copied: self.copied.clone(),
            copied_at_s: self.copied_at_s,
            begun: self.begun,
            columns: known_columns(table),
            is_altered: false,
        }
    }

    /// Where a table is that was followed.
    fn followed(&self, table: &Table, changes: &FollowedTable) -> Position {
        let before = changes.position();
        let copied = before.copied.clone().filter(|copied| *copied > self.read_to);
        let known = known_columns(table);
        let column = |name: &str| {
            let mut columns = known.iter().chain(&before.columns);
            let found = columns.find(|column| column.name == name).cloned();
            let nothing = || KnownColumn { name: name.to_owned(), source_type: String::new(), character_set: None };
            found.unwrap_or_else(nothing)
        };
        let columns = if changes.is_altered() {
            before.columns.clone()
        } else {
            changes.columns().iter().map(|known| column(&known.name)).collect()
        };
        Position {
            server: self.server.clone(),
            place: self.read_to.clone(),
            copied_at_s: before.copied_at_s.filter(|_| copied.is_some()),
            copied,
            begun: self.read_to_begun,
            columns,
            is_altered: changes.is_altered(),
        }
    }
}

fn whole(request: &ReadRequest) -> ReadRequest {
    ReadRequest { mode: ReadMode::Full, position: None, ..request.clone() }
}

#[async_trait]
impl Snapshot for Round {
    async fn plan(&self, request: &ReadRequest) -> Result<ReadPlan, ConnectError> {
        let table = self.table(&request.from)?;
        let mut plan = self.snapshot.plan(&whole(request)).await?;
        match table {
            CapturedTable::Whole { reason, .. } => {
                plan.replaces_all = request.position.is_some();
                plan.notes.extend(reason.as_ref().map(|reason| Note {
                    id: Note::CAPTURED_ANEW,
                    message: format!("all of `{}` is read again: {reason}", request.from),
                }));
            }
            CapturedTable::Changes { changes, .. } => {
                let folded = changes.changes();
                let behind = changes.position().place.bytes_behind(&self.read_to);
                let drift = plan.drift();
                plan.replaces_all = folded.is_truncated();
                plan.notes.extend(folded.notes(&request.from));
                // Whose columns changed is looked at, whether rows came or not.
                let is_altered = changes.is_altered() && !changes.position().is_altered;
                plan.units = if folded.is_empty() && behind < HEARTBEAT_BYTES && !is_altered {
                    Vec::new()
                } else {
                    vec![ReadUnit {
                        label: format!("{} (changes)", request.from),
                        replaces_batch: None,
                        size_bytes: Some(folded.size_bytes() as u64),
                        rows: Some(folded.fates().len() as u64),
                        drift,
                        detail: Value::Null,
                    }]
                };
            }
            CapturedTable::Refused(_) => {}
        }
        plan.request = Arc::new(request.clone());
        Ok(plan)
    }

    async fn read(&self, plan: &ReadPlan, unit: &ReadUnit) -> Result<BatchStream, ConnectError> {
        let from = &plan.request.from;
        match self.table(from)? {
            CapturedTable::Changes { table, key, changes: followed } => {
                can_be_followed(table, plan).map_err(|refusal| refusal.of(from))?;
                let batches = FoldBatches {
                    from: from.clone(),
                    table: FoldedRows::new(from, Arc::clone(followed), table),
                    schema: Arc::clone(&plan.schema),
                    key: key.clone(),
                    misfits: plan.misfits.clone(),
                };
                let end = self.followed(table, followed).to_value();
                Ok(changes(batches, plan.request.batch_rows.max(1), end, FoldedRows::notes))
            }
            CapturedTable::Whole { table, .. } => {
                can_be_followed(table, plan).map_err(|refusal| refusal.of(from))?;
                let plan = ReadPlan { request: Arc::new(whole(&plan.request)), ..plan.clone() };
                let stream = self.snapshot.read(&plan, unit).await?;
                Ok(with_position(stream, self.copied(table).to_value()))
            }
            CapturedTable::Refused(refusal) => Err(refusal.of(from)),
        }
    }
}

#[async_trait]
impl Capture for Round {
    fn has_more(&self) -> bool {
        self.has_more
    }

    fn notes(&self) -> Vec<Note> {
        Vec::new()
    }

    /// A server of MySQL's family keeps its log for as long as it is told to, whoever has read it.
    async fn confirm(&self, _positions: &[Value]) -> Result<(), ConnectError> {
        Ok(())
    }
}
