//! The connector for SQLite.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::connection::SqliteConnection;
use super::database::Database;
use super::epochs;
use super::worker::Worker;
use crate::{ConnectError, Connection, Connector, ConnectorSpec, OpenContext, SettingKind, SettingSpec, Settings};

/// SQLite databases, read only.
pub struct SqliteConnector {
    spec: ConnectorSpec,
}

impl SqliteConnector {
    /// The connector.
    pub fn new() -> Self {
        let settings = vec![
            SettingSpec::required("path", SettingKind::Path, "The database file."),
            SettingSpec::optional(
                "busy_timeout_ms",
                SettingKind::Integer { min: 0, max: 600_000 },
                "How long to wait for a lock that another program holds, in milliseconds.",
            )
            .with_default(10_000),
        ];
        Self {
            spec: ConnectorSpec {
                name: "sqlite",
                title: "SQLite",
                description: "Tables and views of a SQLite database, read-only, in one read transaction: all tables \
                              are of one moment. In WAL mode writers are not held up; in other journal modes they \
                              wait for the end of the read.",
                settings,
                table_options: epochs::specs(),
                incremental_needs_cursor: true,
            },
        }
    }
}

impl Default for SqliteConnector {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for SqliteConnector {
    fn spec(&self) -> &ConnectorSpec {
        &self.spec
    }

    async fn open(&self, settings: &Settings, context: &OpenContext) -> Result<Box<dyn Connection>, ConnectError> {
        let path = settings.text("path").unwrap_or_default();
        let timeout = settings.integer("busy_timeout_ms").and_then(|timeout| u64::try_from(timeout).ok());
        let database = Arc::new(Database {
            name: path.to_owned(),
            path: context.project_dir.join(path),
            busy_timeout: Duration::from_millis(timeout.unwrap_or(10_000)),
            position_key: context.position_key.clone(),
            now: context.now,
        });
        // Proves that it is there and a database.
        drop(Worker::start(Arc::clone(&database)).await?);
        Ok(Box::new(SqliteConnection::new(database)))
    }
}
