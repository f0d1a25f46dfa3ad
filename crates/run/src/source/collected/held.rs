//! A table on its way to land what a round has of it.
use std::collections::BTreeSet;
use std::sync::Arc;

use ade_connect::{EventFeed, EventRound, STOPPED, Settings, Snapshot as SourceSnapshot};
use ade_diagnostic::{Diagnostic, agree, count};
use ade_engine::{MemoryCatalog, RelationName};
use ade_lake::{At, Lease, TableName};
use ade_project::resource::{Column, DriftKind, DriftPolicy, MaxRejects, SourceTable};
use ade_project::{NodeId, NodeKind};

use super::super::ingest::{TableLanding, landed};
use super::super::quarantine::{RULE, STATE, beside};
use super::super::reject_state::with_states;
use super::growth;
use crate::build::{Build, Outcome, TaskError};
use crate::error::RunError;
use crate::event::{Event, Status};
use crate::workspace::Workspace;

/// How often it is tried where somebody else was faster.
const ATTEMPTS: usize = 5;

/// A table on its way, whose lease is held.
pub(super) struct Held {
    pub(super) source: SourceTable,
    checks: Vec<NodeId>,
    pub(super) table: TableName,
    pub(super) lease: Lease,
    is_there: bool,
}

/// What a table came to.
pub(super) struct Ended {
    pub(super) id: NodeId,
    pub(super) result: Result<Outcome, TaskError>,
    /// Whether it is done with the round: what it has not landed is set aside.
    pub(super) is_settled: bool,
}

impl Held {
    /// Takes the lease of a table that there is something for, or that is not there yet. `checks`: those of the table, where they are
    /// known.
    pub(super) async fn take(
        build: &Build,
        mut source: SourceTable,
        round: &EventRound,
        checks: Option<&[NodeId]>,
    ) -> Result<Option<Self>, TaskError> {
        let lake = &build.workspace.lake;
        let table = Workspace::table_name(&source.relation)?;
        let is_there = lake.version(&table).await?.is_some();
        let has_any = growth::feed(&source).is_some_and(|feed| round.has_any(&source.source, &feed));
        if is_there && !has_any {
            return Ok(None);
        }
        let lease = lake.lease(&table, "ade").await?;
        if is_there {
            remember(&mut source, &lake.snapshot(&table, At::Latest).await?);
        }
        let checks = checks.map_or_else(|| checks_of(build, &source.id), <[NodeId]>::to_vec);
        Ok(Some(Self { source, checks, table, lease, is_there }))
    }

    /// The places of those tables that the checks of one read besides.
    pub(super) fn reads(&self, build: &Build, held: &[Self]) -> BTreeSet<usize> {
        let graph = &build.workspace.project.graph;
        let parents = self.checks.iter().flat_map(|check| graph.parents(check.as_str())).map(|parent| &parent.id);
        let others = parents.filter(|parent| **parent != self.source.id);
        others.filter_map(|parent| held.iter().position(|other| other.source.id == *parent)).collect()
    }

    /// Lands what a round has of the table, or sets it aside where the table cannot. `stopped`: why nothing of its source lands.
    pub(super) async fn land(&self, build: &Build, round: &Arc<EventRound>, stopped: Option<&[Diagnostic]>) -> Ended {
        let mut result = match (stopped, self.waiting(build).await) {
            (Some(problems), _) => Err(TaskError::Diagnostics(problems.to_vec())),
            (None, Err(error)) => Err(error),
            (None, Ok(waiting)) if waiting > 0 => {
                let mut outcome = Outcome::new(Status::Failed);
                outcome.note(&format!(
                    "{} that came before {} to be replayed first",
                    count(waiting, "event"),
                    agree(waiting, "waits", "wait")
                ));
                Ok(outcome)
            }
            (None, Ok(_)) => {
                let snapshot = round.snapshot(&self.source.source);
                Box::pin(self.attempt(build, &self.source, &self.checks, &snapshot)).await
            }
        };
        let mut is_settled = result.as_ref().is_ok_and(|outcome| outcome.status.is_good());
        if cannot_land(&result) {
            is_settled = Box::pin(self.set_aside(build, round, None, &mut result)).await;
        }
        self.ended(build, result, is_settled)
    }

    /// Lands what comes again under this id, or sets it aside where the table cannot, unless it is there already: `waits`.
    pub(super) async fn resend(&self, build: &Build, round: &Arc<EventRound>, id: &str, waits: bool) -> Ended {
        let snapshot = round.replay(&self.source.source, id);
        let mut result = Box::pin(self.attempt(build, &self.source, &self.checks, &snapshot)).await;
        let mut is_settled = result.as_ref().is_ok_and(|outcome| outcome.status.is_good());
        if cannot_land(&result) && !waits {
            is_settled = Box::pin(self.set_aside(build, round, Some(id), &mut result)).await;
        }
        self.ended(build, result, is_settled)
    }

    fn ended(&self, build: &Build, mut result: Result<Outcome, TaskError>, is_settled: bool) -> Ended {
        let id = self.source.id.clone();
        let is_listed = growth::is_listed(build, &id);
        if let Ok(outcome) = &mut result
            && !self.is_there
            && !is_listed
        {
            outcome.note("it appeared by itself: list it in the sources file to decide about its columns");
        }
        if !is_listed {
            tell(build, &self.source, &result);
        }
        Ended { id, result, is_settled }
    }

    /// How many events of a table in which one takes the place of another wait beside it: what came after them must not land before
    /// them.
    async fn waiting(&self, build: &Build) -> Result<u64, TaskError> {
        if !matches!(growth::feed(&self.source), Some(EventFeed::Changes(_))) {
            return Ok(0);
        }
        let apart = beside(&self.table)?;
        if with_states(&build.workspace, &apart).await?.is_none() {
            return Ok(0);
        }
        let name = RelationName::new(apart.schema(), apart.table()).to_sql();
        let sql = format!("select {STATE} from {name} where {STATE} = 'open' and {RULE} = '{STOPPED}'");
        let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
        let session = build.session(MemoryCatalog::new(), apart.schema());
        let answer = session.query(&sql).await.map_err(failed)?.collect().await.map_err(failed)?;
        Ok(answer.iter().map(|batch| batch.num_rows() as u64).sum())
    }

    async fn attempt(
        &self,
        build: &Build,
        source: &SourceTable,
        checks: &[NodeId],
        snapshot: &dyn SourceSnapshot,
    ) -> Result<Outcome, TaskError> {
        let Some(declared) = &source.ingest else { return Ok(Outcome::unchanged()) };
        // What has landed is nowhere else: nothing is loaded anew.
        let (table, lease) = (&self.table, &self.lease);
        let landing = TableLanding { build, source, declared, table, lease, checks, anew: false };
        let mut result = Box::pin(landing.land(snapshot, Settings::default())).await;
        for _ in 1..ATTEMPTS {
            if !result.as_ref().is_err_and(TaskError::is_conflict) {
                break;
            }
            result = Box::pin(landing.land(snapshot, Settings::default())).await;
        }
        result
    }

    /// Sets aside what the table cannot land, and says so; whether that could be done. Its rows stay as they are, so no check needs to
    /// look at them.
    async fn set_aside(
        &self,
        build: &Build,
        round: &Arc<EventRound>,
        replay: Option<&str>,
        result: &mut Result<Outcome, TaskError>,
    ) -> bool {
        let mut source = self.source.clone();
        source.max_rejects = MaxRejects { rows: u64::MAX, percent: 100.0 };
        source.drift.table.kinds.insert(DriftKind::BrokenRecord, DriftPolicy::QuarantineRows);
        let snapshot = round.set_aside(&source.source, replay);
        let aside = Box::pin(self.attempt(build, &source, &[], &snapshot)).await;
        if !aside.as_ref().is_ok_and(|outcome| outcome.status.is_good()) {
            if let Err(error) = aside {
                tracing::error!(table = %self.table, error = error.message(), "what cannot land cannot be set aside either");
            }
            return false;
        }
        let events = growth::feed(&source).map_or(0, |feed| round.records(&source.source, &feed));
        let apart = beside(&self.table).map(|table| table.to_string()).unwrap_or_default();
        // What appeared by itself is replayed once somebody has decided about it.
        let mend = if growth::is_listed(build, &source.id) { "mend what is wrong" } else { "list the table" };
        let note = format!(
            "{} {} set aside in {apart}; {mend}, then `ade rejects replay --source {} --table {}`",
            count(events, "event"),
            agree(events, "is", "are"),
            source.source,
            source.name
        );
        match result {
            Ok(outcome) => outcome.note(&note),
            Err(error) => error.note(&note),
        }
        true
    }
}

/// Whether a table did not land for a reason that trying again does not change: what came, and what is said of it. What this
/// machine or the lake could not do is tried again.
fn cannot_land(result: &Result<Outcome, TaskError>) -> bool {
    match result {
        Ok(outcome) => !outcome.status.is_good(),
        Err(TaskError::Diagnostics(_)) => true,
        Err(TaskError::Run(error)) => matches!(error, RunError::Connect(_) | RunError::Privacy(_)),
    }
}

/// Lists the columns that have landed and nobody lists, since a rule classifies them: their types only widen.
pub(super) fn remember(source: &mut SourceTable, there: &ade_lake::Snapshot) {
    let Some(landing) = landed(there) else { return };
    let new: Vec<Column> = landing
        .columns
        .iter()
        .filter(|(name, _)| source.column(name).is_none())
        .filter_map(|(name, landed)| {
            Some(Column {
                name: name.clone(),
                from: None,
                description: String::new(),
                data_type: Some(landed.type_name()?.to_owned()),
                nullable: true,
                privacy: None,
                undecided: None,
                tags: Vec::new(),
                meta: serde_json::Map::new(),
                origin: source.origin.clone(),
                data_type_origin: None,
            })
        })
        .collect();
    source.columns.extend(new);
}

/// The checks that stand at a table.
pub(super) fn checks_of(build: &Build, id: &NodeId) -> Vec<NodeId> {
    let project = &build.workspace.project;
    let at_it =
        project.checks.iter().filter(|(_, check)| check.target.as_ref().is_some_and(|target| target.node == *id));
    at_it.map(|(check, _)| check.clone()).filter(|check| check.kind() == NodeKind::Test).collect()
}

/// Says what became of a table that no task is for.
fn tell(build: &Build, table: &SourceTable, result: &Result<Outcome, TaskError>) {
    let said = match result {
        Ok(outcome) => outcome.message.clone(),
        Err(error) => Some(error.message()),
    };
    if let Some(said) = said {
        let message = format!("{}: {said}", table.relation);
        build.workspace.observer.on(&Event::Notice { node: None, message });
    }
}
