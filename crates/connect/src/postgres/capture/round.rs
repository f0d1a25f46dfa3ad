//! One round of change capture: several tables at one place of the log.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use serde_json::Value;

use super::folded_rows::FoldedRows;
use super::followed_table::FollowedTable;
use super::lsn::Lsn;
use super::position::Position;
use super::publication::Published;
use super::replication::Replication;
use super::target::Target;
use super::transaction_view::TransactionView;
use crate::capture::{FoldBatches, Refusal, changes, with_position};
use crate::postgres::endpoint::Endpoint;
use crate::postgres::unit::Unit;
use crate::{BatchStream, Capture, ConnectError, Note, ReadMode, ReadPlan, ReadRequest, ReadUnit, Snapshot};

/// A table without changes gets a commit with nothing but its place in the log when it has fallen behind by this many bytes:
/// the source keeps its log for the table that is furthest behind.
const HEARTBEAT_BYTES: u64 = 16 << 20;

/// One round of change capture.
pub(crate) struct Round {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) slot: String,
    pub(super) publication: String,
    /// The server's number and the database's.
    pub(super) database: String,
    /// What the slot had confirmed when the round began.
    pub(super) confirmed: Lsn,
    /// Tables are read whole through it.
    pub(super) snapshot: Box<dyn Snapshot>,
    /// What it sees.
    pub(super) view: TransactionView,
    /// By their names in requests.
    pub(super) tables: HashMap<String, CapturedTable>,
    /// Where tables were read to for which the log is not kept any more.
    pub(super) given_up: Vec<Position>,
    /// Up to where changes were read.
    pub(super) read_to: Lsn,
    pub(super) has_more: bool,
    pub(super) notes: Vec<Note>,
}

/// A table in a round.
pub(crate) enum CapturedTable {
    /// All of it is read. What has committed before `since` or is seen by the snapshot is in it then.
    Whole { target: Target, published: Published, since: Lsn, reason: Option<String> },
    /// What changed is read.
    Changes { target: Target, key: Vec<String>, position: Position, table: Arc<FollowedTable> },
    /// It cannot be captured.
    Refused(Refusal),
}

impl Round {
    fn table(&self, from: &str) -> Result<&CapturedTable, ConnectError> {
        let missing = || ConnectError::Request {
            from: from.to_owned(),
            reason: "it was not among the tables of this capture".to_owned(),
            advice: "read tables with the capture that they were named for".to_owned(),
        };
        match self.tables.get(from).ok_or_else(missing)? {
            CapturedTable::Refused(refusal) => Err(refusal.of(from)),
            table => Ok(table),
        }
    }

    /// What the log does not have cannot be followed, however it was read first.
    fn refuse_generated(target: &Target, plan: &ReadPlan) -> Result<(), ConnectError> {
        let generated = target.generated.iter().find(|name| plan.schema.field_with_name(name).is_ok());
        generated.map_or(Ok(()), |name| {
            Err(ConnectError::Request {
                from: plan.request.from.clone(),
                reason: format!("its column `{name}` is computed by the database, whose log does not have it"),
                advice: format!(
                    "leave it out (`privacy: {{class: public, treatment: drop}}` at `{name}`) and compute it in a model"
                ),
            })
        })
    }

    fn position(&self, target: &Target, published: Published, lsn: Lsn, copied: Option<TransactionView>) -> Position {
        Position {
            database: self.database.clone(),
            slot: self.slot.clone(),
            published,
            table: target.relation.table,
            lsn,
            copied,
            shape: target.shape.clone(),
        }
    }
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
            CapturedTable::Changes { position, table, .. } => {
                let folded = table.changes();
                let behind = self.read_to.0.saturating_sub(position.lsn.0);
                let drift = plan.drift();
                // What the columns are read as.
                let detail = plan.units.pop().map_or(Value::Null, |unit| unit.detail);
                plan.replaces_all = folded.is_truncated();
                plan.notes.extend(folded.notes(&request.from));
                plan.units = if folded.is_empty() && behind < HEARTBEAT_BYTES {
                    Vec::new()
                } else {
                    vec![ReadUnit {
                        label: format!("{} (changes)", request.from),
                        replaces_batch: None,
                        size_bytes: Some(folded.size_bytes() as u64),
                        rows: Some(folded.fates().len() as u64),
                        drift,
                        detail,
                    }]
                };
            }
            CapturedTable::Refused(_) => {}
        }
        plan.request = Arc::new(request.clone());
        Ok(plan)
    }

    async fn read(&self, plan: &ReadPlan, unit: &ReadUnit) -> Result<BatchStream, ConnectError> {
        match self.table(&plan.request.from)? {
            CapturedTable::Changes { target, key, table, position } => {
                Self::refuse_generated(target, plan)?;
                let settled = position.copied.as_ref().is_none_or(|copied| copied.is_settled_by(&self.view));
                let copied = position.copied.clone().filter(|_| !settled || self.has_more);
                let mut end = self.position(target, position.published, self.read_to, copied);
                end.shape = target.shape.told(table.relation());
                let stored: Unit =
                    serde_json::from_value(unit.detail.clone()).map_err(|_| not_planned(&plan.request.from))?;
                let selected = stored.selected(&plan.schema)?.columns.into_iter();
                let from = &plan.request.from;
                let readings = selected.map(|(name, _, reading)| (name, reading)).collect();
                let batches = FoldBatches {
                    from: from.clone(),
                    table: FoldedRows::new(from, Arc::clone(table), readings),
                    schema: Arc::clone(&plan.schema),
                    key: key.clone(),
                    misfits: plan.misfits.clone(),
                };
                Ok(changes(batches, plan.request.batch_rows.max(1), end.to_value(), FoldedRows::notes))
            }
            CapturedTable::Whole { target, published, since, .. } => {
                Self::refuse_generated(target, plan)?;
                let whole = ReadPlan { request: Arc::new(whole(&plan.request)), ..plan.clone() };
                let stream = self.snapshot.read(&whole, unit).await?;
                let end = self.position(target, *published, *since, Some(self.view.clone()));
                Ok(with_position(stream, end.to_value()))
            }
            CapturedTable::Refused(_) => Err(not_planned(&plan.request.from)),
        }
    }

    async fn rows_of(&self, plan: &ReadPlan, keys: &RecordBatch) -> Result<Option<Vec<RecordBatch>>, ConnectError> {
        // What has happened to a row since the place up to which the log was read comes again, and leaves it as it is.
        let whole = ReadPlan { request: Arc::new(whole(&plan.request)), ..plan.clone() };
        self.snapshot.rows_of(&whole, keys).await
    }
}

#[async_trait]
impl Capture for Round {
    fn has_more(&self) -> bool {
        self.has_more
    }

    fn notes(&self) -> Vec<Note> {
        self.notes.clone()
    }

    async fn confirm(&self, positions: &[Value]) -> Result<(), ConnectError> {
        let ours = positions.iter().filter_map(|position| serde_json::from_value::<Position>(position.clone()).ok());
        let ours = ours.filter(|position| {
            let is_ours = position.slot == self.slot && position.database == self.database;
            is_ours && position.lsn >= self.confirmed && !self.given_up.contains(position)
        });
        // Nothing that has landed needs the log: what is there may go.
        let least = ours.map(|position| position.lsn).min().unwrap_or(self.read_to);
        if least <= self.confirmed {
            return Ok(());
        }
        let mut replication = Replication::start(&self.endpoint, &self.slot, &self.publication, least).await?;
        replication.confirm(least).await.map_err(|error| error.of_reading(&self.slot, 0))
    }
}

fn whole(request: &ReadRequest) -> ReadRequest {
    ReadRequest { mode: ReadMode::Full, position: None, ..request.clone() }
}

fn not_planned(from: &str) -> ConnectError {
    ConnectError::Request {
        from: from.to_owned(),
        reason: "the unit was not planned by this capture".to_owned(),
        advice: "read units with the capture that planned them".to_owned(),
    }
}
