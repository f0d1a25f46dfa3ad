//! Captured tables of one run: the log of a database is read once for all of them.
use std::collections::{BTreeSet, HashMap, HashSet};

use ade_connect::{Capture, CaptureRequest, CapturedTable, Note};
use ade_lake::{At, LakeError};
use ade_project::NodeId;
use ade_project::resource::{Connection, Ingest, IngestMode, SourceTable};
use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use serde_json::Value;

use super::connections::{of_connection, open};
use super::door::Door;
use super::held::Held;
use super::outcomes::Outcomes;
use super::switched::position;
use super::together::Group;
use super::waves::waves;
use crate::build::{Build, Outcome, TaskError};
use crate::workspace::Workspace;

/// Changes may take this part of the memory: the rest is for landing them.
const PART_OF_MEMORY: usize = 8;
/// … and no more than this, in bytes, so that what is read becomes visible soon.
const MOST_MEMORY: usize = 256 << 20;

/// A table whose landing somebody else got ahead of is captured again this often.
const ATTEMPTS: usize = 5;

/// Rounds that move nothing end a run: a source that always has more would keep it for ever.
const MOST_ROUNDS: usize = 10_000;

/// The capture of all tables of one connection.
pub(super) struct Capturing<'a> {
    build: &'a Build,
    connection: &'a Connection,
    group: &'a Group,
    outcomes: Outcomes,
    /// Tables of which all is to be read, whatever is there, until that has landed.
    owed: HashSet<NodeId>,
    /// What the source says of itself, and not of a table.
    notes: Vec<Note>,
}

/// Where captured tables have been read to.
#[derive(Default)]
struct ReadTo {
    /// Without those that were never captured.
    positions: HashMap<NodeId, Value>,
    /// Tables of which the lake cannot tell, and why.
    unknown: Vec<(NodeId, TaskError)>,
}

impl<'a> Capturing<'a> {
    pub(super) fn new(build: &'a Build, connection: &'a Connection, group: &'a Group) -> Self {
        let owed = if build.options.full_refresh { group.nodes().cloned().collect() } else { HashSet::new() };
        Self { build, connection, group, outcomes: Outcomes::default(), owed, notes: Vec::new() }
    }

    pub(super) async fn all(mut self) -> Outcomes {
        let held = match self.hold_all().await {
            Ok(held) => held,
            Err(error) => {
                self.outcomes.broken(self.group.nodes(), &error);
                return self.outcomes;
            }
        };
        if let Err(error) = self.rounds(&held).await {
            self.outcomes.broken(held.iter().map(Held::id), &error);
        }
        let nodes: Vec<&NodeId> = held.iter().map(Held::id).collect();
        self.outcomes.tell(&nodes, &self.notes);
        for table in held {
            table.release(self.build).await;
        }
        self.outcomes
    }

    /// Holds the tables that are read; one that somebody else holds fails alone.
    async fn hold_all(&mut self) -> Result<Vec<Held<'a>>, TaskError> {
        let build: &'a Build = self.build;
        let group: &'a Group = self.group;
        let spec = build.connections.spec(self.connection)?;
        let mut held = Vec::new();
        for node in group.nodes() {
            let Some(source) = build.workspace.project.sources.get(node) else { continue };
            match Held::take(build, &spec, source, group.checks(node).unwrap_or_default()).await {
                Ok(table) => held.extend(table),
                Err(error) => self.outcomes.add(node, Err(error)),
            }
        }
        Ok(held)
    }

    /// Captures round by round, until the source has no more than was there when the run began.
    async fn rounds(&mut self, held: &[Held<'a>]) -> Result<(), TaskError> {
        let workspace = &self.build.workspace;
        let opened = open(&workspace.connectors, self.connection, &workspace.root, &workspace.world, None).await?;
        let mut conflicts = 0;
        let mut told = HashSet::new();
        for _ in 0..MOST_ROUNDS {
            let ReadTo { positions, unknown } = self.read_to().await;
            for (node, error) in unknown {
                self.outcomes.add(&node, Err(error));
            }
            let open: Vec<&Held<'_>> = held.iter().filter(|table| !self.outcomes.has_failed(table.id())).collect();
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
                    self.notes.push(note);
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
                for (node, error) in overtaken {
                    self.outcomes.add(&node, Err(error));
                }
                return Ok(());
            }
        }
        Ok(())
    }

    /// Lands what a round has of each table. Gives those of which somebody got ahead, so that they have to be done again.
    async fn land(&mut self, capture: &dyn Capture, open: &[&Held<'a>]) -> Vec<(NodeId, TaskError)> {
        let threads = self.build.options.threads.unwrap_or(self.build.workspace.world.cores).max(1);
        let reads: Vec<BTreeSet<usize>> = open.iter().map(|table| table.reads(self.build, open)).collect();
        let mut landed = Vec::new();
        for wave in waves(&reads) {
            let anew = |table: &Held<'_>| self.owed.contains(table.id());
            let tables = wave.iter().map(|place| open[*place]);
            let landings: Vec<_> = tables.map(|table| land(self.build, capture, table, anew(table))).collect();
            landed.extend(stream::iter(landings).buffer_unordered(threads).collect::<Vec<_>>().await);
        }
        let mut overtaken = Vec::new();
        for (node, result) in landed {
            match result {
                Err(error) if error.is_conflict() => overtaken.push((node, error)),
                result => {
                    self.owed.remove(&node);
                    self.outcomes.add(&node, result);
                }
            }
        }
        overtaken
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
                key: Door::new(source).outside_all(&declared.key),
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
}

/// Lands what a round has of one table.
fn land<'a>(
    build: &'a Build,
    capture: &'a dyn Capture,
    table: &'a Held<'_>,
    anew: bool,
) -> BoxFuture<'a, (NodeId, Result<Outcome, TaskError>)> {
    Box::pin(async move { (table.id().clone(), table.land(build, capture, anew).await) })
}

/// Under which name the source keeps its log for this project and environment.
pub(crate) fn consumer(workspace: &Workspace) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
    let name = format!("ade_{}_{}", workspace.project.name, workspace.environment());
    name.chars().map(plain).take(63).collect()
}
