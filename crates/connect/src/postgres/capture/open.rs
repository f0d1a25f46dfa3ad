//! How a round begins: the slot and the publication, what each table needs, and the log read up to now.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::capture_settings::CaptureSettings;
use super::followed_table::FollowedTable;
use super::follower::Follower;
use super::log_end::{end_of_log, settle};
use super::lsn::Lsn;
use super::position::Position;
use super::publication::Publication;
use super::publishing::publish;
use super::replication::{Event, Replication};
use super::round::{CapturedTable, Round};
use super::slot::Slot;
use super::slot_keeper::{keep_slot, renew_slot};
use super::target::Target;
use super::transaction_view::TransactionView;
use super::wanted::{Looked, Wanted};
use super::writers::wait_for_writers;
use crate::postgres::endpoint::Endpoint;
use crate::postgres::server_error::SessionError;
use crate::postgres::session::Session;
use crate::postgres::startup::Purpose;
use crate::{CaptureRequest, ConnectError, Note, Snapshot};

/// Bytes of the longest header of a page of the log: places on both sides of one are the same.
const PAGE_HEADER: u64 = 40;

/// How often memory is looked at, in messages.
const LOOK_EVERY: usize = 256;

/// A snapshot through which tables are read whole, and what it sees.
pub(crate) struct Moment {
    pub(crate) snapshot: Box<dyn Snapshot>,
    pub(crate) view: TransactionView,
}

/// Begins a round. `moment` takes the snapshot, after the slot is there.
pub(crate) async fn open<M>(
    endpoint: &Arc<Endpoint>,
    settings: &CaptureSettings,
    request: &CaptureRequest,
    moment: impl Fn() -> M,
) -> Result<Round, ConnectError>
where
    M: Future<Output = Result<Moment, ConnectError>>,
{
    let mut notes = Vec::new();
    if let Some(round) = begin(endpoint, settings, request, &moment, &mut notes).await? {
        return Ok(round);
    }
    // The slot was made anew, and what a snapshot sees counts from there on.
    let round = begin(endpoint, settings, request, &moment, &mut notes).await?;
    round.ok_or_else(|| ConnectError::SourceFailed {
        object: request.consumer.clone(),
        reason: "the publication was made anew again and again".to_owned(),
    })
}

/// Begins a round; `None` where the log cannot be read from the slot, which was then made anew.
async fn begin<M>(
    endpoint: &Arc<Endpoint>,
    settings: &CaptureSettings,
    request: &CaptureRequest,
    moment: &impl Fn() -> M,
    notes: &mut Vec<Note>,
) -> Result<Option<Round>, ConnectError>
where
    M: Future<Output = Result<Moment, ConnectError>>,
{
    let slot_name = settings.slot.as_ref().unwrap_or(&request.consumer).clone();
    let publication = settings.publication.as_ref().unwrap_or(&slot_name).clone();
    let mut session = Session::open(endpoint, Purpose::Administer).await?;
    let failed = |error: SessionError| error.of_reading(&slot_name, settings.lock_timeout_ms);
    let patience = format!(
        "set statement_timeout = {}; set lock_timeout = {}",
        settings.statement_timeout_ms, settings.lock_timeout_ms
    );
    session.query(&patience).await.map_err(failed)?;
    refuse_replica(&mut session, &slot_name).await?;
    let database = database(&mut session).await.map_err(failed)?;
    let mut looked = Looked::new(&mut session, request).await.map_err(failed)?;
    let targets: Vec<&Target> = looked.wanted.iter().map(|table| &table.target).collect();
    let publishing = publish(&mut session, &publication, &targets).await?;
    looked.refuse(&publishing.refused);
    if looked.wanted.is_empty() && Slot::find(&mut session, &slot_name).await.map_err(failed)?.is_none() {
        // Nobody would ever let its log go.
        return Ok(Some(nothing(endpoint, slot_name, publication, database, looked, moment().await?)));
    }
    let (confirmed, slot_is_new) = keep_slot(&mut session, &slot_name, settings, notes).await?;
    let mut is_unpublished = publishing.is_new;
    for table in &mut looked.wanted {
        let number = table.target.relation.table;
        table.published = Publication::entry(&mut session, &publication, number).await.map_err(failed)?;
        let before = table.position.as_ref().filter(|position| position.lsn >= confirmed);
        is_unpublished |= before.is_some_and(|before| before.published.publication != table.published.publication);
    }
    if is_unpublished && !slot_is_new {
        renew_slot(&mut session, &slot_name, notes).await?;
        return Ok(None);
    }
    let end = end_of_log(&mut session).await.map_err(failed)?;
    if !slot_is_new {
        let joining: Vec<&Target> =
            looked.wanted.iter().filter(|table| !table.was_given()).map(|table| &table.target).collect();
        let patience = Duration::from_millis(settings.lock_timeout_ms);
        let busy = wait_for_writers(&mut session, &joining, patience).await.map_err(failed)?;
        looked.refuse(&busy);
    }
    looked.give_up(|position, table| gap(position, table, &database, &slot_name, confirmed..=end, slot_is_new));
    let Looked { wanted, refused, given_up } = looked;
    let refused = refused.into_iter().map(|(from, refusal)| (from, CapturedTable::Refused(refusal)));
    let mut tables: HashMap<String, CapturedTable> = refused.collect();
    let Moment { snapshot, view } = moment().await?;
    settle(&mut session).await.map_err(failed)?;
    let begin = wanted.iter().filter_map(|table| table.position.as_ref()).map(|position| position.lsn).min();
    let (mut followed, read_to) = match begin {
        None => (HashMap::new(), end),
        Some(begin) => {
            let followed =
                follow(endpoint, &slot_name, &publication, &wanted, begin, end, request.memory_bytes).await?;
            let Some(follower) = followed else {
                renew_slot(&mut session, &slot_name, notes).await?;
                return Ok(None);
            };
            let read_to = follower.read_to();
            (follower.into_tables(), read_to)
        }
    };
    for Wanted { from, target, key, published, position, reason, .. } in wanted {
        let table = followed.remove(&target.relation.table);
        let captured = match (position, table) {
            (Some(position), Some(table)) if table.reload().is_none() => {
                CapturedTable::Changes { target, key, position, table: Arc::new(table) }
            }
            (_, table) => {
                let reason = reason.or_else(|| table?.reload().map(str::to_owned));
                CapturedTable::Whole { target, published, since: confirmed, reason }
            }
        };
        tables.insert(from, captured);
    }
    Ok(Some(Round {
        endpoint: Arc::clone(endpoint),
        slot: slot_name,
        publication,
        database,
        confirmed,
        snapshot,
        view,
        tables,
        given_up,
        read_to,
        has_more: begin.is_some() && read_to < end,
        notes: std::mem::take(notes),
    }))
}

/// Refuses a replica: who writes to a table, its primary alone knows.
async fn refuse_replica(session: &mut Session, slot: &str) -> Result<(), ConnectError> {
    let rows = session.query("select pg_is_in_recovery()").await.map_err(|error| error.of_reading(slot, 0))?;
    if rows.first().and_then(|row| row.first()?.as_deref()) != Some("t") {
        return Ok(());
    }
    Err(ConnectError::Request {
        from: format!("log of {slot}"),
        reason: "this server is a replica, and changes are captured from the primary".to_owned(),
        advice: "connect to the primary, or use `mode: full` or `mode: incremental` with this one".to_owned(),
    })
}

/// The number that a server has of itself, and that of the database.
async fn database(session: &mut Session) -> Result<String, SessionError> {
    let sql = "select system_identifier::text || '/' || (select oid from pg_database where datname = current_database()) \
               from pg_control_system()";
    let rows = session.query(sql).await?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()?).unwrap_or_default())
}

/// A round of tables that cannot be captured, none of them.
fn nothing(
    endpoint: &Arc<Endpoint>,
    slot: String,
    publication: String,
    database: String,
    looked: Looked,
    moment: Moment,
) -> Round {
    let refused = looked.refused.into_iter().map(|(from, refusal)| (from, CapturedTable::Refused(refusal)));
    Round {
        endpoint: Arc::clone(endpoint),
        slot,
        publication,
        database,
        confirmed: Lsn(u64::MAX),
        snapshot: moment.snapshot,
        view: moment.view,
        tables: refused.collect(),
        given_up: looked.given_up,
        read_to: Lsn::default(),
        has_more: false,
        notes: Vec::new(),
    }
}

/// Why the changes since a position are not all that happened, if so.
fn gap(
    position: &Position,
    table: &Wanted,
    database: &str,
    slot: &str,
    kept: RangeInclusive<Lsn>,
    slot_is_new: bool,
) -> Option<String> {
    if position.database != database {
        return Some("it is another database than the one that it was read from".to_owned());
    }
    if position.table != table.target.relation.table {
        return Some("it was dropped and made anew".to_owned());
    }
    if position.lsn.0 > kept.end().0 + PAGE_HEADER {
        return Some("its log ends before the place that it was read to: an older state was put back".to_owned());
    }
    if slot_is_new || position.slot != slot || position.lsn < *kept.start() {
        return Some("the database has not kept its log since it was last read".to_owned());
    }
    if !position.published.is_still(table.published) {
        return Some("the publication has not given its changes all the time since it was last read".to_owned());
    }
    position.shape.gap(&table.target.shape)
}

/// Reads the log from `begin` to `end`, or as far as memory allows. `None` where the publication was not there yet.
async fn follow(
    endpoint: &Arc<Endpoint>,
    slot: &str,
    publication: &str,
    wanted: &[Wanted],
    begin: Lsn,
    end: Lsn,
    memory_bytes: usize,
) -> Result<Option<Follower>, ConnectError> {
    const NO_SUCH_OBJECT: &str = "42704";
    let mut tables = HashMap::new();
    for table in wanted {
        let Some(position) = &table.position else { continue };
        let relation = &table.target.relation;
        let known = position.shape.relation(relation.table, &relation.schema, &relation.name);
        let followed = FollowedTable::new(table.key.clone(), position.lsn, position.copied.clone(), known);
        tables.insert(relation.table, followed);
    }
    let mut follower = Follower::new(tables, begin);
    let mut replication = Replication::start(endpoint, slot, publication, begin).await?;
    let failed = |error: SessionError| error.of_reading(slot, 0);
    let mut messages = 0_usize;
    loop {
        match replication.next().await {
            Ok(Event::Message(message)) => follower.take(message),
            Ok(Event::At(lsn)) => follower.at(lsn),
            Err(SessionError::Server(said)) if said.code == NO_SUCH_OBJECT => return Ok(None),
            Err(error) => return Err(failed(error)),
        }
        messages += 1;
        let is_between = follower.is_between_transactions();
        if is_between && follower.read_to() >= end {
            return Ok(Some(follower));
        }
        if messages.is_multiple_of(LOOK_EVERY) || is_between {
            let held = follower.size_bytes();
            if is_between && held >= memory_bytes {
                return Ok(Some(follower));
            }
            if held >= memory_bytes.saturating_mul(2) {
                follower.give_up_largest();
            }
        }
    }
}
