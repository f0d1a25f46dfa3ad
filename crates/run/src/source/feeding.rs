//! The feeding of all tables of one connection, from one process of their source.
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use ade_connect::{FedTable, Feed, FeedGate, FeedRequest, FeedStep, PositionKey, SaidLine, Snapshot};
use ade_lake::{At, LakeError};
use ade_project::NodeId;
use ade_project::resource::{Connection, IngestMode};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;

use super::connections::{of_connection, open};
use super::door::Door;
use super::feed_input::FeedInput;
use super::held::Held;
use super::outcomes::Outcomes;
use super::switched::position;
use super::together::Group;
use super::waves::waves;
use crate::build::{Build, Outcome, TaskError};
use crate::event::Event;
use crate::workspace::keys;

/// The feeding of all tables of one connection.
pub(super) struct Feeding<'a> {
    build: &'a Build,
    connection: &'a Connection,
    group: &'a Group,
    outcomes: Outcomes,
    /// Tables of which all is to be read, whatever is there, until a unit of them has landed.
    owed: HashSet<NodeId>,
}

/// A landing that is under way.
type Landing<'a> = BoxFuture<'a, (usize, Result<Outcome, TaskError>)>;

/// A unit to be landed, and what its end waits for.
type Unit = (Arc<dyn Snapshot>, FeedGate);

/// Landings that are under way, and units that wait for an earlier one of their table.
#[derive(Default)]
struct Landings<'a> {
    under_way: FuturesUnordered<Landing<'a>>,
    /// What the end of each waits for.
    busy: HashMap<usize, FeedGate>,
    waiting: HashMap<usize, VecDeque<Unit>>,
}

impl<'a> Feeding<'a> {
    pub(super) fn new(build: &'a Build, connection: &'a Connection, group: &'a Group) -> Self {
        let owed = if build.options.full_refresh { group.nodes().cloned().collect() } else { HashSet::new() };
        Self { build, connection, group, outcomes: Outcomes::default(), owed }
    }

    pub(super) async fn all(mut self) -> Outcomes {
        let mut held = Vec::new();
        let fed = match self.hold_all(&mut held).await {
            Ok(()) => Box::pin(self.feed(&held)).await,
            Err(error) => Err(error),
        };
        if let Err(error) = fed {
            self.outcomes.broken(self.group.nodes(), &error);
        }
        for table in held {
            table.release(self.build).await;
        }
        self.outcomes
    }

    /// Holds all tables of the connection, also those that are not read: where the source goes on depends on all of them.
    async fn hold_all(&self, held: &mut Vec<Held<'a>>) -> Result<(), TaskError> {
        let build: &'a Build = self.build;
        let group: &'a Group = self.group;
        let spec = build.connections.spec(self.connection)?;
        for source in build.workspace.project.sources.values() {
            if source.connection.as_ref() == Some(&self.connection.name) {
                held.extend(Held::take(build, &spec, source, group.checks(&source.id).unwrap_or_default()).await?);
            }
        }
        Ok(())
    }

    /// Whether a table is read in this run.
    fn is_read(&self, table: &Held<'_>) -> bool {
        self.group.checks(table.id()).is_some()
    }

    async fn feed(&mut self, held: &[Held<'a>]) -> Result<(), TaskError> {
        let workspace = &self.build.workspace;
        let key = self.position_key(held)?;
        let opened = open(&workspace.connectors, self.connection, &workspace.root, &workspace.world, key).await?;
        let mut tables = Vec::with_capacity(held.len());
        for table in held {
            tables.push(self.fed(table).await?);
        }
        let input = self.build.options.input.as_ref().and_then(FeedInput::take);
        let feed = opened.feed(FeedRequest { tables, is_one_round: self.waits_for_whole_tables(held), input }).await;
        let mut feed = feed.map_err(|error| of_connection(error, self.connection))?;
        Box::pin(self.follow(feed.as_mut(), held)).await
    }

    /// The key of what positions say; a connection whose tables are all read whole can do without.
    fn position_key(&self, held: &[Held<'a>]) -> Result<Option<PositionKey>, TaskError> {
        let workspace = &self.build.workspace;
        match keys(&workspace.root, &workspace.project, &workspace.world) {
            Ok(keyring) => Ok(Some(PositionKey::new(*keyring.position_subkey()))),
            Err(_) if held.iter().all(|table| table.declared.mode == IngestMode::Full) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn fed(&self, table: &Held<'a>) -> Result<FedTable, TaskError> {
        let snapshot = match self.build.workspace.lake.snapshot(&table.table, At::Latest).await {
            Ok(snapshot) => Some(snapshot),
            Err(LakeError::NoTable { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let door = Door::new(table.source);
        Ok(FedTable {
            from: table.declared.from.clone(),
            options: table.options.clone(),
            is_full: table.declared.mode == IngestMode::Full,
            is_keyed: !table.declared.key.is_empty(),
            cursor: table.declared.cursor.as_ref().map(|cursor| door.outside(cursor).to_owned()),
            position: snapshot.and_then(|snapshot| position(&snapshot, table.declared.mode)),
            anew: self.owed.contains(table.id()),
            is_read: self.is_read(table),
        })
    }

    /// Lands what comes until the source has ended.
    async fn follow<'b>(&mut self, feed: &mut dyn Feed, held: &'b [Held<'b>]) -> Result<(), TaskError>
    where
        'a: 'b,
    {
        let mut landings = Landings::default();
        loop {
            tokio::select! {
                biased;
                Some((at, result)) = landings.under_way.next() => self.landed(held, at, result, &mut landings),
                step = feed.next() => match step {
                    Ok(FeedStep::Unit { from, snapshot, gate }) => {
                        if let Some(at) = held.iter().position(|table| table.declared.from == from) {
                            self.begin(held, at, (snapshot, gate), &mut landings);
                        }
                    }
                    Ok(FeedStep::Round { state, is_last }) => {
                        self.end_round(held, is_last, &mut landings).await;
                        let failed = self.failed(held);
                        let is_piped = self.build.options.input.is_some();
                        if let Some(state) = state.filter(|_| is_piped && failed.is_empty()) {
                            self.build.workspace.observer.on(&Event::FeedState { state });
                        }
                        feed.landed(&failed).await;
                    }
                    Ok(FeedStep::Said(line)) => self.say(&line),
                    Ok(FeedStep::End(notes)) => {
                        self.rest(held, &mut landings).await;
                        let read: Vec<&NodeId> =
                            held.iter().filter(|table| self.is_read(table)).map(Held::id).collect();
                        self.outcomes.tell(&read, &notes);
                        return Ok(());
                    }
                    Err(error) => {
                        self.rest(held, &mut landings).await;
                        return Err(of_connection(error, self.connection).into());
                    }
                },
            }
        }
    }

    /// Lands what a round has to its end, what checks of others read before those.
    async fn end_round<'b>(&mut self, held: &'b [Held<'b>], is_last: bool, landings: &mut Landings<'b>)
    where
        'a: 'b,
    {
        // Tables that are read whole land on, unless the source has ended.
        let ends = |at: &usize| is_last || held[*at].declared.mode != IngestMode::Full;
        loop {
            let ending: Vec<usize> = landings.busy.keys().copied().filter(ends).collect();
            let reads: Vec<BTreeSet<usize>> = ending.iter().map(|at| self.reads(held, *at, &ending)).collect();
            let Some(wave) = waves(&reads).into_iter().next() else { return };
            let mut wave: HashSet<usize> = wave.into_iter().map(|place| ending[place]).collect();
            for gate in wave.iter().filter_map(|at| landings.busy.get(at)) {
                gate.open();
            }
            while !wave.is_empty() {
                let Some((at, result)) = landings.under_way.next().await else { return };
                wave.remove(&at);
                self.landed(held, at, result, landings);
            }
        }
    }

    /// The places among `others` of the tables that the checks of one read besides.
    fn reads(&self, held: &[Held<'_>], at: usize, others: &[usize]) -> BTreeSet<usize> {
        let others: Vec<&Held<'_>> = others.iter().map(|other| &held[*other]).collect();
        held[at].reads(self.build, &others)
    }

    /// Whether a check of a table that lands in rounds reads one that becomes visible with the source's end.
    fn waits_for_whole_tables(&self, held: &[Held<'_>]) -> bool {
        let is_whole = |at: &usize| held[*at].declared.mode == IngestMode::Full;
        let read: Vec<usize> = (0..held.len()).filter(|at| self.is_read(&held[*at])).collect();
        let reads_whole = |at: usize| self.reads(held, at, &read).iter().any(|place| is_whole(&read[*place]));
        read.iter().any(|at| !is_whole(at) && reads_whole(*at))
    }

    /// Waits for everything that is under way.
    async fn rest<'b>(&mut self, held: &'b [Held<'b>], landings: &mut Landings<'b>)
    where
        'a: 'b,
    {
        while let Some((at, result)) = landings.under_way.next().await {
            self.landed(held, at, result, landings);
        }
    }

    fn begin<'b>(&mut self, held: &'b [Held<'b>], at: usize, unit: Unit, landings: &mut Landings<'b>)
    where
        'a: 'b,
    {
        if landings.busy.contains_key(&at) {
            landings.waiting.entry(at).or_default().push_back(unit);
            return;
        }
        let (snapshot, gate) = unit;
        landings.busy.insert(at, gate);
        let anew = self.owed.contains(held[at].id());
        landings.under_way.push(land(self.build, at, &held[at], snapshot, anew));
    }

    /// What a unit came to; the next of its table begins.
    fn landed<'b>(
        &mut self,
        held: &'b [Held<'b>],
        at: usize,
        result: Result<Outcome, TaskError>,
        landings: &mut Landings<'b>,
    ) where
        'a: 'b,
    {
        landings.busy.remove(&at);
        let went_well = result.as_ref().is_ok_and(|outcome| outcome.status.is_good());
        if went_well {
            self.owed.remove(held[at].id());
        }
        self.outcomes.add(held[at].id(), result);
        let next = landings.waiting.get_mut(&at).and_then(VecDeque::pop_front);
        if let Some(unit) = next.filter(|_| went_well) {
            self.begin(held, at, unit, landings);
        } else if !went_well {
            landings.waiting.remove(&at);
        }
    }

    /// The tables that have failed, by what the source calls them.
    fn failed(&self, held: &[Held<'_>]) -> Vec<String> {
        let failed = held.iter().filter(|table| self.outcomes.has_failed(table.id()));
        failed.map(|table| table.declared.from.clone()).collect()
    }

    /// What the source's program says goes to the log, and what sounds like trouble to whoever watches.
    fn say(&self, line: &SaidLine) {
        if !line.is_warning {
            tracing::info!(connection = self.connection.name, "{}", line.text);
            return;
        }
        let message = format!("{}: {}", self.connection.name, line.text);
        self.build.workspace.observer.on(&Event::Notice { node: None, message });
    }
}

/// Lands one unit of a table.
fn land<'a>(build: &'a Build, at: usize, table: &'a Held<'a>, snapshot: Arc<dyn Snapshot>, anew: bool) -> Landing<'a> {
    Box::pin(async move { (at, table.land(build, snapshot.as_ref(), anew).await) })
}
