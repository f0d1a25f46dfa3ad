//! A server, and how sessions with it are begun so that it cannot be harmed.

use std::time::Duration;

use chrono::{DateTime, Utc};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};

use super::capture::CaptureSettings;
use super::failure::cannot_open;
use super::session::Session;
use crate::network::Tunnel;
use crate::{ConnectError, PositionKey};

/// Going back to it lets go of the definitions of the tables that were read since, which nobody can change meanwhile; the
/// moment that the transaction sees stays.
pub(crate) const SAVEPOINT: &str = "ade";

/// A server, how to reach it, and what a session may cost it.
#[derive(Debug)]
pub(crate) struct Server {
    /// For messages: host, port, database.
    pub(crate) name: String,
    pub(crate) database: String,
    pub(crate) options: Opts,
    pub(crate) limits: Limits,
    pub(crate) position_key: Option<PositionKey>,
    pub(crate) now: Option<DateTime<Utc>>,
    pub(crate) capture: CaptureSettings,
    /// Kept open for as long as anybody may ask for a session.
    pub(crate) _tunnel: Option<Tunnel>,
}

/// What a session may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) connect: Duration,
    /// Zero: as long as it takes.
    pub(crate) statement: Duration,
    pub(crate) lock: Duration,
    pub(crate) rows_per_second: Option<u64>,
}

impl Server {
    /// A session that can only read: UTC, UTF-8, a fixed SQL mode, limits.
    pub(crate) async fn session(&self) -> Result<Session, ConnectError> {
        let mut connection = self.connect().await?;
        let version: Option<String> =
            connection.query_first("select version()").await.map_err(|error| cannot_open(&self.name, &error))?;
        let is_mariadb = version.unwrap_or_default().contains("MariaDB");
        for statement in self.beginning(is_mariadb) {
            connection.query_drop(statement).await.map_err(|error| cannot_open(&self.name, &error))?;
        }
        Ok(Session::new(connection))
    }

    /// Ends the statement that a session is at, but not its transaction. If that cannot be done, the statement goes on.
    pub(crate) async fn end_statement(&self, session_id: u32) {
        if let Ok(mut connection) = self.connect().await {
            // A statement that has just ended cannot be ended: that is as well.
            let _ = connection.query_drop(format!("kill query {session_id}")).await;
            let _ = connection.disconnect().await;
        }
    }

    /// A connection without any of that.
    pub(crate) async fn connect(&self) -> Result<Conn, ConnectError> {
        match tokio::time::timeout(self.limits.connect, Conn::new(self.options.clone())).await {
            Ok(connection) => connection.map_err(|error| cannot_open(&self.name, &error)),
            Err(_) => Err(ConnectError::Open {
                what: "MySQL server",
                object: self.name.clone(),
                reason: format!("no answer within {} s", self.limits.connect.as_secs()),
                advice: "check `host` and `port` of the connection, and that no firewall is between".to_owned(),
            }),
        }
    }

    /// What is said at the beginning of a session.
    fn beginning(&self, is_mariadb: bool) -> Vec<String> {
        let lock_seconds = self.limits.lock.as_millis().div_ceil(1_000).max(1);
        let statement = self.limits.statement;
        let mut said = vec![
            // The server converts every character set to this one.
            "set names utf8mb4".to_owned(),
            // Zero dates are let through, division by zero is NULL, `char` is not padded, quotes are as in the standard of MySQL.
            "set session sql_mode = ''".to_owned(),
            "set session time_zone = '+00:00'".to_owned(),
            "set session sql_select_limit = 18446744073709551615, sql_big_selects = 1".to_owned(),
            format!("set session lock_wait_timeout = {lock_seconds}, innodb_lock_wait_timeout = {lock_seconds}"),
            // We may be slower than the server's default of a minute, but a session that nobody uses for an hour is lost.
            "set session net_write_timeout = 3600, net_read_timeout = 3600, wait_timeout = 3600".to_owned(),
            "set session transaction isolation level repeatable read".to_owned(),
            "set session transaction read only".to_owned(),
        ];
        if !statement.is_zero() {
            said.push(if is_mariadb {
                format!("set session max_statement_time = {}", statement.as_secs_f64())
            } else {
                format!("set session max_execution_time = {}", statement.as_millis())
            });
        }
        said.push("start transaction with consistent snapshot, read only".to_owned());
        said.push(format!("savepoint {SAVEPOINT}"));
        said
    }
}
