//! Lands one source table: read, obfuscate, stage, audit, commit, unit by unit.
use std::collections::HashSet;
use std::sync::Arc;

use ade_connect::{ReadMode, ReadPlan, ReadRequest, Settings, Snapshot as SourceSnapshot};
use ade_diagnostic::{Diagnostic, rule};
use ade_lake::{At, LakeError, Lease, Snapshot, TableName};
use ade_privacy::{Class, Keyring, Obfuscator, Policy, Treatment};
use ade_project::NodeId;
use ade_project::resource::{Ingest, IngestMode, OnNewColumn, Overlap, SourceTable};
use arrow::datatypes::{Schema, SchemaRef};
use serde_json::Value;

use super::arrival::{Arrival, Landed};
use super::continuity::{Continuity, origin};
use super::contract;
use super::door::Door;
use super::key::{folded_keys, missing_keys};
use super::landing::Landing;
use super::losses::Losses;
use super::stamp::stamped;
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
        return build.captures.outcome(build, connection, &source.id).await;
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
    if let Err(error) = workspace.lake.release(&lease).await {
        tracing::warn!(%table, %error, "the lease was not given back; it ends by itself");
    }
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
    /// Rows that are committed.
    rows: u64,
    /// Rows that a check stopped.
    refused: u64,
    /// Values that treatments did not understand.
    losses: Losses,
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
            let Self { table, decided, whole, .. } = *self;
            let units = &decided.plan.units[group];
            let arrival = Arrival { table, decided, units, whole };
            match Box::pin(arrival.land(snapshot, self.position.as_ref(), self.rows)).await {
                Ok(Landed::Committed(committed)) => {
                    groups.committed();
                    self.rows += committed.rows;
                    self.position = committed.position;
                    outcome.version = Some(committed.version);
                    outcome.batches.extend(committed.batches);
                    outcome.notes(&committed.notes);
                    self.losses.merge(committed.losses);
                    if let Some(before) = committed.emptied {
                        // A source that lost everything and one that could not be read whole look alike.
                        outcome.status = Status::Warned;
                        outcome.note(&format!("the table is empty now; before it had {before} rows"));
                    }
                    outcome.audited(committed.checks);
                }
                Ok(Landed::Same(notes, losses)) => {
                    groups.committed();
                    outcome.notes(&notes);
                    self.losses.merge(losses);
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

/// What is decided before the first row is read.
pub(super) struct Decided {
    pub(super) plan: ReadPlan,
    /// The columns that are read, with the names that they have in the lake.
    pub(super) inside: SchemaRef,
    pub(super) obfuscator: Obfuscator,
    /// Of the rows that are staged.
    pub(super) schema: SchemaRef,
    pub(super) landing: Landing,
}

impl Decided {
    /// For a plan that reads no rows, as when a file was removed or renamed: nothing says what the columns are, and there is
    /// nothing to decide about. All that is remembered stays as it is.
    fn nothing_read(plan: ReadPlan, current: &Snapshot) -> Result<Self, TaskError> {
        let plan = plan.keeping(|_| false);
        let obfuscator = Obfuscator::new(&plan.schema, &Policy::new(Vec::new()), &stand_in())?;
        let (inside, schema) = (Arc::clone(&plan.schema), Arc::clone(current.schema()));
        Ok(Self { plan, inside, obfuscator, schema, landing: landed(current).unwrap_or_default() })
    }
}

/// What a table remembers of how it landed.
fn landed(table: &Snapshot) -> Option<Landing> {
    table.state().fingerprint.as_deref().and_then(Landing::parse)
}

/// Where no column asks for a key, nothing is derived from this one.
fn stand_in() -> Keyring {
    Keyring::generate([0; 32])
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
        let position = known.and_then(|table| table.state().position.clone());
        let known = known.filter(|_| position.is_some());
        let plan = self.plan(snapshot, options, current.as_ref(), position.clone()).await?;
        let mut outcome = Outcome::new(Status::Success);
        for note in &plan.notes {
            outcome.note(&note.message);
            if note.is_warning() {
                outcome.status = Status::Warned;
            }
        }
        if plan.units.is_empty() && current.is_some() {
            // Promises are held and columns are decided about all the same.
            self.decide(plan, current.as_ref(), false, &mut outcome)?;
            if outcome.status == Status::Success {
                outcome.status = Status::Unchanged;
            }
            return Ok(outcome);
        }
        let whole = known.is_none() || self.declared.mode == IngestMode::Full || plan.replaces_all;
        let position = position.filter(|_| !whole);
        let reads_nothing = plan.units.iter().all(|unit| unit.size_bytes == Some(0));
        let goes_on = known.or(current.as_ref().filter(|_| plan.replaces_all));
        let decided = match goes_on.filter(|_| reads_nothing && self.declared.mode == IngestMode::Incremental) {
            Some(current) => Decided::nothing_read(plan, current)?,
            None => self.decide(plan, current.as_ref(), whole, &mut outcome)?,
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
        let mut units =
            Units { table: self, decided: &decided, whole, position, rows: 0, refused: 0, losses: Losses::default() };
        let failure = Box::pin(units.land(snapshot, &mut groups, &mut outcome)).await;
        outcome.notes(&units.losses.notes());
        if outcome.status == Status::Success && units.losses.is_warning() {
            outcome.status = Status::Warned;
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
            outcome.note(&format!("{} of {planned} units landed before it", groups.done()));
        }
        // What has landed counts; where nothing has, what might have.
        let rows = if outcome.version.is_some() { units.rows } else { units.rows + units.refused };
        outcome.rows = (outcome.status != Status::Unchanged).then_some(rows);
        Ok(outcome)
    }

    async fn plan(
        &self,
        snapshot: &dyn SourceSnapshot,
        options: Settings,
        current: Option<&Snapshot>,
        position: Option<Value>,
    ) -> Result<ReadPlan, TaskError> {
        // Rows that go on where others ended; otherwise they take the place of all that is there.
        let known = current.filter(|_| position.is_some());
        let replaced = current.filter(|_| position.is_none()).and_then(|table| table.state().position.clone());
        let mut promised = contract::promised(self.source).map_err(TaskError::Diagnostics)?;
        if self.declared.mode == IngestMode::Incremental
            && let Some(before) = known.and_then(landed)
        {
            promised = promised.map(|promised| before.typed(&promised));
        }
        let door = Door::new(self.source);
        promised = promised.map(|promised| door.schema_outside(&promised));
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
        let request = ReadRequest {
            table: self.source.relation.to_string(),
            from: self.declared.from.clone(),
            options,
            mode,
            position,
            replaced,
            promised,
            columns: None,
            batch_rows: BATCH_ROWS,
        };
        Ok(snapshot.plan(&request).await?)
    }

    /// Holds the plan against the contract, decides about every column, and makes the obfuscator.
    fn decide(
        &self,
        plan: ReadPlan,
        current: Option<&Snapshot>,
        whole: bool,
        outcome: &mut Outcome,
    ) -> Result<Decided, TaskError> {
        let door = Door::new(self.source);
        let inside = door.schema_inside(&plan.schema);
        let policy = self.build.obfuscation.policy(self.source, &inside).map_err(TaskError::Diagnostics)?;
        let mut problems = contract::violations(self.source, &plan, &policy);
        problems.extend(self.cursor_is_sensitive(&door, &inside, &policy));
        problems.extend(folded_keys(self.source, &policy, &inside));
        if !problems.is_empty() {
            return Err(TaskError::Diagnostics(problems));
        }
        let left_out: HashSet<String> = policy.unclassified().iter().map(|column| column.column.clone()).collect();
        for column in policy.unclassified() {
            if self.source.on_new_column == OnNewColumn::Quarantine {
                let data_type = ade_engine::type_name(&column.data_type);
                outcome.status = Status::Warned;
                outcome.note(&format!(
                    "new column `{}` ({data_type}) is left out until somebody classifies it",
                    column.column
                ));
            }
        }
        let dropped = |name: &str| policy.column(name).is_some_and(|decided| decided.treatment == Treatment::Drop);
        let plan = plan.keeping(|name| !left_out.contains(door.inside(name)) && !dropped(door.inside(name)));
        let inside = door.schema_inside(&plan.schema);
        let mut problems = missing_keys(self.source, &inside);
        problems.extend(door.problems(self.source, &plan));
        if !problems.is_empty() {
            return Err(TaskError::Diagnostics(problems));
        }
        // What is left out is dropped, also within a struct.
        let mut policy = policy;
        policy.settle_unclassified(&Class::Custom("unclassified".to_owned()), &Treatment::Drop);
        let needs_key = policy
            .columns()
            .iter()
            .any(|decided| matches!(decided.treatment, Treatment::Pseudonym { .. } | Treatment::Encrypt { .. }));
        let keyring = if needs_key { Some(self.build.keyring()?) } else { None };
        let obfuscator = Obfuscator::new(&inside, &policy, &keyring.clone().unwrap_or_else(stand_in))?;
        let key = keyring.map(|keyring| keyring.id().to_string()).unwrap_or_default();
        let landing = Landing::new(&obfuscator, &policy, key, origin(self.source, self.declared));
        let landing = self.continued(current, whole, &plan, &policy, landing, outcome)?;
        let schema = stamped(obfuscator.output_schema());
        Ok(Decided { plan, inside, obfuscator, schema, landing })
    }

    /// The highest value of the cursor is kept in the table's commits as it is, so it must not be one that is hidden in rows.
    fn cursor_is_sensitive(&self, door: &Door, columns: &Schema, policy: &Policy) -> Option<Diagnostic> {
        let cursor = door.inside(self.declared.cursor.as_ref()?);
        let is_it = |name: &str| name.eq_ignore_ascii_case(cursor);
        let decided = policy.columns().iter().find(|decided| is_it(&decided.column));
        let exists = columns.fields().iter().any(|field| is_it(field.name()));
        let why = match decided {
            _ if self.declared.mode != IngestMode::Incremental || !exists => return None,
            Some(decided) if decided.treatment == Treatment::Keep => return None,
            Some(decided) => format!("is treated by `{}`", decided.treatment),
            None => "is not classified".to_owned(),
        };
        let table = format!("{}.{}", self.source.source, self.source.name);
        let message =
            format!("cursor column `{cursor}` of `{table}` {why}, and its highest value would be stored as it is");
        let place = self.source.column(cursor).map_or(&self.declared.origin, |listed| &listed.origin);
        let hint = "use a column as `cursor` that may be seen (`privacy: public`), such as a time of change";
        Some(Diagnostic::error(&rule::INVALID_INGEST, message).at(place.clone()).hint(hint))
    }

    /// What to remember of a landing after the one that the table has.
    fn continued(
        &self,
        current: Option<&Snapshot>,
        replaces: bool,
        plan: &ReadPlan,
        policy: &Policy,
        landing: Landing,
        outcome: &mut Outcome,
    ) -> Result<Landing, TaskError> {
        let Some(before) = current.and_then(landed) else { return Ok(landing) };
        let continuity = Continuity { source: self.source, policy, before: &before, replaces };
        let (landing, note) = continuity.continued(plan, landing).map_err(TaskError::Diagnostics)?;
        if let Some(note) = note {
            outcome.note(&note);
        }
        Ok(landing)
    }
}

fn overlap(declared: Overlap) -> ade_connect::Overlap {
    match declared {
        Overlap::Time(duration) => ade_connect::Overlap::Time(duration),
        Overlap::Amount(amount) => ade_connect::Overlap::Amount(amount.unsigned_abs()),
    }
}
