//! Rounds of a log on their way to the tables of a connection.
use std::collections::HashMap;
use std::sync::Arc;

use ade_connect::{EventRound, EventSource, LogPlace, LogRound, Settings, read_round};
use ade_lake::{At, Lease, TableName};
use ade_project::resource::{Column, Connection, SourceTable};
use ade_project::{NodeId, NodeKind};
use futures::{StreamExt, stream};

use super::super::ingest::{TableLanding, landed};
use super::super::waves::waves;
use super::counts::{self, Row};
use super::growth::{feed, new_tables, sources};
use super::{Collection, growth};
use crate::build::{Build, Outcome, TaskError};
use crate::error::RunError;
use crate::event::{Event, Status};
use crate::workspace::Workspace;

/// Bytes of messages in a round: a round is in memory, and becomes visible as a whole.
const ROUND_BYTES: u64 = 16 << 20;
/// Rounds in one run: what arrives meanwhile is the next one's.
const MOST_ROUNDS: usize = 256;

/// The landing of all tables of one connection.
pub(super) struct Collecting<'a> {
    build: &'a Build,
    collection: Collection,
    outcomes: HashMap<NodeId, Result<Outcome, TaskError>>,
}

/// A table on its way, whose lease is held.
struct Held {
    source: SourceTable,
    checks: Vec<NodeId>,
    table: TableName,
    lease: Lease,
    is_there: bool,
}

impl<'a> Collecting<'a> {
    /// Lands what is in the log. `node`, which asked, has `checks`; all other tables of the connection land with it, as one log
    /// is read for all.
    pub(super) async fn land_all(
        build: &'a Build,
        connection: &'a Connection,
        node: &NodeId,
        checks: &[NodeId],
    ) -> HashMap<NodeId, Result<Outcome, TaskError>> {
        let collection = match Collection::of(&build.workspace, connection) {
            Ok(collection) => collection,
            Err(error) => return HashMap::from([(node.clone(), Err(error.into()))]),
        };
        let mut all = Self { build, collection, outcomes: HashMap::new() };
        if let Err(error) = Box::pin(all.rounds(node, checks)).await {
            let message = error.message();
            let tables = build.workspace.project.sources.values();
            let tables = tables.filter(|table| table.connection.as_ref() == Some(&connection.name));
            for table in tables {
                if !matches!(all.outcomes.get(&table.id), Some(Err(_))) {
                    all.outcomes.insert(table.id.clone(), Err(RunError::usage(message.clone(), None).into()));
                }
            }
        }
        all.outcomes
    }

    async fn rounds(&mut self, node: &NodeId, checks: &[NodeId]) -> Result<(), TaskError> {
        let workspace = &self.build.workspace;
        let counts_table = self.collection.counts_table(workspace)?;
        // One landing of a connection at a time: its rounds follow on each other.
        let lease = workspace.lake.lease(&counts_table, "ade").await?;
        let result = async {
            for _ in 0..MOST_ROUNDS {
                let goes_on = Box::pin(self.round(node, checks, &counts_table, &lease)).await?;
                if !goes_on || self.build.is_stopped() {
                    break;
                }
            }
            Ok(())
        };
        let result = result.await;
        workspace.release(&counts_table, &lease).await;
        result
    }

    /// Lands one round; tells whether there is another one.
    async fn round(
        &mut self,
        node: &NodeId,
        checks: &[NodeId],
        counts_table: &TableName,
        lease: &Lease,
    ) -> Result<bool, TaskError> {
        let workspace = &self.build.workspace;
        let from = self.collection.landed(workspace).await?;
        let declared: Vec<SourceTable> = self.declared().cloned().collect();
        let mut ahead = from;
        for table in &declared {
            ahead = ahead.max(place_of(workspace, &Workspace::table_name(&table.relation)?).await?.unwrap_or_default());
        }
        let event_sources = sources(workspace, &self.collection.sources).await?;
        for source in &event_sources {
            let Some(events) = workspace.project.events.get(&source.name) else { continue };
            for grown in &source.grown {
                let name = TableName::new(&events.template.relation.schema, grown)?;
                ahead = ahead.max(place_of(workspace, &name).await?.unwrap_or_default());
            }
        }
        let round = self.read(from, (ahead > from).then_some(ahead)).await?;
        let (has_more, is_empty) = (round.has_more, round.end == from);
        let known = event_sources.clone();
        let round = Arc::new(blocking(move || EventRound::new(round, &known)).await?);
        if let Some(unknown) = round.unknown.first() {
            let problem = format!(
                "the log of connection `{}` has events of source `{unknown}`, which no sources file lists tables of",
                self.collection.connection
            );
            let hint = format!("list tables of `{unknown}`, or `- name: all_events` alone; the events wait in the log");
            return Err(RunError::usage(problem, hint).into());
        }
        let mut tables = declared;
        for source in &event_sources {
            tables.extend(new_tables(workspace, source, &round)?);
        }
        let all_landed = self.land(tables.clone(), &round, node, checks).await;
        if !all_landed || is_empty {
            return Ok(false);
        }
        let rows = self.count(&event_sources, &tables, &round).await?;
        if let Some(wrong) = rows.iter().find(|row| row.is_wrong()) {
            tracing::error!(source = wrong.source, table = wrong.table, "more events landed than were received");
        }
        counts::commit(self.build, counts_table, lease, &rows, round.end.to_position()).await?;
        let (log, end) = (self.collection.log.clone(), round.end);
        if let Err(error) = blocking(move || log.forget(end)).await? {
            tracing::warn!(connection = self.collection.connection, %error, "what has landed stays in the log for now");
        }
        Ok(has_more)
    }

    /// The tables of the connection that the project lists.
    fn declared(&self) -> impl Iterator<Item = &SourceTable> {
        let tables = self.build.workspace.project.sources.values();
        tables.filter(|table| table.connection.as_ref() == Some(&self.collection.connection))
    }

    async fn read(&self, from: LogPlace, until: Option<LogPlace>) -> Result<LogRound, TaskError> {
        let log = self.collection.log.clone();
        let read = blocking(move || read_round(&log, from, until, ROUND_BYTES)).await?;
        let unreadable = |source| RunError::File {
            action: "read the event log in",
            path: self.collection.log.folder().to_owned(),
            source,
        };
        Ok(read.map_err(unreadable)?)
    }

    /// Lands what a round has of each table; tells whether all of it has landed.
    async fn land(
        &mut self,
        tables: Vec<SourceTable>,
        round: &Arc<EventRound>,
        node: &NodeId,
        checks: &[NodeId],
    ) -> bool {
        let build = self.build;
        let mut held = Vec::new();
        for source in tables {
            let id = source.id.clone();
            match self.hold(source, round, node, checks).await {
                Ok(table) => held.extend(table),
                Err(error) => {
                    self.outcomes.insert(id, Err(error));
                }
            }
        }
        let threads = build.options.threads.unwrap_or(build.workspace.world.cores).max(1);
        let reads: Vec<_> = held.iter().map(|table| reads(build, table, &held)).collect();
        let mut results = Vec::new();
        for wave in waves(&reads) {
            let landings: Vec<_> = wave.iter().map(|place| Box::pin(land(build, &held[*place], round))).collect();
            results.extend(stream::iter(landings).buffer_unordered(threads).collect::<Vec<_>>().await);
        }
        for table in &held {
            build.workspace.release(&table.table, &table.lease).await;
        }
        for (id, result) in results {
            match (result, self.outcomes.get_mut(&id)) {
                (Ok(outcome), Some(Ok(before))) if outcome.status == Status::Unchanged => {
                    tracing::debug!(%id, status = ?before.status, "nothing more");
                }
                (Ok(outcome), Some(Ok(before))) => {
                    let said = before.message.take();
                    before.add(outcome);
                    before.said_before(said.as_deref());
                }
                (result, _) => {
                    self.outcomes.insert(id, result);
                }
            }
        }
        self.outcomes.values().all(|outcome| outcome.as_ref().is_ok_and(|outcome| outcome.status.is_good()))
    }

    /// Takes the lease of a table that there is something for, or that is not there yet.
    async fn hold(
        &self,
        mut source: SourceTable,
        round: &EventRound,
        node: &NodeId,
        checks: &[NodeId],
    ) -> Result<Option<Held>, TaskError> {
        let lake = &self.build.workspace.lake;
        let table = Workspace::table_name(&source.relation)?;
        let is_there = lake.version(&table).await?.is_some();
        let has_any = feed(&source).is_some_and(|feed| round.has_any(&source.source, &feed));
        if is_there && !has_any {
            return Ok(None);
        }
        let lease = lake.lease(&table, "ade").await?;
        if is_there {
            remember(&mut source, &lake.snapshot(&table, At::Latest).await?);
        }
        let checks = if source.id == *node { checks.to_vec() } else { checks_of(self.build, &source.id) };
        Ok(Some(Held { source, checks, table, lease, is_there }))
    }

    /// What became of the messages of a round.
    async fn count(
        &self,
        sources: &[EventSource],
        tables: &[SourceTable],
        round: &EventRound,
    ) -> Result<Vec<Row>, TaskError> {
        let mut rows = Vec::new();
        for source in sources {
            for (name, count) in round.counts(&source.name) {
                let is_it = |table: &&SourceTable| {
                    table.source == source.name && feed(table).is_some_and(|feed| feed.table_name() == name)
                };
                let has_rows = count.received > count.duplicates + count.rejected + count.ignored;
                let (landed, kept_apart) = match tables.iter().find(is_it).filter(|_| has_rows) {
                    Some(table) => counts::of_batch(self.build, table).await?,
                    None => (0, 0),
                };
                let table = name.to_owned();
                // Of rows that take each other's place, those of one batch are not all that came.
                let is_keyed = tables.iter().find(is_it).and_then(|table| table.ingest.as_ref());
                let is_keyed = is_keyed.is_some_and(|ingest| !ingest.key.is_empty());
                let rest = count.received - count.duplicates - count.rejected - count.ignored;
                let landed = if is_keyed { rest.saturating_sub(kept_apart) } else { landed };
                rows.push(Row { source: source.name.clone(), table, count, landed, kept_apart });
            }
        }
        Ok(rows)
    }
}

/// How far a table has landed.
async fn place_of(workspace: &Workspace, table: &TableName) -> Result<Option<LogPlace>, TaskError> {
    let newest = workspace.lake.newest(table).await?;
    Ok(newest.and_then(|(_, state)| state.position).as_ref().and_then(LogPlace::of_position))
}

/// Lists the columns that have landed and nobody lists, since a rule classifies them: their types only widen.
fn remember(source: &mut SourceTable, there: &ade_lake::Snapshot) {
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
fn checks_of(build: &Build, id: &NodeId) -> Vec<NodeId> {
    let project = &build.workspace.project;
    let at_it =
        project.checks.iter().filter(|(_, check)| check.target.as_ref().is_some_and(|target| target.node == *id));
    at_it.map(|(check, _)| check.clone()).filter(|check| check.kind() == NodeKind::Test).collect()
}

/// The places of those tables that the checks of one read besides.
fn reads(build: &Build, table: &Held, held: &[Held]) -> std::collections::BTreeSet<usize> {
    let graph = &build.workspace.project.graph;
    let parents = table.checks.iter().flat_map(|check| graph.parents(check.as_str())).map(|parent| &parent.id);
    let others = parents.filter(|parent| **parent != table.source.id);
    others.filter_map(|parent| held.iter().position(|other| other.source.id == *parent)).collect()
}

/// Lands what a round has of one table, again where somebody else was faster.
async fn land(build: &Build, table: &Held, round: &Arc<EventRound>) -> (NodeId, Result<Outcome, TaskError>) {
    const ATTEMPTS: usize = 5;
    let id = table.source.id.clone();
    let Some(declared) = &table.source.ingest else { return (id, Ok(Outcome::unchanged())) };
    let snapshot = round.snapshot(&table.source.source);
    let landing = TableLanding {
        build,
        source: &table.source,
        declared,
        table: &table.table,
        lease: &table.lease,
        checks: &table.checks,
        // What has landed is nowhere else.
        anew: false,
    };
    let mut result = Box::pin(landing.land(&snapshot, Settings::default())).await;
    for _ in 1..ATTEMPTS {
        if !result.as_ref().is_err_and(TaskError::is_conflict) {
            break;
        }
        result = Box::pin(landing.land(&snapshot, Settings::default())).await;
    }
    if let Ok(outcome) = &mut result
        && !table.is_there
        && !growth::is_listed(build, &id)
    {
        outcome.note("it appeared by itself: list it in the sources file to decide about its columns");
    }
    if !growth::is_listed(build, &id) {
        tell(build, &table.source, &result);
    }
    (id, result)
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

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, RunError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done),
        // A panic is a bug: it must end the program as one.
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(RunError::usage("the program is ending", None)),
    }
}
