//! The connector for files.

use std::sync::Arc;

use async_trait::async_trait;

use super::connection::FilesConnection;
use super::local_store::LocalStore;
use super::store::FileStore;
use super::{options, remote};
use crate::{ConnectError, Connection, Connector, ConnectorSpec, OpenContext, SettingKind, SettingSpec, Settings};

/// Files below a folder, in a bucket or on a web server.
pub struct FilesConnector {
    spec: ConnectorSpec,
}

impl FilesConnector {
    /// The connector.
    pub fn new() -> Self {
        let path = SettingSpec::required(
            "path",
            SettingKind::Path,
            "The folder, `s3://BUCKET/FOLDER` or `https://HOST/FOLDER`; `from:` of a table is a file or glob below it and cannot \
             leave it.",
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
                description: "CSV, fixed width, JSON, Excel, Avro and Parquet files below a folder of this machine, in a bucket of S3 or on a web \
                              server, plain or compressed with gzip or zstd. Incrementally, each new or changed file is a batch of its \
                              own; its content decides whether it has changed, never its time.",
                settings: [path, follow_links].into_iter().chain(remote::specs()).collect(),
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
        let store: Arc<dyn FileStore> = if remote::is_remote(path) {
            remote::open(path, settings)?
        } else {
            let folder = context.project_dir.join(path);
            Arc::new(LocalStore::open(path, &folder, settings.boolean("follow_links"))?)
        };
        Ok(Box::new(FilesConnection::new(store, context.threads.get(), context.position_key.clone())))
    }
}
