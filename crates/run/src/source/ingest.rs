//! Lands one source table: read, obfuscate, stage, audit, commit, unit by unit.
use std::collections::BTreeMap;
use std::sync::Arc;

use ade_connect::{ReadMode, ReadPlan, ReadRequest, Settings, Snapshot as SourceSnapshot, TextForms};
use ade_diagnostic::count;
use ade_lake::{At, LakeError, Lease, Snapshot, TableName};
use ade_project::NodeId;
use ade_project::resource::{DriftKind, DriftPolicy, Ingest, IngestMode, Overlap, SourceTable};
use arrow::datatypes::DataType;
use futures::FutureExt;
use serde_json::Value;

use super::arrival::{Arrival, Landed};
use super::capturing::Capturing;
use super::contract;
use super::decided::Decided;
use super::door::Door;
use super::drift::Retyping;
use super::feeding::Feeding;
use super::landing::Landing;
use super::losses::Losses;
use super::quarantine::beside;
use super::shape::JsonShape;
use super::switched::{Switched, position};
use super::tally::Tally;
use crate::build::{Build, Groups, Outcome, TaskError};
use crate::error::RunError;
use crate::event::Status;
use crate::workspace::Workspace;

/// Rows of a batch between connector and lake.
const BATCH_ROWS: usize = 16_384;

/// Bytes of the source that may go into one commit however small the table is.
const GROUP_BYTES: u64 = 1 << 30;

/// Lands one source table.
pub(crate) async fn ingest(build: &Build, source: &SourceTable, checks: &[NodeId]) -> Result<Outcome, TaskError> {
    let (Some(name), Some(declared)) = (&source.connection, &source.ingest) else { return Ok(Outcome::unchanged()) };
    let workspace = &build.workspace;
    let Some(connection) = workspace.project.connections.get(name) else {
        return Err(RunError::usage(format!("there is no connection `{name}`"), None).into());
    };
    if declared.mode == IngestMode::Capture {
        let read = |group| Capturing::new(build, connection, group).all().boxed();
        return build.captures.outcome(connection, &source.id, read).await;
    }
    if connection.kind == "events" {
        return build.collected.outcome(build, connection, &source.id, checks).await;
    }
    if build.connections.is_feed(connection)? {
        let read = |group| Feeding::new(build, connection, group).all().boxed();
        return build.feeds.outcome(connection, &source.id, read).await;
    }
    let spec = build.connections.spec(connection)?;
    let options =
        spec.table_options(&declared.options).map_err(|problems| ade_connect::ConnectError::Settings { problems })?;
    let table = Workspace::table_name(&source.relation)?;
    let lease = workspace.lake.lease(&table, "ade").await?;
    let reading = async {
        let version = workspace.lake.version(&table).await?;
        let snapshot = build.connections.snapshot(connection, workspace, &table, version).await?;
        let anew = build.options.full_refresh;
        let landing = TableLanding { build, source, declared, table: &table, lease: &lease, checks, anew };
        Box::pin(landing.land(snapshot.as_ref(), options)).await
    };
    let result = Box::pin(reading).await;
    build.connections.finished(name).await;
    workspace.release(&table, &lease).await;
    result
}

/// A source table on its way into its table of the lake, whose lease is held.
pub(super) struct TableLanding<'a> {
    pub(super) build: &'a Build,
    pub(super) source: &'a SourceTable,
    pub(super) declared: &'a Ingest,
    pub(super) table: &'a TableName,
    pub(super) lease: &'a Lease,
    pub(super) checks: &'a [NodeId],
    /// Whether nothing that is there counts: all of it is read.
    pub(super) anew: bool,
}

/// All units of a read, on their way in groups.
struct Units<'a> {
    table: &'a TableLanding<'a>,
    decided: &'a Decided,
    whole: bool,
    /// Where the source has been read to by what is committed.
    position: Option<Value>,
    /// The shapes of documents by what is committed.
    shapes: BTreeMap<String, JsonShape>,
    /// Rows that are committed.
    rows: u64,
    /// Rows that a check stopped.
    refused: u64,
    /// Values that treatments did not understand.
    losses: Losses,
    /// Rows that were told apart.
    tally: Tally,
}

impl Units<'_> {
    /// Lands the units group by group, until one is stopped that cannot be tried in parts. Gives the error of a unit that
    /// could not be read; those before it have landed then, unless a check stopped them.
    async fn land(
        &mut self,
        snapshot: &dyn SourceSnapshot,
        groups: &mut Groups,
        outcome: &mut Outcome,
    ) -> Option<TaskError> {
        let mut failure = None;
        while let Some(group) = groups.next() {
            let Self { table, decided, whole, ref shapes, .. } = *self;
            let units = &decided.plan.units[group];
            let arrival = Arrival { table, decided, units, whole, shapes };
            match Box::pin(arrival.land(snapshot, self.position.as_ref(), self.rows)).await {
                Ok(Landed::Committed(committed)) => {
                    groups.committed();
                    self.rows += committed.rows;
                    self.position = committed.position;
                    self.shapes = committed.shapes;
                    outcome.version = Some(committed.version);
                    outcome.batches.extend(committed.batches);
                    outcome.notes(&committed.notes);
                    self.losses.merge(committed.losses);
                    self.tally.merge(committed.tally);
                    if let Some(before) = committed.emptied {
                        // A source that lost everything and one that could not be read whole look alike.
                        outcome.warn();
                        outcome.note(&format!("the table is empty now; before it had {}", count(before, "row")));
                    }
                    outcome.audited(committed.checks);
                }
                Ok(Landed::Same(notes, losses, tally)) => {
                    groups.committed();
                    outcome.notes(&notes);
                    self.losses.merge(losses);
                    self.tally.merge(tally);
                    outcome.status = if outcome.status == Status::Warned { Status::Warned } else { Status::Unchanged };
                }
                Ok(Landed::Stopped(refused)) => {
                    if !groups.stopped() {
                        self.refused = refused.rows;
                        outcome.audited(refused.checks);
                        outcome.notes(&refused.notes);
                        let labels: Vec<&str> = units.iter().take(3).map(|unit| unit.label.as_str()).collect();
                        outcome.note(&format!("nothing of {} has landed", labels.join(", ")));
                    }
                }
                Ok(Landed::Broken(place, error)) => {
                    groups.broken(place);
                    failure = Some(error);
                }
                Err(error) => return Some(error),
            }
        }
        failure
    }
}

/// What a table remembers of how it landed.
pub(super) fn landed(table: &Snapshot) -> Option<Landing> {
    table.state().fingerprint.as_deref().and_then(Landing::parse)
}

impl TableLanding<'_> {
    /// Reads what is new of the table and lands it.
    pub(super) async fn land(&self, snapshot: &dyn SourceSnapshot, options: Settings) -> Result<Outcome, TaskError> {
        let current = match self.build.workspace.lake.snapshot(self.table, At::Latest).await {
            Ok(current) => Some(current),
            Err(LakeError::NoTable { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        // Without a position nobody knows which rows are there already (they landed in full mode): all of it again.
        let known = current.as_ref().filter(|_| !self.anew);
        let switched = known.and_then(|table| Switched::since(table, self.declared.mode));
        let switched = switched.map(|switched| switched.taken(self.source)).transpose();
        let switched = switched.map_err(TaskError::Diagnostics)?;
        let position = known.and_then(|table| position(table, self.declared.mode));
        let known = known.filter(|_| position.is_some());
        let (mut plan, retyping) = self.plan(snapshot, options, current.as_ref(), position.clone()).await?;
        let renamings = self.renamings(snapshot, &plan, current.as_ref()).await;
        let mut outcome = Outcome::new(Status::Success);
        plan.notes.extend(switched);
        for note in &plan.notes {
            outcome.note(&note.message);
            if note.is_warning() {
                outcome.warn();
            }
        }
        if plan.units.is_empty() && current.is_some() {
            // Promises are held and columns are decided about all the same.
            let request = Arc::clone(&plan.request);
            let decided = self.decide(plan, &retyping, current.as_ref(), false, &renamings, &mut outcome).await?;
            if outcome.status == Status::Success {
                outcome.status = Status::Unchanged;
            }
            Box::pin(self.sweep(snapshot, &request, &retyping, Some(&decided.sieve), &mut outcome)).await?;
            self.tell_stale(&decided, &mut outcome).await;
            return Ok(outcome);
        }
        let whole = known.is_none() || self.declared.mode == IngestMode::Full || plan.replaces_all;
        let position = position.filter(|_| !whole);
        let reads_nothing = plan.units.iter().all(|unit| unit.size_bytes == Some(0));
        let goes_on = known.or(current.as_ref().filter(|_| plan.replaces_all));
        let decided = match goes_on.filter(|_| reads_nothing && self.declared.mode == IngestMode::Incremental) {
            Some(current) => Decided::nothing_read(plan, current)?,
            None => self.decide(plan, &retyping, current.as_ref(), whole, &renamings, &mut outcome).await?,
        };
        let units = &decided.plan.units;
        // What replaces everything becomes visible at once.
        let mut groups = if whole {
            Groups::whole(units.len())
        } else {
            let sizes: Vec<u64> = units.iter().map(|unit| unit.size_bytes.unwrap_or(0)).collect();
            let there: u64 = current.iter().flat_map(Snapshot::files).map(|file| file.size_bytes).sum();
            Groups::new(&sizes, there.max(GROUP_BYTES))
        };
        let planned = units.len();
        let mut units = Units {
            table: self,
            decided: &decided,
            whole,
            position,
            shapes: decided.landing.shapes.clone(),
            rows: 0,
            refused: 0,
            losses: Losses::default(),
            tally: Tally::default(),
        };
        let failure = Box::pin(units.land(snapshot, &mut groups, &mut outcome)).await;
        outcome.notes(&units.losses.notes());
        outcome.notes(&units.tally.notes(&beside(self.table)?.to_string(), self.source.on_delete));
        if outcome.status == Status::Success && (units.losses.is_warning() || units.tally.is_warning()) {
            outcome.warn();
        }
        if let Some(error) = failure {
            // A conflict is answered by planning anew, from what is committed.
            if groups.done() == 0 || error.is_conflict() {
                return Err(error);
            }
            outcome.status = Status::Failed;
            outcome.note(&error.message());
        }
        if !outcome.status.is_good() && groups.done() > 0 {
            outcome.note(&format!("{} of {} landed before it", groups.done(), count(planned, "unit")));
        }
        // What has landed counts; where nothing has, what might have.
        let rows = if outcome.version.is_some() { units.rows } else { units.rows + units.refused };
        outcome.rows = (outcome.status != Status::Unchanged).then_some(rows);
        if outcome.status.is_good() && !whole {
            let sieve = (!reads_nothing).then_some(&decided.sieve);
            Box::pin(self.sweep(snapshot, &decided.plan.request, &retyping, sieve, &mut outcome)).await?;
            if !reads_nothing {
                self.tell_stale(&decided, &mut outcome).await;
            }
        }
        Ok(outcome)
    }

    /// What the source will give, and what was settled about columns of other types.
    pub(super) async fn plan(
        &self,
        snapshot: &dyn SourceSnapshot,
        options: Settings,
        current: Option<&Snapshot>,
        position: Option<Value>,
    ) -> Result<(ReadPlan, Retyping), TaskError> {
        // Rows that go on where others ended; otherwise they take the place of all that is there.
        let known = current.filter(|_| position.is_some());
        let replaced = current.filter(|_| position.is_none()).and_then(|table| table.state().position.clone());
        let before = known.and_then(landed).filter(|_| self.declared.mode != IngestMode::Full);
        let mut promised = contract::promised(self.source).map_err(TaskError::Diagnostics)?;
        if self.declared.mode == IngestMode::Incremental
            && let Some(before) = &before
        {
            promised = promised.map(|promised| before.typed(&promised));
        }
        let door = Door::new(self.source);
        let outside = |name: &String| door.outside(name).to_owned();
        let mode = match self.declared.mode {
            IngestMode::Full => ReadMode::Full,
            IngestMode::Incremental => ReadMode::Incremental {
                cursor: self.declared.cursor.as_ref().map(outside),
                overlap: self.declared.overlap.map(overlap),
                key: door.outside_all(&self.declared.key),
            },
            IngestMode::Capture => ReadMode::Capture { key: door.outside_all(&self.declared.key) },
        };
        let mut retyping = Retyping::expected(self.source, promised.as_deref(), before.as_ref(), &self.types_values());
        promised = promised.map(|promised| retyping.applied(&promised));
        let mut request = ReadRequest {
            table: self.source.relation.to_string(),
            from: self.declared.from.clone(),
            options: options.with_names(TextForms::COLUMNS, |name| door.outside(name).to_owned()),
            mode,
            position,
            replaced,
            promised: promised.as_ref().map(|promised| door.schema_outside(promised)),
            columns: None,
            rejects: self.source.drift.policy(DriftKind::BrokenRecord, "", &[]) != DriftPolicy::Stop,
            batch_rows: BATCH_ROWS,
        };
        let plan = snapshot.plan(&request).await?;
        let before = before.filter(|_| !plan.replaces_all);
        if retyping.settle(self.source, &door, &plan.drift(), promised.as_deref(), before.as_ref()) {
            request.promised = promised.map(|promised| door.schema_outside(&retyping.applied(&promised)));
            return Ok((snapshot.plan(&request).await?, retyping));
        }
        Ok((plan, retyping))
    }

    /// The kind of connection that it is read by.
    pub(super) fn kind(&self) -> &str {
        let connections = &self.build.workspace.project.connections;
        let connection = self.source.connection.as_ref().and_then(|name| connections.get(name));
        connection.map(|connection| connection.kind.as_str()).unwrap_or_default()
    }

    /// Whether the same row may be delivered more than once.
    pub(super) fn is_of_files(&self) -> bool {
        matches!(self.kind(), "files" | "kafka")
    }

    /// Whether what is read are events, of which one comes after the other for the same key.
    pub(super) fn is_of_events(&self) -> bool {
        self.kind() == "events"
    }

    /// Whether rows say only what is new of theirs: traits of users.
    pub(super) fn merges_rows(&self) -> bool {
        self.is_of_events() && self.declared.from == "users"
    }

    /// Whether the source types values of columns of this kind rather than the columns.
    fn types_values(&self) -> impl Fn(&DataType) -> bool {
        let kind = self.kind();
        move |data_type| match kind {
            "files" | "kafka" | "singer" => {
                data_type.is_numeric() || data_type.is_temporal() || *data_type == DataType::Boolean
            }
            // What a number of SQLite means as a time depends on its column.
            "sqlite" => data_type.is_numeric() || *data_type == DataType::Boolean,
            _ => false,
        }
    }
}

fn overlap(declared: Overlap) -> ade_connect::Overlap {
    match declared {
        Overlap::Time(duration) => ade_connect::Overlap::Time(duration),
        Overlap::Amount(amount) => ade_connect::Overlap::Amount(amount.unsigned_abs()),
    }
}
