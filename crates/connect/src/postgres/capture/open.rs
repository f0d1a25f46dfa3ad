//! How a round begins: the slot and the publication, what each table needs, and the log read up to now.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::capture_settings::CaptureSettings;
use super::followed_table::FollowedTable;
use super::follower::Follower;
use super::lsn::Lsn;
use super::position::{Position, remembered};
use super::publication::Publication;
use super::replication::{Event, Replication};
use super::round::{CapturedTable, Refusal, Round};
use super::slot::{END_OF_LOG, Slot};
use super::target::Target;
use super::transaction_view::TransactionView;
use crate::postgres::endpoint::Endpoint;
use crate::postgres::relation_name::{candidates, condition};
use crate::postgres::server_error::SessionError;
use crate::postgres::session::Session;
use crate::postgres::startup::Purpose;
use crate::{CaptureRequest, ConnectError, Note, Snapshot};

/// How long a slot may be in use by a session that is about to end: a program that was killed a moment ago.
const SLOT_PATIENCE: Duration = Duration::from_secs(15);

/// How often memory is looked at, in messages.
const LOOK_EVERY: usize = 256;

/// A table that is to be read, before it is known how.
struct Wanted {
    from: String,
    target: Target,
    key: Vec<String>,
    /// Where it was read to; none where changes alone cannot tell.
    position: Option<Position>,
    reason: Option<String>,
}

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
    moment: impl FnOnce() -> M,
) -> Result<Round, ConnectError>
where
    M: Future<Output = Result<Moment, ConnectError>>,
{
    let slot_name = settings.slot.as_ref().unwrap_or(&request.consumer).clone();
    let publication = settings.publication.as_ref().unwrap_or(&slot_name).clone();
    let mut session = Session::open(endpoint, Purpose::Administer).await?;
    let failed = |error: SessionError| error.of_reading(&slot_name, 0);
    let database = database(&mut session).await.map_err(failed)?;
    let mut tables = HashMap::new();
    let mut wanted = Vec::new();
    for table in request.tables.iter().filter(|table| table.is_read) {
        match find(&mut session, &table.from).await.map_err(failed)? {
            None => {
                let refusal = Refusal {
                    reason: "there is no such table, or this user may not see it".to_owned(),
                    advice: "correct `from`".to_owned(),
                };
                tables.insert(table.from.clone(), CapturedTable::Refused(refusal));
            }
            Some(target) => match target.key(&table.key) {
                Ok(()) => wanted.push(Wanted {
                    from: table.from.clone(),
                    target,
                    key: table.key.clone(),
                    position: Position::parse(&table.from, table.position.as_ref())?,
                    reason: None,
                }),
                Err(refusal) => {
                    tables.insert(table.from.clone(), CapturedTable::Refused(refusal));
                }
            },
        }
    }
    let targets: Vec<&Target> = wanted.iter().map(|table| &table.target).collect();
    Publication::ensure(&mut session, &publication, &targets).await?;
    let mut notes = Vec::new();
    let (confirmed, slot_is_new) = slot(&mut session, &slot_name, settings, &mut notes).await?;
    for table in &mut wanted {
        if let Some(position) = table.position.take() {
            match gap(&position, &table.target, &database, &slot_name, confirmed, slot_is_new) {
                Some(reason) => table.reason = Some(reason),
                None => table.position = Some(position),
            }
        }
    }
    let end = end_of_log(&mut session).await.map_err(failed)?;
    let Moment { snapshot, view } = moment().await?;
    let begin = wanted.iter().filter_map(|table| table.position.as_ref()).map(|position| position.lsn).min();
    let (mut followed, read_to) = match begin {
        None => (HashMap::new(), end),
        Some(begin) => {
            let follower =
                follow(endpoint, &slot_name, &publication, &wanted, begin, end, request.memory_bytes).await?;
            let read_to = follower.read_to();
            (follower.into_tables(), read_to)
        }
    };
    for Wanted { from, target, key, position, reason } in wanted {
        let table = followed.remove(&target.relation.table);
        let captured = match (position, table) {
            (Some(position), Some(table)) if table.reload().is_none() => {
                CapturedTable::Changes { target, key, position, table: Arc::new(table) }
            }
            (_, table) => {
                let reason = reason.or_else(|| table?.reload().map(str::to_owned));
                CapturedTable::Whole { target, since: confirmed, reason }
            }
        };
        tables.insert(from, captured);
    }
    Ok(Round {
        endpoint: Arc::clone(endpoint),
        slot: slot_name,
        publication,
        database,
        confirmed,
        snapshot,
        view,
        tables,
        read_to,
        has_more: begin.is_some() && read_to < end,
        notes,
    })
}

/// The number that a server has of itself, and that of the database.
async fn database(session: &mut Session) -> Result<String, SessionError> {
    let sql = "select system_identifier::text || '/' || (select oid from pg_database where datname = current_database()) \
               from pg_control_system()";
    let rows = session.query(sql).await?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()?).unwrap_or_default())
}

async fn end_of_log(session: &mut Session) -> Result<Lsn, SessionError> {
    let rows = session.query(&format!("select {END_OF_LOG}")).await?;
    let lsn = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok());
    lsn.map(Lsn::end_of_record).ok_or(SessionError::Protocol("the server does not say where its log ends"))
}

/// A table by its name.
async fn find(session: &mut Session, from: &str) -> Result<Option<Target>, SessionError> {
    for candidate in candidates(from) {
        let sql = format!(
            "select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace where {} and c.relkind in ('r', 'p')",
            condition(&candidate)
        );
        let rows = session.query(&sql).await?;
        if let Some(table) = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok()) {
            return Target::find(session, table).await;
        }
    }
    Ok(None)
}

/// Sees to it that the slot is there. Gives what it has confirmed, and whether it was made now.
async fn slot(
    session: &mut Session,
    name: &str,
    settings: &CaptureSettings,
    notes: &mut Vec<Note>,
) -> Result<(Lsn, bool), ConnectError> {
    let failed = |error: SessionError| error.of_reading(name, 0);
    let refused = |reason: &str, advice: String| ConnectError::Request {
        from: format!("log of {name}"),
        reason: reason.to_owned(),
        advice,
    };
    let begun = Instant::now();
    loop {
        let Some(slot) = Slot::find(session, name).await.map_err(failed)? else {
            return Ok((Slot::create(session, name).await?, true));
        };
        let here = session.query("select current_database()").await.map_err(failed)?;
        let here = here.into_iter().next().and_then(|row| row.into_iter().next()?);
        if slot.plugin.as_deref() != Some("pgoutput") || slot.database != here {
            return Err(refused(
                "there is a replication slot of this name that is not for this database's changes",
                "name another one by the connection's `slot`".to_owned(),
            ));
        }
        if let Some(process) = &slot.reader {
            if begun.elapsed() < SLOT_PATIENCE {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            return Err(refused(
                &format!("another program reads from the replication slot (server process {process})"),
                "wait until it has ended; if it is another project's, name a `slot` of your own".to_owned(),
            ));
        }
        let kept = slot.kept_bytes;
        let is_over = settings.limit_bytes.is_some_and(|limit| kept > limit);
        match slot.confirmed {
            Some(confirmed) if !is_over => {
                if settings.warn_bytes.is_some_and(|warn| kept > warn) {
                    notes.push(Note {
                        id: "log-kept",
                        message: format!(
                            "the database kept {} of its log for `{name}` when this run began: run more often, and see that \
                             no table of it is stopped",
                            mebibytes(kept)
                        ),
                    });
                }
                return Ok((confirmed, false));
            }
            lost => {
                let why = if lost.is_none() {
                    "the server has given up the log that it kept (its `max_slot_wal_keep_size`)".to_owned()
                } else {
                    format!("it kept {} of the log, which is over `slot_limit_mb`", mebibytes(kept))
                };
                Slot::remove(session, name).await.map_err(failed)?;
                notes.push(Note {
                    id: "slot-renewed",
                    message: format!(
                        "the replication slot `{name}` was made anew: {why}; all of its tables are read again"
                    ),
                });
            }
        }
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

/// Why the changes since a position are not all that happened, if so.
fn gap(
    position: &Position,
    target: &Target,
    database: &str,
    slot: &str,
    confirmed: Lsn,
    slot_is_new: bool,
) -> Option<String> {
    if position.database != database {
        return Some("it is another database than the one that it was read from".to_owned());
    }
    if position.table != target.relation.table {
        return Some("it was dropped and made anew".to_owned());
    }
    if slot_is_new || position.slot != slot || position.lsn < confirmed {
        return Some("the database has not kept its log since it was last read".to_owned());
    }
    let columns = remembered(&target.relation);
    let retyped = columns.iter().find(|(name, data_type, modifier)| {
        let known = position.columns.iter().find(|(known, _, _)| known == name);
        known.is_some_and(|(_, known_type, known_modifier)| (known_type, known_modifier) != (data_type, modifier))
    });
    if let Some((name, _, _)) = retyped {
        return Some(format!("its column `{name}` has another type now"));
    }
    let filled = target.filled.iter().find(|name| !position.columns.iter().any(|(known, _, _)| known == *name));
    filled.map(|name| format!("its column `{name}` is new and has values in rows that were there before"))
}

/// Reads the log from `begin` to `end`, or as far as memory allows.
async fn follow(
    endpoint: &Arc<Endpoint>,
    slot: &str,
    publication: &str,
    wanted: &[Wanted],
    begin: Lsn,
    end: Lsn,
    memory_bytes: usize,
) -> Result<Follower, ConnectError> {
    let mut tables = HashMap::new();
    for table in wanted {
        let Some(position) = &table.position else { continue };
        let relation = &table.target.relation;
        let known = position.relation(&relation.schema, &relation.name);
        let followed = FollowedTable::new(table.key.clone(), position.lsn, position.copied.clone(), known);
        tables.insert(relation.table, followed);
    }
    let mut follower = Follower::new(tables, begin);
    let mut replication = Replication::start(endpoint, slot, publication, begin).await?;
    let failed = |error: SessionError| error.of_reading(slot, 0);
    let mut messages = 0_usize;
    loop {
        match replication.next().await.map_err(failed)? {
            Event::Message(message) => follower.take(message),
            Event::At(lsn) => follower.at(lsn),
        }
        messages += 1;
        let is_between = follower.is_between_transactions();
        if is_between && follower.read_to() >= end {
            return Ok(follower);
        }
        if messages.is_multiple_of(LOOK_EVERY) || is_between {
            let held = follower.size_bytes();
            if is_between && held >= memory_bytes {
                return Ok(follower);
            }
            if held >= memory_bytes.saturating_mul(2) {
                follower.give_up_largest();
            }
        }
    }
}
