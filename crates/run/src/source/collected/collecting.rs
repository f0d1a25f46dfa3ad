//! Rounds of a log on their way to the tables of a connection.
use std::collections::HashMap;
use std::sync::Arc;

use ade_connect::{EventRound, LogPlace, LogRound, NewEvent, read_round};
use ade_diagnostic::Diagnostic;
use ade_lake::{Lease, TableName};
use ade_project::NodeId;
use ade_project::resource::{Connection, SourceTable};
use futures::{StreamExt, stream};

use super::super::replay::replay_rows;
use super::super::waves::waves;
use super::counts::{self, Row};
use super::growth::{feed, new_tables, sources};
use super::held::{Ended, Held, checks_of};
use super::resending::Resending;
use super::{Account, Collection};
use crate::build::{Build, Outcome, RejectFilter, TaskError};
use crate::error::RunError;
use crate::event::Status;
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

    /// Replays the rejects of all tables of a connection that a filter takes.
    pub(super) async fn replay_all(
        build: &'a Build,
        connection: &'a Connection,
        node: &NodeId,
        filter: &RejectFilter,
    ) -> HashMap<NodeId, Result<Outcome, TaskError>> {
        let mut all = match Collection::of(&build.workspace, connection) {
            Ok(collection) => Self { build, collection, outcomes: HashMap::new() },
            Err(error) => return HashMap::from([(node.clone(), Err(error.into()))]),
        };
        if let Err(error) = Box::pin(all.replays(filter)).await {
            all.outcomes.entry(node.clone()).or_insert(Err(error));
        }
        all.outcomes
    }

    async fn replays(&mut self, filter: &RejectFilter) -> Result<(), TaskError> {
        let workspace = &self.build.workspace;
        let counts_table = self.collection.counts_table(workspace)?;
        // No round lands meanwhile: what is replayed comes before it, or after it.
        let lease = workspace.lake.lease(&counts_table, "ade rejects replay").await?;
        let account = Account { build: self.build, table: &counts_table, lease: &lease };
        let tables: Vec<SourceTable> = self.declared().cloned().collect();
        for table in tables.iter().filter(|table| filter.takes(&table.source, &table.name)) {
            let result = Box::pin(self.replay(table, &tables, filter, &account)).await;
            self.outcomes.insert(table.id.clone(), result);
        }
        workspace.release(&counts_table, &lease).await;
        Ok(())
    }

    /// Replays the rejects of one table: its rows, and then messages.
    async fn replay(
        &self,
        table: &SourceTable,
        tables: &[SourceTable],
        filter: &RejectFilter,
        account: &Account<'_>,
    ) -> Result<Outcome, TaskError> {
        let workspace = &self.build.workspace;
        let checks = checks_of(self.build, &table.id);
        let mut outcome = Box::pin(replay_rows(self.build, filter, table, &checks, Some(account))).await?;
        let sources = sources(workspace, std::slice::from_ref(&table.source)).await?;
        let Some(source) = sources.first() else { return Ok(outcome) };
        let of_source: Vec<SourceTable> = tables.iter().filter(|one| one.source == table.source).cloned().collect();
        let resending = Resending { build: self.build, filter, account, table, tables: &of_source, source };
        let messages = Box::pin(resending.carry_out()).await?;
        if messages.status != Status::Unchanged {
            let said = outcome.message.take();
            outcome.add(messages);
            outcome.said_before(said.as_deref());
        }
        Ok(outcome)
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
        let mut event_sources = sources(workspace, &self.collection.sources).await?;
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
        let mut round = Arc::new(blocking(move || EventRound::new(round, &known)).await?);
        if let Some(unknown) = round.unknown.first() {
            let problem = format!(
                "the log of connection `{}` has events of source `{unknown}`, which no sources file lists tables of",
                self.collection.connection
            );
            let hint = format!("list tables of `{unknown}`, or `- name: all_events` alone; the events wait in the log");
            return Err(RunError::usage(problem, hint).into());
        }
        let mut tables = declared;
        let mut stopped = HashMap::new();
        for source in &mut event_sources {
            match new_tables(workspace, source, &round) {
                Ok(new) => tables.extend(new),
                Err(TaskError::Diagnostics(problems)) => {
                    stopped.insert(source.name.clone(), problems);
                    // What no table is for is kept apart then.
                    source.on_new_event = NewEvent::Quarantine;
                }
                Err(error) => return Err(error),
            }
        }
        if !stopped.is_empty() {
            round = Arc::new(round.anew(&event_sources));
        }
        let all_settled = self.land(tables.clone(), &round, &stopped, node, checks).await;
        if !all_settled || is_empty {
            return Ok(false);
        }
        let rows = counts::of_round(workspace, &event_sources, &tables, &round, None).await?;
        for wrong in rows.iter().filter(|row| row.is_wrong()) {
            self.tell_wrong(wrong, &tables);
        }
        let before = workspace.lake.newest(counts_table).await?.and_then(|(_, state)| state.position);
        counts::commit(self.build, counts_table, lease, &rows, round.end.after(before)).await?;
        let (log, end) = (self.collection.log.clone(), round.end);
        if let Err(error) = blocking(move || log.forget(end)).await? {
            tracing::warn!(connection = self.collection.connection, %error, "what has landed stays in the log for now");
        }
        Ok(has_more)
    }

    /// Says that messages are neither where they should be nor anywhere else.
    fn tell_wrong(&mut self, wrong: &Row, tables: &[SourceTable]) {
        let Row { source, table, received, .. } = wrong;
        let said = format!(
            "{received} events were received and {} are accounted for: see `{}.event_counts`, and please report this",
            wrong.accounted(),
            self.collection.connection
        );
        tracing::error!(source, table, "{said}");
        let id = tables
            .iter()
            .find(|one| one.source == *source && feed(one).is_some_and(|feed| feed.table_name() == *table));
        if let Some(Ok(outcome)) = id.and_then(|table| self.outcomes.get_mut(&table.id)) {
            outcome.warn();
            outcome.note(&said);
        }
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

    /// Lands what a round has of each table, but sets aside what is of sources that are `stopped`; tells whether every table is done
    /// with it.
    async fn land(
        &mut self,
        tables: Vec<SourceTable>,
        round: &Arc<EventRound>,
        stopped: &HashMap<String, Vec<Diagnostic>>,
        node: &NodeId,
        checks: &[NodeId],
    ) -> bool {
        let build = self.build;
        let mut all_settled = true;
        let mut held = Vec::new();
        for source in tables {
            let id = source.id.clone();
            let checks = (id == *node).then_some(checks);
            match Held::take(build, source, round, checks).await {
                Ok(table) => held.extend(table),
                Err(error) => {
                    all_settled = false;
                    self.outcomes.insert(id, Err(error));
                }
            }
        }
        let threads = build.options.threads.unwrap_or(build.workspace.world.cores).max(1);
        let reads: Vec<_> = held.iter().map(|table| table.reads(build, &held)).collect();
        let mut ends = Vec::new();
        for wave in waves(&reads) {
            let landings = wave.iter().map(|place| {
                let table = &held[*place];
                Box::pin(table.land(build, round, stopped.get(&table.source.source).map(Vec::as_slice)))
            });
            let landings: Vec<_> = landings.collect();
            ends.extend(stream::iter(landings).buffer_unordered(threads).collect::<Vec<_>>().await);
        }
        for table in &held {
            build.workspace.release(&table.table, &table.lease).await;
        }
        for Ended { id, result, is_settled } in ends {
            all_settled &= is_settled;
            match (result, self.outcomes.get_mut(&id)) {
                // What failed stays so, whatever later rounds came to.
                (Ok(_), Some(Err(_))) => {}
                (Ok(outcome), Some(Ok(before))) if outcome.status == Status::Unchanged => {
                    tracing::debug!(%id, status = ?before.status, "nothing more");
                }
                (Ok(outcome), Some(Ok(before))) => {
                    let (said, had_failed) = (before.message.take(), !before.status.is_good());
                    before.add(outcome);
                    before.said_before(said.as_deref());
                    if had_failed {
                        before.status = Status::Failed;
                    }
                }
                (result, _) => {
                    self.outcomes.insert(id, result);
                }
            }
        }
        all_settled
    }
}

/// How far a table has landed.
async fn place_of(workspace: &Workspace, table: &TableName) -> Result<Option<LogPlace>, TaskError> {
    let newest = workspace.lake.newest(table).await?;
    Ok(newest.and_then(|(_, state)| state.position).as_ref().and_then(LogPlace::of_position))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, RunError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done),
        // A panic is a bug: it must end the program as one.
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(RunError::usage("the program is ending", None)),
    }
}
