//! A pinned version of a table.

use std::sync::{Arc, OnceLock};

use arrow::datatypes::{Schema, SchemaRef};
use chrono::{DateTime, Utc};
use datafusion::catalog::TableProvider;
use deltalake_core::kernel::EagerSnapshot;
use deltalake_core::kernel::engine::arrow_conversion::TryIntoArrow;
use object_store::ObjectMeta;
use uuid::Uuid;

use crate::log::{Entry, batch_transaction, check_readable};
use crate::scan::{ScanFile, TableScan};
use crate::table_handle::TableHandle;
use crate::types::scan_schema;
use crate::{At, DataFile, LakeError, TableName, TableState};

/// One version of a table: never changes, whatever is committed later. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Snapshot {
    handle: TableHandle,
    contents: Arc<Contents>,
}

/// What a version consists of.
#[derive(Debug)]
pub(crate) struct Contents {
    delta: EagerSnapshot,
    schema: SchemaRef,
    partition_by: Vec<String>,
    files: Vec<DataFile>,
    scan_files: OnceLock<Vec<Arc<ScanFile>>>,
    state: TableState,
    committed_at: Option<DateTime<Utc>>,
    /// What the store told the version's entry by before it was read.
    pub(crate) stamp: Option<ObjectMeta>,
}

impl Snapshot {
    /// Loads a version.
    pub(crate) async fn load(handle: TableHandle, version: u64) -> Result<Self, LakeError> {
        let stamp = handle.log().stamp(version).await?;
        let known = stamp.as_ref().and_then(|stamp| handle.lake().recent().get(stamp));
        if let Some(contents) = known {
            return Ok(Self { handle, contents });
        }
        let contents = Arc::new(Contents::load(&handle, version, stamp).await?);
        handle.lake().recent().keep(&contents);
        Ok(Self { handle, contents })
    }

    /// The table.
    pub fn table(&self) -> &TableName {
        self.handle.name()
    }

    /// The version.
    pub fn version(&self) -> u64 {
        self.contents.delta.version()
    }

    /// When the version was committed.
    pub fn committed_at(&self) -> Option<DateTime<Utc>> {
        self.contents.committed_at
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.contents.schema
    }

    /// Columns that split the table into folders.
    pub fn partition_by(&self) -> &[String] {
        &self.contents.partition_by
    }

    /// The data files.
    pub fn files(&self) -> &[DataFile] {
        &self.contents.files
    }

    /// Rows, when every file's statistics say so.
    pub fn rows(&self) -> Option<u64> {
        self.contents.files.iter().map(|file| file.rows).sum()
    }

    /// Batch, position, fingerprint and token as of this version.
    pub fn state(&self) -> &TableState {
        &self.contents.state
    }

    /// A scan of this version.
    pub fn provider(&self) -> Arc<dyn TableProvider> {
        let scan = self.handle.scan(Arc::clone(self.schema()), self.partition_by().to_vec());
        Arc::new(TableScan::new(scan, self.scan_files().to_vec()))
    }

    /// The data files as a scan wants them, in the order of [`Snapshot::files`].
    pub(crate) fn scan_files(&self) -> &[Arc<ScanFile>] {
        self.contents.scan_files.get_or_init(|| {
            let handle = &self.handle;
            let files = self.contents.files.iter();
            files.map(|file| Arc::new(handle.scan_file(file, self.schema(), self.partition_by()))).collect()
        })
    }

    /// The transaction version of the batch at this version; odd when its rows are in the table.
    pub(crate) async fn batch_version(&self, batch_id: Uuid) -> Result<Option<i64>, LakeError> {
        let log = self.handle.log();
        let known = self.contents.delta.transaction_version(log.log_store(), batch_transaction(batch_id)).await;
        if let Ok(found) = known {
            return Ok(found);
        }
        // Entries that the version was loaded from may have been cleaned up since; what it is now begins at a checkpoint.
        let anew = Contents::load(&self.handle, self.version(), None).await?;
        let found = anew.delta.transaction_version(log.log_store(), batch_transaction(batch_id)).await;
        found.map_err(|source| log.delta_error("looking for a batch", source))
    }

    /// What Delta knows of it.
    pub(crate) fn delta(&self) -> &EagerSnapshot {
        &self.contents.delta
    }

    /// The error for a version that cannot be had.
    pub(crate) fn no_version(table: &TableName, at: At, reason: impl Into<String>) -> LakeError {
        LakeError::NoVersion { table: table.clone(), at, reason: reason.into() }
    }
}

impl Contents {
    /// Replays the log.
    async fn load(handle: &TableHandle, version: u64, stamp: Option<ObjectMeta>) -> Result<Self, LakeError> {
        let log = handle.log();
        let table = handle.name();
        let delta = log.load(version).await.map_err(|source| log.delta_error("reading the log", source))?;
        let unsupported = |feature: String| LakeError::Unsupported {
            table: table.clone(),
            feature,
            advice: "rewrite the table without it, or read it with another engine".into(),
        };
        check_readable(delta.protocol(), delta.metadata()).map_err(unsupported)?;
        let log_schema: Schema = delta.schema().as_ref().try_into_arrow().map_err(|source| LakeError::Arrow {
            table: table.clone(),
            action: "reading the columns",
            source: Box::new(source),
        })?;
        let mut files = Vec::with_capacity(delta.log_data().num_files());
        for file in delta.log_data().iter() {
            if file.deletion_vector_descriptor().is_some() {
                return Err(unsupported("deletion vectors".into()));
            }
            files.push(DataFile {
                path: file.path().into_owned(),
                size_bytes: u64::try_from(file.size()).unwrap_or_default(),
                rows: file.num_records().map(|rows| rows as u64),
                stats: file.stats(),
                partition_values: file.partition_values_map().into_iter().collect(),
                modified_ms: file.modification_time(),
            });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let entry = log.entry(version).await?;
        let state = match entry.as_ref().and_then(Entry::state) {
            Some(state) => Some(state),
            None => log.state(version).await?,
        };
        Ok(Self {
            schema: scan_schema(&log_schema),
            partition_by: delta.metadata().partition_columns().iter().map(ToString::to_string).collect(),
            delta,
            files,
            scan_files: OnceLock::new(),
            state: state.map(|state| state.table_state()).unwrap_or_default(),
            committed_at: entry.and_then(|entry| entry.committed_at()),
            stamp,
        })
    }
}
