//! The connector for PostgreSQL.

use async_trait::async_trait;

use super::capture::{CaptureSettings, SLOT_WARN_MB};
use super::connection::PostgresConnection;
use super::database::Database;
use super::endpoint::{Endpoint, problem};
use super::limits::{LOCK_TIMEOUT_MS, Limits, STATEMENT_TIMEOUT_MS};
use super::rate_limit::RateLimit;
use super::session::Session;
use super::startup::Purpose;
use crate::network::TlsSettings;
use crate::{ConnectError, Connection, Connector, ConnectorSpec, OpenContext, SettingKind, SettingSpec, Settings};

/// PostgreSQL databases, read only.
pub struct PostgresConnector {
    spec: ConnectorSpec,
}

impl PostgresConnector {
    /// The connector.
    pub fn new() -> Self {
        Self {
            spec: ConnectorSpec {
                name: "postgres",
                title: "PostgreSQL",
                description: "Tables and views of a PostgreSQL database (12 to 18), read-only, at one moment that several \
                              sessions share: all tables are of that moment, and nobody who writes is held up. Large tables \
                              are read in ranges of 16 MB, several at once; a lock is held for no longer than a range takes.",
                settings: settings(),
                table_options: Vec::new(),
                incremental_needs_cursor: true,
            },
        }
    }
}

fn settings() -> Vec<SettingSpec> {
    let count = |max| SettingKind::Integer { min: 1, max };
    let timeout = SettingKind::Integer { min: 0, max: 2_147_483_647 };
    let first = vec![
        SettingSpec::optional("host", SettingKind::Text, "The server's name or address, or the folder of its Unix socket."),
        SettingSpec::optional("port", count(65_535), "The server's port; by default 5432."),
        SettingSpec::optional("database", SettingKind::Text, "The database; by default it is called as the user."),
        SettingSpec::optional("user", SettingKind::Text, "The user to sign in as: one that may do nothing but `select`."),
        SettingSpec::optional("password", SettingKind::Text, "The user's password.").secret(),
        SettingSpec::optional(
            "url",
            SettingKind::Text,
            "All of these at once, `postgres://user:password@host:port/database?sslmode=…`; what is given apart counts.",
        )
        .secret(),
    ];
    let rest = vec![
        SettingSpec::optional(
            "ssh",
            SettingKind::Text,
            "A machine to go through, `user@host[:port]`, by the system's `ssh`, which must know its key; `host` is the server \
             as that machine sees it.",
        ),
        SettingSpec::optional("ssh_key", SettingKind::Path, "The private key for it; by default `ssh` decides."),
        SettingSpec::optional(
            "streams",
            count(64),
            "How many sessions read a large table at once; by default as many as there are threads, at most 8.",
        ),
        SettingSpec::optional(
            "statement_timeout_ms",
            timeout,
            "How long one statement may take, in milliseconds; 0: for ever. Only views, and changes that no index finds, take \
             longer than a range does; for as long as they take, the server cannot clean up.",
        )
        .with_default(STATEMENT_TIMEOUT_MS),
        SettingSpec::optional(
            "lock_timeout_ms",
            timeout,
            "How long to wait for a table that somebody is changing, in milliseconds; 0: for ever.",
        )
        .with_default(LOCK_TIMEOUT_MS),
        SettingSpec::optional(
            "max_rows_per_second",
            count(i64::MAX),
            "The most rows to ask of the server in a second, all sessions together.",
        ),
        SettingSpec::optional("max_bytes_per_second", count(i64::MAX), "The same in bytes; only one of the two."),
        SettingSpec::optional(
            "slot",
            SettingKind::Text,
            "The replication slot that keeps the log for `mode: capture`; by default `ade_<project>_<environment>`.",
        ),
        SettingSpec::optional("publication", SettingKind::Text, "The publication for it; by default called as the slot."),
        SettingSpec::optional(
            "slot_warn_mb",
            count(i64::MAX >> 20),
            "Runs warn when the server kept more of its log than this for the slot, in MiB.",
        )
        .with_default(SLOT_WARN_MB),
        SettingSpec::optional(
            "slot_limit_mb",
            count(i64::MAX >> 20),
            "A run that finds more than this kept makes the slot anew and reads its tables whole, in MiB; by default never.",
        ),
    ];
    first.into_iter().chain(TlsSettings::specs()).chain(rest).collect()
}

impl Default for PostgresConnector {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for PostgresConnector {
    fn spec(&self) -> &ConnectorSpec {
        &self.spec
    }

    fn captures_changes(&self) -> bool {
        true
    }

    async fn open(&self, settings: &Settings, context: &OpenContext) -> Result<Box<dyn Connection>, ConnectError> {
        let limits = Limits::new(settings, context.threads.get());
        if limits.rows_per_second.is_some() && limits.bytes_per_second.is_some() {
            let message = "`max_rows_per_second` and `max_bytes_per_second` are given both".to_owned();
            let hint = "leave one of them out".to_owned();
            return Err(problem("max_bytes_per_second", false, message, Some(hint)));
        }
        let endpoint = Endpoint::open(settings, context).await?;
        // Proves that it is there and lets us in.
        drop(Session::open(&endpoint, Purpose::Read).await?);
        let (position_key, now) = (context.position_key.clone(), context.now);
        let rate_limit = RateLimit::new(&limits);
        let capture = CaptureSettings::new(settings);
        Ok(Box::new(PostgresConnection::new(Database { endpoint, limits, rate_limit, position_key, now, capture })))
    }
}
