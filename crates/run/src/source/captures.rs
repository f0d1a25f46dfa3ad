//! Captured tables of one run: the log of a database is read once for all of them.
use std::collections::{BTreeSet, HashMap, HashSet};

use ade_connect::{Capture, CaptureRequest, CapturedTable, ConnectError, ConnectorSpec, Settings};
use ade_lake::{At, LakeError, Lease, TableName};
use ade_project::NodeId;
use ade_project::resource::{Connection, Ingest, IngestMode, SourceTable};
use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use serde_json::Value;
use tokio::sync::{Mutex, OnceCell};

use super::connections::{of_connection, open};
use super::ingest::TableLanding;
use super::switched::position;
use super::waves::waves;
use crate::build::{Build, Outcome, TaskError};
use crate::error::RunError;
use crate::event::Status;
use crate::workspace::Workspace;

/// Changes may take this part of the memory: the rest is for landing them.
const PART_OF_MEMORY: usize = 8;
/// … and no more than this, in bytes, so that what is read becomes visible soon.
const MOST_MEMORY: usize = 256 << 20;

/// A table whose landing somebody else got ahead of is captured again this often.
const ATTEMPTS: usize = 5;

/// Rounds that move nothing end a run: a source that always has more would keep it for ever.
const MOST_ROUNDS: usize = 10_000;

/// The captured tables of one run, by their connections.
#[derive(Default)]
pub(crate) struct Captures {
    groups: HashMap<String, Group>,
}

#[derive(Default)]
struct Group {
    /// The tables that are read, with the checks of each.
    tables: Vec<(NodeId, Vec<NodeId>)>,
    /// What each of them came to; taken by its task.
    outcomes: OnceCell<Mutex<HashMap<NodeId, Result<Outcome, TaskError>>>>,
}

impl Captures {
    /// For a run that reads these tables: names of connections, the sources' nodes and their checks.
    pub(crate) fn new<'a>(tables: impl IntoIterator<Item = (&'a str, NodeId, Vec<NodeId>)>) -> Self {
        let mut groups: HashMap<String, Group> = HashMap::new();
        for (connection, node, checks) in tables {
            groups.entry(connection.to_owned()).or_default().tables.push((node, checks));
        }
        Self { groups }
    }

    /// What a table came to. The first that asks has all tables of its connection captured; the others wait for it.
    pub(crate) async fn outcome(
        &self,
        build: &Build,
        connection: &Connection,
        node: &NodeId,
    ) -> Result<Outcome, TaskError> {
        let Some(group) = self.groups.get(&connection.name) else {
            let problem = format!("connection `{}` was not expected in this run", connection.name);
            return Err(RunError::usage(problem, None).into());
        };
        let capturing: BoxFuture<'_, _> = Box::pin(Capturing::new(build, connection, group).all());
        let outcomes = group.outcomes.get_or_init(|| async { Mutex::new(capturing.await) }).await;
        outcomes.lock().await.remove(node).unwrap_or_else(|| Ok(Outcome::unchanged()))
    }
}

/// The capture of all tables of one connection.
struct Capturing<'a> {
    build: &'a Build,
    connection: &'a Connection,
    group: &'a Group,
    outcomes: HashMap<NodeId, Result<Outcome, TaskError>>,
    /// Tables of which all is to be read, whatever is there, until that has landed.
    owed: HashSet<NodeId>,
    /// What the source says of itself, and not of a table.
    notes: Vec<String>,
}

/// Where captured tables have been read to.
#[derive(Default)]
struct ReadTo {
    /// Without those that were never captured.
    positions: HashMap<NodeId, Value>,
    /// Tables of which the lake cannot tell, and why.
    unknown: Vec<(NodeId, TaskError)>,
}

/// A table that is captured, whose lease is held.
struct Held<'a> {
    source: &'a SourceTable,
    declared: &'a Ingest,
    options: Settings,
    checks: &'a [NodeId],
    table: TableName,
    lease: Lease,
}

impl<'a> Capturing<'a> {
    fn new(build: &'a Build, connection: &'a Connection, group: &'a Group) -> Self {
        let all = group.tables.iter().map(|(node, _)| node.clone());
        let owed = if build.options.full_refresh { all.collect() } else { HashSet::new() };
        Self { build, connection, group, outcomes: HashMap::new(), owed, notes: Vec::new() }
    }

    async fn all(mut self) -> HashMap<NodeId, Result<Outcome, TaskError>> {
        let spec = match self.build.connections.spec(self.connection) {
            Ok(spec) => spec,
            Err(error) => return self.all_fail(&error),
        };
        let mut held = Vec::new();
        for (node, checks) in &self.group.tables {
            match self.hold(&spec, node, checks).await {
                Ok(Some(table)) => held.push(table),
                Ok(None) => {}
                Err(error) => {
                    self.outcomes.insert(node.clone(), Err(error));
                }
            }
        }
        if let Err(error) = self.rounds(&held).await {
            let message = error.message();
            for table in &held {
                // What landed before stays, and what it says; the reason comes first for those that have nothing.
                let missing = !self.outcomes.contains_key(&table.source.id);
                if missing || matches!(self.outcomes.get(&table.source.id), Some(Ok(_))) {
                    self.outcomes.insert(table.source.id.clone(), Err(again(&message)));
                }
            }
        }
        self.tell(&held);
        for table in held {
            self.build.workspace.release(&table.table, &table.lease).await;
        }
        self.outcomes
    }

    fn all_fail(mut self, error: &TaskError) -> HashMap<NodeId, Result<Outcome, TaskError>> {
        let message = error.message();
        for (node, _) in &self.group.tables {
            self.outcomes.insert(node.clone(), Err(again(&message)));
        }
        self.outcomes
    }

    async fn hold(
        &self,
        spec: &ConnectorSpec,
        node: &NodeId,
        checks: &'a [NodeId],
    ) -> Result<Option<Held<'a>>, TaskError> {
        let workspace = &self.build.workspace;
        let Some(source) = workspace.project.sources.get(node) else { return Ok(None) };
        let Some(declared) = &source.ingest else { return Ok(None) };
        let options = spec.table_options(&declared.options).map_err(|problems| ConnectError::Settings { problems })?;
        let table = Workspace::table_name(&source.relation)?;
        let lease = workspace.lake.lease(&table, "ade").await?;
        Ok(Some(Held { source, declared, options, checks, table, lease }))
    }

    /// Captures round by round, until the source has no more than was there when the run began.
    async fn rounds(&mut self, held: &[Held<'a>]) -> Result<(), TaskError> {
        let workspace = &self.build.workspace;
        let opened = open(&workspace.connectors, self.connection, &workspace.root, &workspace.world, None).await?;
        let mut conflicts = 0;
        let mut told = HashSet::new();
        for _ in 0..MOST_ROUNDS {
            let ReadTo { positions, unknown } = self.read_to().await;
            self.outcomes.extend(unknown.into_iter().map(|(node, error)| (node, Err(error))));
            let open: Vec<&Held<'_>> = held.iter().filter(|table| self.goes_on(&table.source.id)).collect();
            if open.is_empty() {
                return Ok(());
            }
            let request = self.request(positions, &open);
            let capture = opened.capture(&request).await.map_err(|error| of_connection(error, self.connection))?;
            let overtaken = self.land(capture.as_ref(), &open).await;
            conflicts += usize::from(!overtaken.is_empty());
            for note in capture.notes() {
                // Round after round would say the same with other numbers.
                if told.insert(note.id) {
                    self.notes.push(note.message);
                }
            }
            let ReadTo { positions, unknown } = self.read_to().await;
            let positions: Vec<Value> = positions.into_values().collect();
            if let Some((table, _)) = unknown.first() {
                // It may need all that is there.
                let connection = &self.connection.name;
                tracing::warn!(connection, %table, "nobody knows where it was read to: the source keeps its log");
            } else if let Err(error) = capture.confirm(&positions).await {
                // What has landed has landed; the source keeps its log until the next run says so.
                tracing::warn!(connection = self.connection.name, %error, "the source was not told what it may forget");
            }
            if !(capture.has_more() || !overtaken.is_empty() && conflicts < ATTEMPTS) {
                self.outcomes.extend(overtaken.into_iter().map(|(node, error)| (node, Err(error))));
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether a table has not failed.
    fn goes_on(&self, node: &NodeId) -> bool {
        match self.outcomes.get(node) {
            None => true,
            Some(Ok(outcome)) => outcome.status.is_good(),
            Some(Err(_)) => false,
        }
    }

    /// Lands what a round has of each table. Gives those of which somebody got ahead, so that they have to be done again.
    async fn land(&mut self, capture: &dyn Capture, open: &[&Held<'a>]) -> Vec<(NodeId, TaskError)> {
        let threads = self.build.options.threads.unwrap_or(self.build.workspace.world.cores).max(1);
        let reads: Vec<BTreeSet<usize>> = open.iter().map(|table| self.reads(table, open)).collect();
        let mut landed = Vec::new();
        for wave in waves(&reads) {
            let anew = |table: &Held<'_>| self.owed.contains(&table.source.id);
            let tables = wave.iter().map(|place| open[*place]);
            let landings: Vec<_> = tables.map(|table| land(self.build, capture, table, anew(table))).collect();
            landed.extend(stream::iter(landings).buffer_unordered(threads).collect::<Vec<_>>().await);
        }
        let mut overtaken = Vec::new();
        for (node, result) in landed {
            if !result.as_ref().is_err_and(TaskError::is_conflict) {
                self.owed.remove(&node);
            }
            match result {
                Err(error) if error.is_conflict() => overtaken.push((node, error)),
                Err(error) => {
                    self.outcomes.insert(node, Err(error));
                }
                Ok(outcome) => match self.outcomes.get_mut(&node) {
                    Some(Ok(before)) if outcome.status == Status::Unchanged => {
                        tracing::debug!(%node, status = ?before.status, "nothing more");
                    }
                    Some(Ok(before)) => {
                        let said = before.message.take();
                        before.add(outcome);
                        before.said_before(said.as_deref());
                    }
                    _ => {
                        self.outcomes.insert(node, Ok(outcome));
                    }
                },
            }
        }
        overtaken
    }

    /// The places of those tables that the checks of one read besides.
    fn reads(&self, table: &Held<'a>, open: &[&Held<'a>]) -> BTreeSet<usize> {
        let graph = &self.build.workspace.project.graph;
        let parents = table.checks.iter().flat_map(|check| graph.parents(check.as_str())).map(|parent| &parent.id);
        let place = |parent: &NodeId| open.iter().position(|other| other.source.id == *parent);
        parents.filter(|parent| **parent != table.source.id).filter_map(place).collect()
    }

    fn request(&self, mut positions: HashMap<NodeId, Value>, open: &[&Held<'a>]) -> CaptureRequest {
        let workspace = &self.build.workspace;
        let tables = self.captured().map(|(source, declared)| {
            let is_read = open.iter().any(|table| table.source.id == source.id);
            let position = positions.remove(&source.id);
            let (position, passed) =
                if is_read && self.owed.contains(&source.id) { (None, position) } else { (position, None) };
            CapturedTable {
                from: declared.from.clone(),
                key: super::door::Door::new(source).outside_all(&declared.key),
                position,
                passed,
                is_read,
            }
        });
        let tables = tables.collect();
        let memory_bytes = (workspace.world.memory_bytes / PART_OF_MEMORY).min(MOST_MEMORY);
        CaptureRequest { consumer: consumer(workspace), tables, memory_bytes }
    }

    /// Where each captured table of the connection has been read to.
    async fn read_to(&self) -> ReadTo {
        let lake = &self.build.workspace.lake;
        let mut found = ReadTo::default();
        for (source, _) in self.captured() {
            let snapshot = match Workspace::table_name(&source.relation) {
                Ok(table) => match lake.snapshot(&table, At::Latest).await {
                    Err(LakeError::NoTable { .. }) => Ok(None),
                    snapshot => snapshot.map(Some).map_err(TaskError::from),
                },
                Err(error) => Err(error.into()),
            };
            match snapshot {
                Ok(snapshot) => {
                    let position = snapshot.and_then(|snapshot| position(&snapshot, IngestMode::Capture));
                    found.positions.extend(position.map(|position| (source.id.clone(), position)));
                }
                Err(error) => found.unknown.push((source.id.clone(), error)),
            }
        }
        found
    }

    /// All tables that are captured from the connection, also those that are not read in this run.
    fn captured(&self) -> impl Iterator<Item = (&'a SourceTable, &'a Ingest)> {
        let build: &'a Build = self.build;
        let connection: &'a Connection = self.connection;
        build.workspace.project.sources.values().filter_map(move |source| {
            let declared = source.ingest.as_ref().filter(|declared| declared.mode == IngestMode::Capture)?;
            (source.connection.as_ref() == Some(&connection.name)).then_some((source, declared))
        })
    }

    /// Says what the source says of itself with the first table that can say it; where all failed, with the first of those.
    fn tell(&mut self, held: &[Held<'a>]) {
        let Some(first) = held.first() else { return };
        let landed = held.iter().find(|table| matches!(self.outcomes.get(&table.source.id), Some(Ok(_))));
        let node = &landed.unwrap_or(first).source.id;
        for note in std::mem::take(&mut self.notes) {
            match self.outcomes.get_mut(node) {
                Some(Ok(outcome)) => {
                    outcome.note(&note);
                    outcome.warn();
                }
                Some(Err(error)) => error.note(&note),
                None => tracing::warn!(connection = self.connection.name, note, "no table is there to say it"),
            }
        }
    }
}

/// Lands what a round has of one table.
fn land<'a>(
    build: &'a Build,
    capture: &'a dyn Capture,
    table: &'a Held<'_>,
    anew: bool,
) -> BoxFuture<'a, (NodeId, Result<Outcome, TaskError>)> {
    let landing = TableLanding {
        build,
        source: table.source,
        declared: table.declared,
        table: &table.table,
        lease: &table.lease,
        checks: table.checks,
        anew,
    };
    let options = table.options.clone();
    Box::pin(async move { (landing.source.id.clone(), Box::pin(landing.land(capture, options)).await) })
}

/// Under which name the source keeps its log for this project and environment.
pub(crate) fn consumer(workspace: &Workspace) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
    let name = format!("ade_{}_{}", workspace.project.name, workspace.environment());
    name.chars().map(plain).take(63).collect()
}

/// The same failure for one more table: errors cannot be copied, their words can.
fn again(message: &str) -> TaskError {
    RunError::usage(message, None).into()
}
