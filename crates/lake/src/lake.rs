//! A folder of Delta tables.

use std::sync::Arc;

use datafusion::execution::runtime_env::RuntimeEnv;
use object_store::ObjectStore;
use url::Url;
use uuid::Uuid;

use crate::{
    At, Clock, Commit, Committed, Ids, LakeError, Lease, LeaseKeeper, MaintainOptions, MaintainReport, Snapshot,
    StageRequest, StageWriter, TableName,
};

/// What a lake needs from outside.
#[derive(Debug, Clone)]
pub struct LakeOptions {
    /// Grants writer leases.
    pub leases: Arc<dyn LeaseKeeper>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Makes unique ids.
    pub ids: Arc<dyn Ids>,
    /// Memory in bytes that one upsert may take, however large the table.
    pub memory_bytes: usize,
    /// Data files are closed at about this many bytes.
    pub target_file_bytes: u64,
}

/// A folder of Delta tables. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Lake {
    _inner: Arc<()>,
}

impl Lake {
    /// Opens the lake at `location`: a folder (made if it is not there) or a `file://` URL.
    pub async fn open(location: &str, options: LakeOptions) -> Result<Self, LakeError> {
        todo!()
    }

    /// Opens a lake on a store of the caller's. `store` is rooted at the root of `url`'s scheme and authority.
    pub fn with_store(url: Url, store: Arc<dyn ObjectStore>, options: LakeOptions) -> Result<Self, LakeError> {
        todo!()
    }

    /// Where the lake is, with a slash at the end.
    pub fn url(&self) -> &Url {
        todo!()
    }

    /// Makes the lake's store known to an engine, so that it can run scans of [`Snapshot::provider`].
    pub fn register(&self, runtime: &RuntimeEnv) {
        todo!()
    }

    /// All tables, by name.
    pub async fn list(&self) -> Result<Vec<TableName>, LakeError> {
        todo!()
    }

    /// The newest version of a table without reading it; `None` when there is no such table.
    pub async fn version(&self, table: &TableName) -> Result<Option<u64>, LakeError> {
        todo!()
    }

    /// Pins a version.
    pub async fn snapshot(&self, table: &TableName, at: At) -> Result<Snapshot, LakeError> {
        todo!()
    }

    /// Takes the table's writer lease. Renew it while the write lasts; release it after.
    pub async fn lease(&self, table: &TableName, holder: &str) -> Result<Lease, LakeError> {
        todo!()
    }

    /// Extends a lease.
    pub async fn renew(&self, lease: &Lease) -> Result<Lease, LakeError> {
        todo!()
    }

    /// Ends a lease.
    pub async fn release(&self, lease: &Lease) -> Result<(), LakeError> {
        todo!()
    }

    /// Opens a writer whose files nobody sees until they are committed.
    pub async fn stage(
        &self,
        table: &TableName,
        request: StageRequest,
        lease: &Lease,
    ) -> Result<StageWriter, LakeError> {
        todo!()
    }

    /// The commits of a table, newest first, at most `limit`.
    pub async fn history(&self, table: &TableName, limit: Option<usize>) -> Result<Vec<Commit>, LakeError> {
        todo!()
    }

    /// Makes an older version the newest, by a new commit. The position in the source is that version's, too.
    pub async fn restore(
        &self,
        table: &TableName,
        at: At,
        run_id: Option<Uuid>,
        lease: &Lease,
    ) -> Result<Committed, LakeError> {
        todo!()
    }

    /// Compacts, checkpoints, and removes what nobody needs any more.
    pub async fn maintain(
        &self,
        table: &TableName,
        options: &MaintainOptions,
        lease: &Lease,
    ) -> Result<MaintainReport, LakeError> {
        todo!()
    }

    /// Removes a table with its files and its history. Returns whether there was one.
    pub async fn drop_table(&self, table: &TableName, lease: &Lease) -> Result<bool, LakeError> {
        todo!()
    }
}
