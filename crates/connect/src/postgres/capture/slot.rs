//! The replication slot: what keeps a database's log until its changes are in the lake.

use super::lsn::Lsn;
use crate::ConnectError;
use crate::postgres::literal::literal;
use crate::postgres::server_error::SessionError;
use crate::postgres::session::Session;

/// A slot as its server describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    /// The output plugin; none for a physical slot.
    pub(crate) plugin: Option<String>,
    /// The database whose changes it keeps.
    pub(crate) database: Option<String>,
    /// The server process that reads from it now.
    pub(crate) reader: Option<String>,
    /// What is behind here is still kept for it. None when too much would have been.
    pub(crate) confirmed: Option<Lsn>,
    /// How much log is kept because of it, in bytes.
    pub(crate) kept_bytes: u64,
}

/// Where the log ends, as an SQL expression: behind every transaction that anybody can see, also those that a server with
/// `synchronous_commit = off` has not written to its disk yet.
pub(crate) const END_OF_LOG: &str =
    "case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end";

impl Slot {
    /// Looks for it.
    pub(crate) async fn find(session: &mut Session, name: &str) -> Result<Option<Self>, SessionError> {
        // A slot that has lost its log says so since version 13.
        let lost = if session.major_version() >= 13 { "coalesce(wal_status = 'lost', false)" } else { "false" };
        let sql = format!(
            "select plugin, database, active_pid, case when not {lost} then confirmed_flush_lsn end, \
             greatest(pg_wal_lsn_diff({END_OF_LOG}, restart_lsn), 0)::bigint \
             from pg_replication_slots where slot_name = {}",
            literal(name)
        );
        let Some(row) = session.query(&sql).await?.into_iter().next() else { return Ok(None) };
        let mut cells = row.into_iter();
        let mut next = || cells.next().flatten();
        Ok(Some(Self {
            plugin: next(),
            database: next(),
            reader: next(),
            confirmed: next().and_then(|text| text.parse().ok()),
            kept_bytes: next().and_then(|text| text.parse().ok()).unwrap_or(0),
        }))
    }

    /// Makes it. Waits until all transactions that are running now have ended. Gives from where on it keeps the log.
    pub(crate) async fn create(session: &mut Session, name: &str) -> Result<Lsn, ConnectError> {
        let sql = format!("select lsn from pg_create_logical_replication_slot({}, 'pgoutput')", literal(name));
        let rows = session.query(&sql).await.map_err(|error| refused(error, name))?;
        let lsn = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok());
        lsn.ok_or_else(|| ConnectError::SourceFailed {
            object: name.to_owned(),
            reason: "the server made the slot and did not say from where on it keeps the log".to_owned(),
        })
    }

    /// Removes it, so that its log can go.
    pub(crate) async fn remove(session: &mut Session, name: &str) -> Result<(), SessionError> {
        let sql = format!("select pg_drop_replication_slot({})", literal(name));
        session.query(&sql).await.map(drop)
    }
}

/// Why there can be no slot, with what the owner of the database has to do.
fn refused(error: SessionError, slot: &str) -> ConnectError {
    let SessionError::Server(said) = &error else { return error.of_reading(slot, 0) };
    let advice = match said.code.as_str() {
        "42501" => "have the database's owner run: alter role USER replication".to_owned(),
        "55000" => "have the server's owner set `wal_level = logical` and restart it".to_owned(),
        "57014" => "a slot begins when all transactions that are running have ended, and one of them runs for long \
                    (`pg_stat_activity` has it): run again when it has, or raise `statement_timeout_ms`"
            .to_owned(),
        "53400" => "have the server's owner raise `max_replication_slots`, or remove slots that nobody uses".to_owned(),
        _ => "ask the server's owner".to_owned(),
    };
    ConnectError::Request {
        from: format!("log of {slot}"),
        reason: format!("no replication slot can be made for change capture: {}", said.reason()),
        advice: advice.replace("USER", "the user of this connection"),
    }
}
