//! How a round begins: a moment, what each table needs, and the log read up to that moment.

use std::collections::HashMap;
use std::sync::Arc;

use super::cascade::Parent;
use super::followed_table::FollowedTable;
use super::follower::{ANEW, Follower};
use super::log_error::{LogError, log_of};
use super::log_place::LogPlace;
use super::log_stream::{LogStream, file_begun, header};
use super::moment::Moment;
use super::position::Position;
use super::round::{CapturedTable, Round};
use super::target::can_be_captured;
use crate::capture::{Refusal, UNREADABLE};
use crate::mysql::catalog::{Table, find};
use crate::mysql::server::Server;
use crate::mysql::snapshot::MySqlSnapshot;
use crate::mysql::worker::Worker;
use crate::{CaptureRequest, ConnectError};

/// A table that is to be read, before it is known how.
struct Wanted {
    from: String,
    table: Table,
    key: Vec<String>,
    /// Where it was read to; none where changes alone cannot tell.
    position: Option<Position>,
    reason: Option<String>,
}

/// Begins a round.
pub(crate) async fn open(server: &Arc<Server>, request: &CaptureRequest) -> Result<Round, ConnectError> {
    let moment = Moment::take(server).await?;
    let server_id = server.capture.server_id(&request.consumer, &server.name);
    let failed = |error: LogError| error.into_error(&server.name, &moment.log.user);
    let begun = file_begun(server, server_id, &moment.since).await.map_err(failed)?;
    let (mut wanted, mut tables) = look(server, &moment, request).await?;
    let followed = loop {
        let places = wanted.iter().filter_map(|table| table.position.as_ref()).map(|position| &position.place);
        let Some(begin) = places.min().cloned() else { break None };
        match follow(server, server_id, &wanted, &moment, &begin, request.memory_bytes).await {
            Ok(followed) => break Some(followed),
            Err(error @ (LogError::Gone | LogError::Anew)) => {
                let reason = if matches!(error, LogError::Anew) {
                    ANEW
                } else {
                    "the server has not kept its log since it was last read"
                };
                for table in &mut wanted {
                    if table.position.as_ref().is_some_and(|position| position.place == begin) {
                        table.position = None;
                        table.reason = Some(reason.to_owned());
                    }
                }
            }
            Err(error) => return Err(failed(error)),
        }
    };
    let mut round = Round {
        server: moment.log.server,
        since: moment.since,
        copied: moment.copied,
        copied_at_s: moment.copied_at_s,
        begun,
        read_to: moment.end.clone(),
        read_to_begun: begun,
        has_more: false,
        snapshot: MySqlSnapshot::new(moment.worker),
        tables: HashMap::new(),
    };
    let mut folded = Vec::new();
    if let Some((follower, has_more)) = followed {
        round.read_to = follower.read_to().clone();
        round.read_to_begun = follower.begun().unwrap_or(begun);
        round.has_more = has_more;
        folded = follower.into_tables();
    }
    for Wanted { from, table, key, position, reason } in wanted {
        let found = folded.iter().position(|folded| folded.is_called(&table.database, &table.name));
        let folded = position.and(found).map(|place| folded.swap_remove(place));
        let captured = match folded {
            Some(folded) if folded.reload().is_none() => {
                CapturedTable::Changes { table, key, changes: Arc::new(folded) }
            }
            folded => {
                let reason = reason.or_else(|| folded?.reload().map(str::to_owned));
                CapturedTable::Whole { table, reason }
            }
        };
        tables.insert(from, captured);
    }
    round.tables = tables;
    Ok(round)
}

/// What the catalog says of the tables, and those that cannot be captured.
async fn look(
    server: &Arc<Server>,
    moment: &Moment,
    request: &CaptureRequest,
) -> Result<(Vec<Wanted>, HashMap<String, CapturedTable>), ConnectError> {
    let (mut wanted, mut refused) = (Vec::new(), HashMap::new());
    for asked in request.tables.iter().filter(|table| table.is_read) {
        let found = match table(server, &moment.worker, &asked.from).await {
            Ok(table) => {
                let answer = can_be_captured(&table, &asked.key).and_then(|()| moment.log.has(&table.database));
                answer.map(|()| table)
            }
            Err(ConnectError::NotFound { hint, .. }) => Err(Refusal::new(
                "there is no such table, or this login may not see it",
                hint.unwrap_or_else(|| "correct `from`".to_owned()),
            )),
            Err(ConnectError::Request { reason, advice, .. }) => Err(Refusal { reason, advice }),
            Err(error) => return Err(error),
        };
        match found {
            Err(refusal) => {
                refused.insert(asked.from.clone(), CapturedTable::Refused(refusal));
            }
            Ok(table) => {
                let position = Position::parse(asked.position.as_ref());
                let reason = match &position {
                    Some(position) => position.gap(&moment.log.server, &table),
                    None => asked.position.as_ref().map(|_| UNREADABLE.to_owned()),
                };
                wanted.push(Wanted {
                    from: asked.from.clone(),
                    table,
                    key: asked.key.clone(),
                    position: position.filter(|_| reason.is_none()),
                    reason,
                });
            }
        }
    }
    Ok((wanted, refused))
}

async fn table(server: &Arc<Server>, worker: &Worker, from: &str) -> Result<Table, ConnectError> {
    let (server, from) = (Arc::clone(server), from.to_owned());
    worker.run(move |session| Box::pin(async move { find(&server, session, &from).await })).await
}

async fn parents(server: &Arc<Server>, worker: &Worker, followed: Vec<Table>) -> Result<Vec<Parent>, ConnectError> {
    let server = Arc::clone(server);
    let work = worker.run(move |session| {
        Box::pin(async move {
            let followed: Vec<&Table> = followed.iter().collect();
            Parent::of(&server, session, &followed).await
        })
    });
    work.await
}

/// Reads the log from `begin` up to the moment, or as far as memory allows: then there is more.
async fn follow(
    server: &Arc<Server>,
    server_id: u32,
    wanted: &[Wanted],
    moment: &Moment,
    begin: &LogPlace,
    memory_bytes: usize,
) -> Result<(Follower, bool), LogError> {
    let (mut tables, mut followed) = (Vec::new(), Vec::new());
    for Wanted { table, key, position, .. } in wanted {
        let Some(position) = position.clone() else { continue };
        let (database, name) = (&table.database, &table.name);
        tables.push(FollowedTable::new(database, name, key.clone(), position, moment.log.has_names));
        followed.push(table.clone());
    }
    let parents = parents(server, &moment.worker, followed).await.map_err(LogError::Failed)?;
    let mut follower = Follower::new(tables, parents, begin.clone());
    let mut stream = LogStream::start(server, server_id, begin).await?;
    let broken = |reason: &str| {
        let (object, reason) = (log_of(&server.name), reason.to_owned());
        LogError::Failed(ConnectError::SourceFailed { object, reason })
    };
    let (mut has_more, mut is_first) = (false, true);
    while let Some(event) = stream.next().await? {
        let header = header(&event);
        if follower.take(header, event.data()).is_err() {
            return Err(broken(&format!("an event of code {} is none of MySQL's or MariaDB's", header.code)));
        }
        if is_first && follower.begun().is_some() {
            if follower.is_lost() {
                stream.close().await;
                return Err(LogError::Anew);
            }
            is_first = false;
        }
        let is_between = follower.is_between_transactions();
        if is_between && follower.begun().is_some() && *follower.read_to() >= moment.end {
            break;
        }
        if is_between && follower.size_bytes() >= memory_bytes {
            follower.leave_replays();
        }
        let held = follower.size_bytes();
        has_more = is_between && held >= memory_bytes;
        if has_more {
            break;
        }
        if held >= memory_bytes.saturating_mul(2) {
            follower.give_up_largest();
        }
    }
    stream.close().await;
    if follower.is_between_transactions() {
        Ok((follower, has_more))
    } else {
        Err(broken("it ended within a transaction"))
    }
}
