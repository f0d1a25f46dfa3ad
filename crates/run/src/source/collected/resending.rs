//! Messages that were kept apart, or set aside, on their way to land after all, since the plan is another one now.
//!
//! They come back in the order in which they were received, in portions, each of which has an id. First its rejects say that they are
//! being resent under it; then each table lands its rows, and its position says the id in the same commit; then the counts say what
//! became of them, with the id in their position; then the rejects are replayed. Whoever dies in between is continued under the same id, and
//! what has been done says so.
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use ade_connect::{EventFeed, EventRecord, EventRound, EventSource, LogPlace, LogRound, NewEvent, STOPPED};
use ade_diagnostic::{agree, count};
use ade_engine::{MemoryCatalog, RelationName};
use ade_lake::{At, LakeError, TableName};
use ade_privacy::{Keys, key_id_of, unseal};
use ade_project::resource::SourceTable;
use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use chrono::SecondsFormat;

use super::super::quarantine::{KIND, REPLAYED, ROW, RULE, SEALED, STATE, beside};
use super::super::reject_state::{Restating, with_states};
use super::super::stamp::{BATCH_ID, LOADED_AT};
use super::account::Account;
use super::counts::{self, Row};
use super::growth::{feed, new_tables};
use super::held::Held;
use crate::build::{Build, Outcome, RejectFilter, TaskError};
use crate::error::RunError;
use crate::event::Status;
use crate::failpoint::{self, hit};
use crate::workspace::Workspace;

/// What the state of rejects begins with that are being resent.
const RESENDING: &str = "resending";
/// Messages in a portion.
const PORTION: usize = 2_000;

/// Messages that were rejected of one table, on their way.
pub(super) struct Resending<'a> {
    pub(super) build: &'a Build,
    pub(super) filter: &'a RejectFilter,
    pub(super) account: &'a Account<'a>,
    /// Where they were rejected.
    pub(super) table: &'a SourceTable,
    /// All tables of the source that the project lists.
    pub(super) tables: &'a [SourceTable],
    pub(super) source: &'a EventSource,
}

/// A reject that may come back.
struct Reject {
    digest: String,
    is_stopped: bool,
    /// What orders it: where it was in the log.
    at: Vec<u64>,
}

impl Resending<'_> {
    /// Resends what may land by now.
    pub(super) async fn carry_out(&self) -> Result<Outcome, TaskError> {
        let workspace = &self.build.workspace;
        let table = beside(&Workspace::table_name(&self.table.relation)?)?;
        if with_states(workspace, &table).await?.is_none() {
            return Ok(Outcome::unchanged());
        }
        Box::pin(self.all(&table)).await
    }

    async fn all(&self, apart: &TableName) -> Result<Outcome, TaskError> {
        let mut outcome = Outcome::unchanged();
        let mut stay: BTreeMap<String, u64> = BTreeMap::new();
        // Whether tables had rows before the first of these landed.
        let mut rows_before = HashMap::new();
        for state in
            self.texts(&format!("select distinct {STATE} from {{}} where {STATE} like '{RESENDING} %'"), apart).await?
        {
            let Some(id) = state.first().and_then(|state| state.as_deref()?.split(' ').nth(1)).map(str::to_owned)
            else {
                continue;
            };
            let rejects = self.rejects(&format!("{STATE} = '{RESENDING} {id}'"), apart).await?;
            self.portion(apart, &rejects, Some(id), &mut outcome, &mut stay, &mut rows_before).await?;
        }
        let mut conditions = vec![format!("{STATE} = 'open'"), format!("{KIND} = 'record'")];
        conditions.extend(self.filter.conditions(RULE, BATCH_ID));
        let rejects = self.rejects(&conditions.join(" and "), apart).await?;
        // What the table could not land is its alone; of the others, all tables have their part.
        let (stopped, others): (Vec<_>, Vec<_>) = rejects.into_iter().partition(|reject| reject.is_stopped);
        for rejects in [others, stopped] {
            for portion in rejects.chunks(PORTION) {
                if self.build.is_stopped() {
                    break;
                }
                self.portion(apart, portion, None, &mut outcome, &mut stay, &mut rows_before).await?;
            }
        }
        if !stay.is_empty() {
            let rejects: u64 = stay.values().sum();
            let why: Vec<String> = stay.iter().map(|(why, rejects)| format!("{rejects} × {why}")).collect();
            outcome.note(&format!(
                "{} {}: {}",
                count(rejects, "event"),
                agree(rejects, "stays", "stay"),
                why.join(", ")
            ));
            outcome.warn();
        }
        Ok(outcome)
    }

    /// The messages that tell of rows of another system of which later ones have landed: they would undo these.
    async fn too_late(
        &self,
        round: &EventRound,
        rows_before: &mut HashMap<String, bool>,
    ) -> Result<Vec<usize>, TaskError> {
        let mut found = Vec::new();
        for table in self.tables {
            let Some(feed @ EventFeed::Changes(_)) = feed(table) else { continue };
            let numbers = round.landing(&self.source.name, Some(&feed));
            if numbers.is_empty() {
                continue;
            }
            let has_rows = match rows_before.get(&table.name) {
                Some(known) => *known,
                None => {
                    match self.build.workspace.lake.snapshot(&Workspace::table_name(&table.relation)?, At::Latest).await
                    {
                        Ok(there) => there.rows() != Some(0),
                        Err(LakeError::NoTable { .. }) => false,
                        Err(error) => return Err(error.into()),
                    }
                }
            };
            rows_before.insert(table.name.clone(), has_rows);
            if has_rows {
                found.extend(numbers);
            }
        }
        Ok(found)
    }

    /// Rejects in the order in which their messages were received.
    async fn rejects(&self, condition: &str, apart: &TableName) -> Result<Vec<Reject>, TaskError> {
        let rows = self.texts(&format!("select {ROW}, {RULE}, _ade_place from {{}} where {condition}"), apart).await?;
        let numbers = |text: &str| -> Vec<u64> {
            text.split(|letter: char| !letter.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
        };
        let mut rejects: Vec<Reject> = rows
            .into_iter()
            .filter_map(|mut row| {
                let is_stopped = row[1].as_deref() == Some(STOPPED);
                Some(Reject { digest: row[0].take()?, is_stopped, at: numbers(row[2].as_deref().unwrap_or_default()) })
            })
            .collect();
        rejects.sort_by(|one, other| (&one.at, &one.digest).cmp(&(&other.at, &other.digest)));
        Ok(rejects)
    }

    /// Resends some of them; `id`: under that which somebody began with and did not end.
    async fn portion(
        &self,
        apart: &TableName,
        rejects: &[Reject],
        id: Option<String>,
        outcome: &mut Outcome,
        stay: &mut BTreeMap<String, u64>,
        rows_before: &mut HashMap<String, bool>,
    ) -> Result<(), TaskError> {
        let Some(first) = rejects.first() else { return Ok(()) };
        let is_stopped = first.is_stopped;
        let records = self.records(rejects, apart).await?;
        let round = round(records.iter().map(|(_, record)| record.clone()), self.source);
        let own = feed(self.table).filter(|_| is_stopped);
        let mut lands: HashSet<usize> = round.landing(&self.source.name, own.as_ref());
        if !is_stopped && id.is_none() {
            for number in self.too_late(&round, rows_before).await? {
                if lands.remove(&number) {
                    *stay
                        .entry("rows that came later have landed: have its system send them again".to_owned())
                        .or_default() += 1;
                }
            }
        }
        for rule in round.broken_rules(&self.source.name) {
            *stay.entry(rule.replace('_', " ")).or_default() += 1;
        }
        let (mut digests, mut accepted) = (HashSet::new(), Vec::new());
        for (number, (digest, record)) in records.into_iter().enumerate() {
            if lands.contains(&number) {
                digests.insert(digest);
                accepted.push(record);
            }
        }
        if accepted.is_empty() {
            return Ok(());
        }
        let round = Arc::new(self::round(accepted.into_iter(), self.source));
        let is_begun = id.is_some();
        let id = id.unwrap_or_else(|| self.build.workspace.world.ids.next().to_string());
        let state = format!("{RESENDING} {id}");
        if !is_begun {
            self.restate(apart, "open", state.clone(), |digest| digests.contains(digest)).await?;
            hit(failpoint::EVENTS_RESENDING)?;
        }
        let mut tables = if is_stopped { vec![self.table.clone()] } else { self.tables.to_vec() };
        if !is_stopped {
            tables.extend(new_tables(&self.build.workspace, self.source, &round)?);
        }
        for table in &tables {
            if let Err(error) = Box::pin(self.table(table, &round, &id, is_stopped, outcome)).await {
                if is_stopped
                    && !matches!(error, TaskError::Run(RunError::Lake(_) | RunError::File { .. } | RunError::Meta(_)))
                {
                    // Nothing of it has landed: it waits as before.
                    self.restate(apart, &state, "open".to_owned(), |_| true).await?;
                }
                return Err(error);
            }
            hit(failpoint::EVENTS_RESENT_TABLE)?;
        }
        let rows = self.moved(&tables, &round, &id, is_stopped).await?;
        self.account.book(&id, &rows).await?;
        hit(failpoint::EVENTS_RESENT)?;
        let now = self.build.workspace.world.clock.now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let rejects = self.restate(apart, &state, format!("{REPLAYED} {now}"), |_| true).await?;
        if outcome.status.is_good() && outcome.status != Status::Warned {
            outcome.status = Status::Success;
        }
        outcome.rows = Some(outcome.rows.unwrap_or(0) + rejects);
        outcome.note(&format!("replayed: {}", count(rejects, "event")));
        Ok(())
    }

    /// Lands what a table has of a portion, unless it has.
    async fn table(
        &self,
        table: &SourceTable,
        round: &Arc<EventRound>,
        id: &str,
        is_stopped: bool,
        outcome: &mut Outcome,
    ) -> Result<(), TaskError> {
        let workspace = &self.build.workspace;
        let name = Workspace::table_name(&table.relation)?;
        let newest = workspace.lake.newest(&name).await?;
        if newest.and_then(|(_, state)| state.position).is_some_and(|position| LogPlace::is_replayed(&position, id)) {
            return Ok(());
        }
        let Some(held) = Held::take(self.build, table.clone(), round, None).await? else { return Ok(()) };
        let ended = Box::pin(held.resend(self.build, round, id, is_stopped)).await;
        workspace.release(&held.table, &held.lease).await;
        match ended.result {
            Ok(landed) => {
                if let Some(message) = &landed.message {
                    outcome.notes(std::slice::from_ref(message));
                }
                if !ended.is_settled {
                    return Err(RunError::usage(landed.message.unwrap_or_default(), None).into());
                }
                if !landed.status.is_good() {
                    outcome.status = Status::Failed;
                }
                outcome.version = landed.version.filter(|_| table.id == self.table.id).or(outcome.version);
                Ok(())
            }
            Err(error) if ended.is_settled => {
                outcome.status = Status::Failed;
                outcome.note(&error.message());
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// What the messages of a portion are counted as from now on: they were rejected, and none was received anew.
    async fn moved(
        &self,
        tables: &[SourceTable],
        round: &EventRound,
        id: &str,
        is_stopped: bool,
    ) -> Result<Vec<Row>, TaskError> {
        let sources = std::slice::from_ref(self.source);
        let rows = counts::of_round(&self.build.workspace, sources, tables, round, Some(id)).await?;
        let own = feed(self.table).map(|feed| feed.table_name());
        // A message counts as what became of it in the table of its event: others have it besides.
        let is_counted = |row: &Row| !is_stopped || own.as_deref() == Some(row.table.as_str());
        let moved = rows.into_iter().filter(is_counted).map(|row| {
            if row.is_wrong() {
                tracing::error!(source = row.source, table = row.table, "replayed events are missing");
            }
            Row { received: 0, rejected: row.rejected - row.received, ..row }
        });
        Ok(moved.collect())
    }

    /// What is sealed of rejects, opened, in their order.
    async fn records(&self, rejects: &[Reject], apart: &TableName) -> Result<Vec<(String, EventRecord)>, TaskError> {
        let list: Vec<String> =
            rejects.iter().map(|reject| format!("'{}'", reject.digest.replace('\'', "''"))).collect();
        let since = format!("cast(arrow_cast({LOADED_AT}, 'Int64') as varchar)");
        let sql = format!("select {ROW}, {SEALED}, {since} from {{}} where {ROW} in ({})", list.join(", "));
        let keys = self.build.keys()?;
        let mut by_digest = HashMap::new();
        for row in self.texts(&sql, apart).await? {
            let [Some(digest), Some(sealed), since] = &row[..] else { continue };
            let since = since.as_ref().and_then(|since| since.parse().ok()).unwrap_or_default();
            if let Some(record) = EventRecord::of_kept(&self.source.name, &opened(sealed, keys)?, since) {
                by_digest.insert(digest.clone(), record);
            }
        }
        let records =
            rejects.iter().filter_map(|reject| Some((reject.digest.clone(), by_digest.remove(&reject.digest)?)));
        Ok(records.collect())
    }

    /// Changes the state of messages that are kept apart; gives of how many. Nobody holds the table while others land beside it.
    async fn restate(
        &self,
        apart: &TableName,
        before: &str,
        state: String,
        is_meant: impl Fn(&str) -> bool,
    ) -> Result<u64, TaskError> {
        let (workspace, run_id) = (&*self.build.workspace, self.build.run_id);
        let lease = workspace.lake.lease(apart, "ade rejects replay").await?;
        let condition = format!("{STATE} = '{before}' and {KIND} = 'record'");
        let restating = Restating { workspace, table: apart, lease: &lease, condition, state, run_id };
        let result = restating.carry_out(is_meant).await;
        workspace.release(apart, &lease).await;
        Ok(result?)
    }

    /// Rows of texts; `{}` in the SQL is where rejects are.
    async fn texts(&self, sql: &str, apart: &TableName) -> Result<Vec<Vec<Option<String>>>, TaskError> {
        let name = RelationName::new(apart.schema(), apart.table()).to_sql();
        let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
        let session = self.build.session(MemoryCatalog::new(), &self.table.relation.schema);
        let answer = session.query(&sql.replacen("{}", &name, 1)).await.map_err(failed)?;
        let mut rows = Vec::new();
        for batch in answer.collect().await.map_err(failed)? {
            let shape = |_| RunError::Stamp { rows: batch.num_rows() };
            let columns = batch.columns().iter().map(|column| cast(column, &DataType::Utf8));
            let columns = columns.collect::<Result<Vec<_>, _>>().map_err(shape)?;
            let text = |column: &dyn Array, row: usize| {
                let texts = column.as_string::<i32>();
                texts.is_valid(row).then(|| texts.value(row).to_owned())
            };
            rows.extend((0..batch.num_rows()).map(|row| columns.iter().map(|column| text(column, row)).collect()));
        }
        Ok(rows)
    }
}

/// Messages as a round of a log that there is not.
fn round(records: impl Iterator<Item = EventRecord>, source: &EventSource) -> EventRound {
    let mut source = source.clone();
    if source.on_new_event == NewEvent::Stop {
        source.on_new_event = NewEvent::Quarantine;
    }
    let records = records.map(|record| (LogPlace::default(), record)).collect();
    EventRound::new(LogRound { records, ..LogRound::default() }, &[source])
}

fn opened(sealed: &str, keys: &Keys) -> Result<Vec<u8>, TaskError> {
    let key = key_id_of(sealed).and_then(|id| keys.get(id)).unwrap_or_else(|| keys.current());
    Ok(unseal(sealed, key)?.to_vec())
}
