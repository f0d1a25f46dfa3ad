//! A folder of Delta tables.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnv;
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::path::Path;
use url::Url;
use uuid::Uuid;

use crate::log::TableLog;
use crate::scan::{ScanFile, ScanTarget};
use crate::store::{LocalStore, create_folders};
use crate::{
    At, Clock, Commit, Committed, DataFile, Ids, LakeError, Lease, LeaseKeeper, MaintainOptions, MaintainReport,
    Snapshot, StageRequest, StageWriter, TableName, history, maintain, restore, stage,
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
    /// Memory in bytes that one write may take beside the batch at hand, however large the table: open files and the
    /// arrivals of an upsert.
    pub memory_bytes: usize,
    /// Data files are closed at about this many bytes.
    pub target_file_bytes: u64,
    /// A local folder for arrivals of an upsert that do not fit the memory.
    pub spill_folder: std::path::PathBuf,
    /// Threads that encode Parquet for one write.
    pub encode_threads: usize,
}

impl LakeOptions {
    /// 256 MiB of memory, files of 256 MiB, two threads.
    pub fn new(
        leases: Arc<dyn LeaseKeeper>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        spill_folder: impl Into<std::path::PathBuf>,
    ) -> Self {
        Self {
            leases,
            clock,
            ids,
            memory_bytes: 256 << 20,
            target_file_bytes: 256 << 20,
            spill_folder: spill_folder.into(),
            encode_threads: 2,
        }
    }
}

/// A folder of Delta tables. Cheap to clone.
#[derive(Clone)]
pub struct Lake {
    inner: Arc<Inner>,
}

struct Inner {
    url: Url,
    store: Arc<dyn ObjectStore>,
    root: Path,
    options: LakeOptions,
}

impl fmt::Debug for Lake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Lake({})", self.inner.url)
    }
}

impl Lake {
    /// Opens the lake at `location`: a folder (made if it is not there) or a `file://` URL.
    ///
    /// # Errors
    /// [`LakeError::BadLocation`].
    pub async fn open(location: &str, options: LakeOptions) -> Result<Self, LakeError> {
        let bad = |reason: String| LakeError::BadLocation { location: location.to_owned(), reason };
        let folder = if location.contains("://") {
            let url = Url::parse(location).map_err(|error| bad(error.to_string()))?;
            if url.scheme() != "file" {
                return Err(bad(format!("`{}://` is not supported; give a folder", url.scheme())));
            }
            url.to_file_path().map_err(|()| bad("it is no path of this machine".into()))?
        } else {
            std::path::PathBuf::from(location)
        };
        let made = tokio::task::spawn_blocking(move || {
            let absolute = std::path::absolute(&folder)?;
            create_folders(&absolute)?;
            absolute.canonicalize()
        });
        let folder = made.await.map_err(|error| bad(error.to_string()))?.map_err(|error| bad(error.to_string()))?;
        let url = Url::from_directory_path(&folder).map_err(|()| bad("its path is not absolute".into()))?;
        let store = LocalStore::new(&folder).map_err(|error| bad(error.to_string()))?;
        Self::with_store(url, Arc::new(store), options)
    }

    /// Opens a lake on a store of the caller's. `store` is rooted at the root of `url`'s scheme and authority.
    ///
    /// # Errors
    /// [`LakeError::BadLocation`] when `url` has no path.
    pub fn with_store(mut url: Url, store: Arc<dyn ObjectStore>, options: LakeOptions) -> Result<Self, LakeError> {
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let root = Path::from_url_path(url.path())
            .map_err(|error| LakeError::BadLocation { location: url.to_string(), reason: error.to_string() })?;
        Ok(Self { inner: Arc::new(Inner { url, store, root, options }) })
    }

    /// Where the lake is, with a slash at the end.
    pub fn url(&self) -> &Url {
        &self.inner.url
    }

    /// Makes the lake's store known to an engine, so that it can run scans of [`Snapshot::provider`]. The store reaches
    /// no file outside of the lake.
    pub fn register(&self, runtime: &RuntimeEnv) {
        runtime.register_object_store(&self.inner.url, Arc::clone(&self.inner.store));
    }

    /// All tables, by name.
    ///
    /// # Errors
    /// [`LakeError::List`].
    pub async fn list(&self) -> Result<Vec<TableName>, LakeError> {
        let mut tables = Vec::new();
        for schema in self.folders(&self.inner.root).await? {
            for folder in self.folders(&schema).await? {
                let (Some(schema), Some(table)) = (schema.filename(), folder.filename()) else { continue };
                let Ok(name) = TableName::new(schema, table) else { continue };
                if self.table(&name).log().latest().await?.is_some() {
                    tables.push(name);
                }
            }
        }
        tables.sort();
        Ok(tables)
    }

    /// The newest version of a table without reading it; `None` when there is no such table.
    ///
    /// # Errors
    /// [`LakeError::Store`].
    pub async fn version(&self, table: &TableName) -> Result<Option<u64>, LakeError> {
        self.table(table).log().latest().await
    }

    /// Pins a version.
    ///
    /// # Errors
    /// [`LakeError::NoTable`], [`LakeError::NoVersion`], [`LakeError::Unsupported`], or those of reading the log.
    pub async fn snapshot(&self, table: &TableName, at: At) -> Result<Snapshot, LakeError> {
        history::snapshot(&self.table(table), at).await
    }

    /// Takes the table's writer lease. Renew it while the write lasts; release it after.
    ///
    /// # Errors
    /// [`LakeError::Lease`] while somebody else holds it.
    pub async fn lease(&self, table: &TableName, holder: &str) -> Result<Lease, LakeError> {
        let handle = self.table(table);
        let above = match handle.log().latest().await? {
            Some(latest) => handle.log().state(latest).await?.map_or(0, |state| state.token),
            None => 0,
        };
        Ok(self.inner.options.leases.acquire(&handle.scope(), holder, above).await?)
    }

    /// Extends a lease.
    ///
    /// # Errors
    /// [`LakeError::Lease`] when it is lost.
    pub async fn renew(&self, lease: &Lease) -> Result<Lease, LakeError> {
        Ok(self.inner.options.leases.renew(lease).await?)
    }

    /// Ends a lease.
    ///
    /// # Errors
    /// [`LakeError::Lease`] when the keeper fails.
    pub async fn release(&self, lease: &Lease) -> Result<(), LakeError> {
        Ok(self.inner.options.leases.release(lease).await?)
    }

    /// Opens a writer whose files nobody sees until they are committed.
    ///
    /// # Errors
    /// [`LakeError::SchemaMismatch`], [`LakeError::BadType`], [`LakeError::BadRequest`], [`LakeError::Lease`], or those
    /// of reading the table.
    pub async fn stage(
        &self,
        table: &TableName,
        request: StageRequest,
        lease: &Lease,
    ) -> Result<StageWriter, LakeError> {
        stage::open(self.table(table), request, lease).await
    }

    /// The commits of a table, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`LakeError::NoTable`], or those of reading the log.
    pub async fn history(&self, table: &TableName, limit: Option<usize>) -> Result<Vec<Commit>, LakeError> {
        history::history(&self.table(table), limit).await
    }

    /// Makes an older version the newest, by a new commit. The position in the source is that version's, too.
    ///
    /// # Errors
    /// [`LakeError::NoVersion`] when files of that version are gone, and those of a commit.
    pub async fn restore(
        &self,
        table: &TableName,
        at: At,
        run_id: Option<Uuid>,
        lease: &Lease,
    ) -> Result<Committed, LakeError> {
        restore::restore(&self.table(table), at, run_id, lease).await
    }

    /// Compacts, checkpoints, and removes what nobody needs any more.
    ///
    /// # Errors
    /// [`LakeError::NoTable`], and those of reading and of a commit.
    pub async fn maintain(
        &self,
        table: &TableName,
        options: &MaintainOptions,
        lease: &Lease,
    ) -> Result<MaintainReport, LakeError> {
        maintain::maintain(&self.table(table), options, lease).await
    }

    /// Removes a table with its files and its history. Returns whether there was one. When it is interrupted the table
    /// is gone already, and its files go with the next write or drop.
    ///
    /// # Errors
    /// [`LakeError::Lease`], [`LakeError::Store`].
    pub async fn drop_table(&self, table: &TableName, lease: &Lease) -> Result<bool, LakeError> {
        maintain::drop_table(&self.table(table), lease).await
    }

    /// The table as this crate's parts work with it.
    fn table(&self, name: &TableName) -> TableHandle {
        let mut url = self.inner.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend([name.schema(), name.table(), ""]);
        }
        // Parsed, because joining parts would encode what is not ASCII, and engines would look for another folder.
        let folder = format!("{}/{}/{}", self.inner.root, name.schema(), name.table());
        let folder = Path::parse(&folder).unwrap_or_else(|_| Path::from(folder));
        let log = TableLog::new(name, &self.inner.store, folder.clone(), &url);
        TableHandle { lake: self.clone(), name: name.clone(), folder, url, log }
    }

    async fn folders(&self, below: &Path) -> Result<Vec<Path>, LakeError> {
        match self.inner.store.list_with_delimiter(Some(below)).await {
            Ok(listed) => Ok(listed.common_prefixes),
            Err(object_store::Error::NotFound { .. }) => Ok(Vec::new()),
            Err(source) => Err(LakeError::List { location: self.inner.url.to_string(), source: Box::new(source) }),
        }
    }
}

/// A table, whether it is there or not. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct TableHandle {
    lake: Lake,
    name: TableName,
    folder: Path,
    url: Url,
    log: TableLog,
}

impl TableHandle {
    /// The lake that it is in.
    pub(crate) fn lake(&self) -> &Lake {
        &self.lake
    }

    pub(crate) fn name(&self) -> &TableName {
        &self.name
    }

    pub(crate) fn log(&self) -> &TableLog {
        &self.log
    }

    pub(crate) fn options(&self) -> &LakeOptions {
        &self.lake.inner.options
    }

    pub(crate) fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.lake.inner.store
    }

    /// The table's folder in the store.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a lease on the table covers.
    pub(crate) fn scope(&self) -> String {
        self.url.as_str().trim_end_matches('/').to_owned()
    }

    /// The place of a data file in the store.
    pub(crate) fn location(&self, file: &DataFile) -> Path {
        // The log may hold characters that `Path` would encode again; a parsed path is taken as it is.
        let full = format!("{}/{}", self.folder, file.path);
        Path::parse(&full).unwrap_or_else(|_| Path::from(full))
    }

    /// A scan of the table's files with these columns.
    pub(crate) fn scan(&self, schema: SchemaRef, partition_by: Vec<String>) -> ScanTarget {
        ScanTarget { store: self.store_url(), schema, partition_by }
    }

    /// A file as a scan wants it.
    pub(crate) fn scan_file(&self, file: &DataFile, schema: &SchemaRef, partition_by: &[String]) -> ScanFile {
        ScanFile::new(file, self.location(file), schema, partition_by)
    }

    fn store_url(&self) -> ObjectStoreUrl {
        let url = &self.lake.inner.url[..url::Position::BeforePath];
        ObjectStoreUrl::parse(url).unwrap_or_else(|_| ObjectStoreUrl::local_filesystem())
    }

    /// Fails unless `lease` covers this table and holds.
    pub(crate) async fn check_lease(&self, lease: &Lease) -> Result<(), LakeError> {
        if lease.scope != self.scope() {
            let reason = format!("the lease covers `{}`", lease.scope);
            return Err(LakeError::BadRequest { table: self.name.clone(), reason });
        }
        Ok(self.options().leases.check(lease).await?)
    }

    /// All objects in the table's folder.
    pub(crate) async fn objects(&self) -> Result<Vec<object_store::ObjectMeta>, LakeError> {
        match self.store().list(Some(&self.folder)).try_collect().await {
            Ok(objects) => Ok(objects),
            Err(object_store::Error::NotFound { .. }) => Ok(Vec::new()),
            Err(source) => Err(self.log.store_error("listing the files", source)),
        }
    }
}
