//! The connector for files.

use std::sync::Arc;

use async_trait::async_trait;

use super::connection::FilesConnection;
use super::local_store::LocalStore;
use super::options;
use crate::{ConnectError, Connection, Connector, ConnectorSpec, OpenContext, SettingKind, SettingSpec, Settings};

/// Files below a folder: CSV, JSON lines, Parquet.
pub struct FilesConnector {
    spec: ConnectorSpec,
}

impl FilesConnector {
    /// The connector.
    pub fn new() -> Self {
        let path = SettingSpec::required(
            "path",
            SettingKind::Path,
            "The folder; `from:` of a table is a file or glob below it and cannot leave it.",
        );
        let follow_links = SettingSpec::optional(
            "follow_links",
            SettingKind::Boolean,
            "Whether symbolic links may lead out of the folder. Those that stay within it are always followed.",
        )
        .with_default(false);
        Self {
            spec: ConnectorSpec {
                name: "files",
                title: "Files",
                description: "CSV, JSON lines and Parquet files below a folder, plain or compressed with gzip or zstd. \
                              Incrementally, each new or changed file is a batch of its own; its content decides \
                              whether it has changed, never its time.",
                settings: vec![path, follow_links],
                table_options: options::specs(),
                incremental_needs_cursor: false,
            },
        }
    }
}

impl Default for FilesConnector {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Connector for FilesConnector {
    fn spec(&self) -> &ConnectorSpec {
        &self.spec
    }

    async fn open(&self, settings: &Settings, context: &OpenContext) -> Result<Box<dyn Connection>, ConnectError> {
        let path = settings.text("path").unwrap_or(".");
        let store = LocalStore::open(path, &context.project_dir.join(path), settings.boolean("follow_links"))?;
        Ok(Box::new(FilesConnection::new(Arc::new(store), context.threads.get(), context.position_key.clone())))
    }
}
