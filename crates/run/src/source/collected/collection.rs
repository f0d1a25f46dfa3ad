//! A connection that events come in by, and how far its log has landed.
use std::collections::BTreeMap;

use ade_connect::{EventLog, EventLogKey, LogPlace};
use ade_lake::TableName;
use ade_project::resource::Connection;

use super::super::connections::settings;
use crate::build::TaskError;
use crate::error::RunError;
use crate::workspace::{Workspace, keys, state_folder};

/// Table with what became of everything that was received, in the schema of the connection's name.
const COUNTS: &str = "event_counts";

/// A connection that events come in by. It holds secrets, so it is not to be printed.
#[derive(Clone)]
pub struct Collection {
    /// Name of the connection.
    pub connection: String,
    /// Where events wait.
    pub log: EventLog,
    /// The write key of each source, by the source's name.
    pub write_keys: BTreeMap<String, String>,
    /// The sources of the project that its events land in.
    pub sources: Vec<String>,
    /// How much may wait.
    pub most_backlog_bytes: u64,
    /// The size of a file of the log.
    pub segment_bytes: u64,
}

impl Collection {
    /// Of a connection of `type: events`, with its references resolved.
    pub(crate) fn of(workspace: &Workspace, connection: &Connection) -> Result<Self, RunError> {
        let connector = workspace.connectors.get(&connection.kind)?;
        let settings = settings(connector.spec(), connection, &workspace.root, &workspace.world);
        let settings = settings.map_err(|error| match error {
            TaskError::Diagnostics(diagnostics) => RunError::Project { diagnostics },
            TaskError::Run(error) => error,
        })?;
        let environment_keys = keys(&workspace.root, &workspace.project, &workspace.world)?;
        let folder = match settings.text("folder") {
            Some(folder) => workspace.root.join(folder),
            None => state_folder(&workspace.root).join("events").join(workspace.environment()).join(&connection.name),
        };
        let megabytes =
            |name: &str| settings.integer(name).and_then(|size| u64::try_from(size).ok()).unwrap_or(1) << 20;
        let keys = settings.map("write_keys").unwrap_or_default();
        let mut sources: Vec<String> = Vec::new();
        for source in workspace.project.sources.values() {
            if source.connection.as_ref() == Some(&connection.name) && !sources.contains(&source.source) {
                sources.push(source.source.clone());
            }
        }
        Ok(Self {
            connection: connection.name.clone(),
            log: EventLog::new(folder, EventLogKey::new(*environment_keys.event_log_subkey())),
            write_keys: keys.into_iter().map(|(source, key)| (source.to_owned(), key.to_owned())).collect(),
            sources,
            most_backlog_bytes: megabytes("backlog_mb"),
            segment_bytes: megabytes("segment_mb"),
        })
    }

    /// The table with what became of everything that was received.
    pub(crate) fn counts_table(&self, workspace: &Workspace) -> Result<TableName, RunError> {
        Workspace::table_name(&workspace.project.environment.relation(&self.connection, COUNTS))
    }

    /// Up to where everything has landed.
    pub(crate) async fn landed(&self, workspace: &Workspace) -> Result<LogPlace, RunError> {
        let newest = workspace.lake.newest(&self.counts_table(workspace)?).await?;
        let position = newest.and_then(|(_, state)| state.position);
        Ok(position.as_ref().and_then(LogPlace::of_position).unwrap_or_default())
    }
}
