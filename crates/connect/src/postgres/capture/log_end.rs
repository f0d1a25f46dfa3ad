//! Where a server's log ends, and how much of it is safe.

use std::time::{Duration, Instant};

use super::lsn::Lsn;
use super::slot::END_OF_LOG;
use crate::postgres::literal::literal;
use crate::postgres::server_error::SessionError;
use crate::postgres::session::Session;

/// How long a server may take to write to its disk what it shows.
const DISK_PATIENCE: Duration = Duration::from_mins(1);

/// Behind every transaction that anybody can see.
pub(crate) async fn end_of_log(session: &mut Session) -> Result<Lsn, SessionError> {
    let rows = session.query(&format!("select {END_OF_LOG}")).await?;
    let lsn = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok());
    lsn.map(Lsn::end_of_record).ok_or(SessionError::Protocol("the server does not say where its log ends"))
}

/// Waits until all that a snapshot may have seen is on the server's disk. A server with `synchronous_commit = off` shows
/// transactions that it forgets in a crash, and gives their numbers to others; nobody may land them before. Where it takes
/// its time, a record of our own in the log, of no meaning to anybody, hurries it.
pub(crate) async fn settle(session: &mut Session) -> Result<(), SessionError> {
    let shown = end_of_log(session).await?.to_string();
    let is_settled = format!(
        "select case when pg_is_in_recovery() then true else pg_current_wal_flush_lsn() >= {} end",
        literal(&shown)
    );
    let hurry = "select set_config('synchronous_commit', 'local', true), pg_logical_emit_message(true, 'ade', '')";
    let mut hurried = false;
    let begun = Instant::now();
    while begun.elapsed() < DISK_PATIENCE {
        let rows = session.query(&is_settled).await?;
        if rows.first().and_then(|row| row.first()?.as_deref()) == Some("t") {
            return Ok(());
        }
        if !std::mem::replace(&mut hurried, true) {
            match session.query(hurry).await {
                // A user that may not: the server writes by itself, within seconds.
                Ok(_) | Err(SessionError::Server(_)) => {}
                Err(error) => return Err(error),
            }
            continue;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(SessionError::Protocol("the server does not write its log to its disk"))
}
