//! Access to the log of one table.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use deltalake_core::kernel::transaction::TransactionError;
use deltalake_core::kernel::{Action, EagerSnapshot};
use deltalake_core::logstore::{CommitOrBytes, LogStoreRef, StorageConfig, default_logstore};
use deltalake_core::{DeltaResult, DeltaTableError};
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use url::Url;
use uuid::Uuid;

use super::newest::newest;
use super::{CommitState, Entry};
use crate::{LakeError, TableName};

/// Marks a table whose removal has begun: to us it is gone, whatever files are still there.
const DROPPED: &str = "_ade_dropped";

/// The log of one table.
#[derive(Clone)]
pub(crate) struct TableLog {
    table: TableName,
    store: Arc<dyn ObjectStore>,
    folder: Path,
    log_store: LogStoreRef,
}

impl fmt::Debug for TableLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TableLog").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl TableLog {
    /// The log of the table in `folder` of `store`, which is `url` to Delta.
    pub(crate) fn new(table: &TableName, store: &Arc<dyn ObjectStore>, folder: Path, url: &Url) -> Self {
        let prefixed = Arc::new(PrefixStore::new(Arc::clone(store), folder.clone()));
        let log_store = default_logstore(prefixed, Arc::clone(store), url, &StorageConfig::default());
        Self { table: table.clone(), store: Arc::clone(store), folder, log_store }
    }

    /// For Delta's own operations.
    pub(crate) fn log_store(&self) -> &LogStoreRef {
        &self.log_store
    }

    /// The folder of the log in the store.
    pub(crate) fn log_folder(&self) -> Path {
        self.folder.clone().join("_delta_log")
    }

    /// Where an entry is.
    pub(super) fn entry_path(&self, version: u64) -> Path {
        self.log_folder().join(format!("{version:020}.json"))
    }

    /// Where the mark of a dropped table is.
    pub(crate) fn dropped_mark(&self) -> Path {
        self.log_folder().join(DROPPED)
    }

    /// The versions that have an entry or a checkpoint, ascending; empty for a table that is not there or dropped.
    pub(crate) async fn versions(&self) -> Result<Versions, LakeError> {
        let mut versions = Versions::default();
        let mut entries = self.store.list(Some(&self.log_folder()));
        loop {
            let meta = match entries.try_next().await {
                Ok(Some(meta)) => meta,
                Ok(None) | Err(object_store::Error::NotFound { .. }) => break,
                Err(source) => return Err(self.store_error("listing the log", source)),
            };
            if meta.location.prefix_match(&self.log_folder()).is_none_or(|rest| rest.count() != 1) {
                continue;
            }
            let Some(name) = meta.location.filename() else { continue };
            if name == DROPPED {
                return Ok(Versions { dropped: true, ..Versions::default() });
            }
            let Some(version) = name.get(..20).and_then(|digits| digits.parse::<u64>().ok()) else { continue };
            match &name[20..] {
                ".json" => versions.entries.push(version),
                rest if rest.starts_with(".checkpoint.") => versions.checkpoints.push(version),
                _ => {}
            }
        }
        versions.entries.sort_unstable();
        versions.checkpoints.sort_unstable();
        Ok(versions)
    }

    /// Whether the table's removal has begun.
    pub(crate) async fn is_dropped(&self) -> Result<bool, LakeError> {
        Ok(self.meta(&self.dropped_mark()).await?.is_some())
    }

    /// The newest version, without a list of the log; `None` when there is no table.
    pub(crate) async fn newest(&self) -> Result<Option<u64>, LakeError> {
        newest(self, self.store.as_ref()).await
    }

    /// The newest version, from a list of the log; `None` when there is no table.
    pub(super) async fn latest(&self) -> Result<Option<u64>, LakeError> {
        Ok(self.versions().await?.latest())
    }

    /// What the store tells an entry by; `None` when there is no such entry, or the table has been dropped.
    pub(crate) async fn stamp(&self, version: u64) -> Result<Option<ObjectMeta>, LakeError> {
        match self.meta(&self.dropped_mark()).await? {
            Some(_) => Ok(None),
            None => self.meta(&self.entry_path(version)).await,
        }
    }

    async fn meta(&self, path: &Path) -> Result<Option<ObjectMeta>, LakeError> {
        match self.store.head(path).await {
            Ok(meta) => Ok(Some(meta)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(self.store_error("looking for the newest version", source)),
        }
    }

    /// One entry; `None` when it is not (or no longer) there.
    pub(crate) async fn entry(&self, version: u64) -> Result<Option<Entry>, LakeError> {
        let Some(bytes) = self.bytes(version).await? else { return Ok(None) };
        Entry::parse(&bytes).map(Some).map_err(|error| self.bad_entry(version, error))
    }

    /// When an entry was committed, and the paths of the files that it removed.
    pub(crate) async fn removals(&self, version: u64) -> Result<Option<Removals>, LakeError> {
        let Some(bytes) = self.bytes(version).await? else { return Ok(None) };
        let entry = Entry::parse(&bytes).map_err(|error| self.bad_entry(version, error))?;
        let mut paths = Vec::new();
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{\"remove\"")) {
            let action = serde_json::from_slice(line).map_err(|error| self.bad_entry(version, error))?;
            if let Action::Remove(remove) = action {
                paths.push(remove.path);
            }
        }
        Ok(Some((entry.committed_at(), paths)))
    }

    async fn bytes(&self, version: u64) -> Result<Option<Bytes>, LakeError> {
        match self.store.get(&self.entry_path(version)).await {
            Ok(found) => found.bytes().await.map(Some).map_err(|source| self.store_error("reading the log", source)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(self.store_error("reading the log", source)),
        }
    }

    fn bad_entry(&self, version: u64, json_err: serde_json::Error) -> LakeError {
        self.delta_error("reading the log", DeltaTableError::InvalidJsonLog { json_err, line: String::new(), version })
    }

    /// What the newest commit of ours at or before `version` says. Commits of other programs say nothing and are passed
    /// over.
    pub(crate) async fn state(&self, version: u64) -> Result<Option<CommitState>, LakeError> {
        for version in (0..=version).rev() {
            let Some(entry) = self.entry(version).await? else { break };
            if let Some(state) = entry.state() {
                return Ok(Some(state));
            }
        }
        Ok(None)
    }

    /// Loads the files and columns of a version.
    pub(crate) async fn load(&self, version: u64) -> DeltaResult<EagerSnapshot> {
        EagerSnapshot::try_new(&self.log_store, Some(version)).await
    }

    /// Writes entry `version`, if there is none yet.
    pub(crate) async fn write(&self, version: u64, lines: String, operation: Uuid) -> Result<(), TransactionError> {
        self.log_store.write_commit_entry(version, CommitOrBytes::LogBytes(lines.into()), operation).await
    }

    /// An error of the store.
    pub(crate) fn store_error(&self, action: &'static str, source: object_store::Error) -> LakeError {
        LakeError::Store { table: self.table.clone(), action, source: Box::new(source) }
    }

    /// An error of Delta.
    pub(crate) fn delta_error(&self, action: &'static str, source: DeltaTableError) -> LakeError {
        LakeError::Delta { table: self.table.clone(), action, source: Box::new(source) }
    }
}

/// When an entry was committed, and the files that it removed.
pub(crate) type Removals = (Option<DateTime<Utc>>, Vec<String>);

/// What a log holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Versions {
    /// Versions with an entry, ascending.
    pub(crate) entries: Vec<u64>,
    /// Versions with a checkpoint (or a part of one), ascending.
    pub(crate) checkpoints: Vec<u64>,
    /// Whether the table's removal has begun.
    pub(crate) dropped: bool,
}

impl Versions {
    /// The newest version.
    pub(crate) fn latest(&self) -> Option<u64> {
        self.entries.last().copied().max(self.checkpoints.last().copied())
    }
}
