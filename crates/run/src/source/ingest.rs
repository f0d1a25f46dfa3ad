//! Lands one source table: read, obfuscate, stage, audit, commit, unit by unit.
use std::collections::HashSet;

use ade_connect::{ReadMode, ReadPlan, ReadRequest, Settings, Snapshot as SourceSnapshot};
use ade_diagnostic::{Diagnostic, rule};
use ade_lake::{At, LakeError, Lease, Snapshot, TableName};
use ade_privacy::{Class, Keyring, Obfuscator, Policy, Treatment};
use ade_project::NodeId;
use ade_project::resource::{Ingest, IngestMode, OnNewColumn, Overlap, SourceTable};
use serde_json::Value;

use super::arrival::{Arrival, Landed};
use super::continuity::{Continuity, origin};
use super::contract;
use super::key::{folded_keys, missing_keys};
use super::landing::Landing;
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
    let spec = build.connections.spec(connection)?;
    let options =
        spec.table_options(&declared.options).map_err(|problems| ade_connect::ConnectError::Settings { problems })?;
    let table = Workspace::table_name(&source.relation)?;
    let lease = workspace.lake.lease(&table, "ade").await?;
    let reading = async {
        let version = workspace.lake.version(&table).await?;
        let snapshot = build.connections.snapshot(connection, workspace, &table, version).await?;
        let landing = TableLanding { build, source, declared, table: &table, lease: &lease, checks };
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
}

/// All units of a read, on their way in groups.
struct Units<'a> {
    table: &'a TableLanding<'a>,
    plan: &'a ReadPlan,
    obfuscator: &'a Obfuscator,
    landing: &'a Landing,
    whole: bool,
    /// Where the source has been read to by what is committed.
    position: Option<Value>,
    /// Rows that are committed.
    rows: u64,
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
            let units = &self.plan.units[group];
            let Self { table, plan, obfuscator, landing, whole, .. } = *self;
            let arrival = Arrival { table, plan, units, obfuscator, landing, whole };
            match Box::pin(arrival.land(snapshot, self.position.as_ref(), self.rows)).await {
                Ok(Landed::Committed(committed)) => {
                    groups.committed();
                    self.rows += committed.rows;
                    self.position = committed.position;
                    outcome.version = Some(committed.version);
                    outcome.batches.extend(committed.batches);
                    outcome.notes(&committed.notes);
                    outcome.audited(committed.checks);
                }
                Ok(Landed::Same(notes)) => {
                    groups.committed();
                    outcome.notes(&notes);
                    outcome.status = if outcome.status == Status::Warned { Status::Warned } else { Status::Unchanged };
                }
                Ok(Landed::Stopped(checks)) => {
                    if !groups.stopped() {
                        outcome.audited(checks);
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
struct Decided {
    plan: ReadPlan,
    obfuscator: Obfuscator,
    landing: Landing,
}

impl TableLanding<'_> {
    async fn land(&self, snapshot: &dyn SourceSnapshot, options: Settings) -> Result<Outcome, TaskError> {
        let current = match self.build.workspace.lake.snapshot(self.table, At::Latest).await {
            Ok(current) => Some(current),
            Err(LakeError::NoTable { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let from_nothing = self.build.options.full_refresh;
        let position = current.as_ref().filter(|_| !from_nothing).and_then(|table| table.state().position.clone());
        let plan = self.plan(snapshot, options, position.clone()).await?;
        let mut outcome = Outcome::new(Status::Success);
        for note in &plan.notes {
            outcome.note(&note.message);
        }
        let Decided { plan, obfuscator, landing } = self.decide(plan, current.as_ref(), &mut outcome)?;
        if plan.units.is_empty() && current.is_some() {
            outcome.status = Status::Unchanged;
            return Ok(outcome);
        }
        let whole = from_nothing || current.is_none() || self.declared.mode == IngestMode::Full;
        // What replaces everything becomes visible at once.
        let mut groups = if whole {
            Groups::whole(plan.units.len())
        } else {
            let sizes: Vec<u64> = plan.units.iter().map(|unit| unit.size_bytes.unwrap_or(0)).collect();
            let there: u64 = current.iter().flat_map(Snapshot::files).map(|file| file.size_bytes).sum();
            Groups::new(&sizes, there.max(GROUP_BYTES))
        };
        let mut units =
            Units { table: self, plan: &plan, obfuscator: &obfuscator, landing: &landing, whole, position, rows: 0 };
        let failure = Box::pin(units.land(snapshot, &mut groups, &mut outcome)).await;
        if let Some(error) = failure {
            // A conflict is answered by planning anew, from what is committed.
            if groups.done() == 0 || error.is_conflict() {
                return Err(error);
            }
            outcome.status = Status::Failed;
            outcome.note(&error.message());
        }
        if !outcome.status.is_good() && groups.done() > 0 {
            outcome.note(&format!("{} of {} units landed before it", groups.done(), plan.units.len()));
        }
        outcome.rows = (outcome.status != Status::Unchanged).then_some(units.rows);
        Ok(outcome)
    }

    async fn plan(
        &self,
        snapshot: &dyn SourceSnapshot,
        options: Settings,
        position: Option<Value>,
    ) -> Result<ReadPlan, TaskError> {
        let mode = match self.declared.mode {
            IngestMode::Full => ReadMode::Full,
            IngestMode::Incremental => ReadMode::Incremental {
                cursor: self.declared.cursor.clone(),
                overlap: self.declared.overlap.map(overlap),
                key: self.declared.key.clone(),
            },
        };
        let request = ReadRequest {
            table: self.source.relation.to_string(),
            from: self.declared.from.clone(),
            options,
            mode,
            position,
            promised: contract::promised(self.source).map_err(TaskError::Diagnostics)?,
            columns: None,
            batch_rows: BATCH_ROWS,
        };
        Ok(snapshot.plan(&request).await?)
    }

    /// Holds the plan against the contract, decides about every column, and makes the obfuscator.
    fn decide(&self, plan: ReadPlan, current: Option<&Snapshot>, outcome: &mut Outcome) -> Result<Decided, TaskError> {
        let policy = self.build.obfuscation.policy(self.source, &plan.schema).map_err(TaskError::Diagnostics)?;
        let mut problems = contract::violations(self.source, &plan, &policy);
        problems.extend(self.cursor_is_sensitive(&plan, &policy));
        problems.extend(folded_keys(self.source, &policy, &plan.schema));
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
        let plan = plan.keeping(|name| !left_out.contains(name) && !dropped(name));
        let problems = missing_keys(self.source, &plan.schema);
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
        // Nothing is derived from the key of zeros: no column of the policy asks for one.
        let stand_in = || Keyring::generate([0; 32]);
        let obfuscator = Obfuscator::new(&plan.schema, &policy, &keyring.clone().unwrap_or_else(stand_in))?;
        let key = keyring.map(|keyring| keyring.id().to_string()).unwrap_or_default();
        let landing = Landing::new(&obfuscator, &policy, key, origin(self.source, self.declared));
        let landing = self.continued(current, &plan, &policy, landing, outcome)?;
        Ok(Decided { plan, obfuscator, landing })
    }

    /// The highest value of the cursor is kept in the table's commits as it is, so it must not be one that is hidden in rows.
    fn cursor_is_sensitive(&self, plan: &ReadPlan, policy: &Policy) -> Option<Diagnostic> {
        let cursor = self.declared.cursor.as_ref()?;
        let is_it = |name: &str| name.eq_ignore_ascii_case(cursor);
        let decided = policy.columns().iter().find(|decided| is_it(&decided.column));
        let exists = plan.schema.fields().iter().any(|field| is_it(field.name()));
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
        plan: &ReadPlan,
        policy: &Policy,
        landing: Landing,
        outcome: &mut Outcome,
    ) -> Result<Landing, TaskError> {
        let before = current.and_then(|table| table.state().fingerprint.as_deref()).and_then(Landing::parse);
        let Some(before) = before else { return Ok(landing) };
        let replaces = self.declared.mode == IngestMode::Full || self.build.options.full_refresh;
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
