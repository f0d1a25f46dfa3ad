//! A folder of Delta tables.

use std::fmt;
use std::sync::Arc;

use datafusion::execution::runtime_env::RuntimeEnv;
use object_store::ObjectStore;
use object_store::path::Path;
use url::Url;
use uuid::Uuid;

use crate::holdings::{Abandoned, Holdings};
use crate::recent_snapshots::RecentSnapshots;
use crate::store::{LocalStore, create_folders};
use crate::table_handle::TableHandle;
use crate::{
    At, Commit, Committed, LakeError, LakeOptions, Lease, MaintainOptions, MaintainReport, Snapshot, StageRequest,
    StageWriter, TableName, TableState, history, maintain, restore, stage,
};

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
    holdings: Holdings,
    recent: RecentSnapshots,
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
        Ok(Self {
            inner: Arc::new(Inner {
                url,
                store,
                root,
                options,
                holdings: Holdings::default(),
                recent: RecentSnapshots::default(),
            }),
        })
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
        for name in self.folders_of_tables().await? {
            if self.version(&name).await?.is_some() {
                tables.push(name);
            }
        }
        Ok(tables)
    }

    /// Every name under which there is a folder, by name: that of a table, of one that a first write that died left
    /// behind, of one that is being dropped, or somebody else's. Maintenance knows what to do with each.
    ///
    /// # Errors
    /// [`LakeError::List`].
    pub async fn folders_of_tables(&self) -> Result<Vec<TableName>, LakeError> {
        let mut tables = Vec::new();
        for schema in self.folders(&self.inner.root).await? {
            for folder in self.folders(&schema).await? {
                let (Some(schema), Some(table)) = (schema.filename(), folder.filename()) else { continue };
                let Ok(name) = TableName::new(schema, table) else { continue };
                tables.push(name);
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
        self.table(table).log().newest().await
    }

    /// The newest version of a table and what its commits say of it, without reading the rest; `None` when there is no such
    /// table.
    ///
    /// # Errors
    /// Those of reading the log.
    pub async fn newest(&self, table: &TableName) -> Result<Option<(u64, TableState)>, LakeError> {
        let handle = self.table(table);
        let Some(version) = handle.log().newest().await? else { return Ok(None) };
        let state = handle.log().state(version).await?;
        Ok(Some((version, state.map(|state| state.table_state()).unwrap_or_default())))
    }

    /// Pins a version.
    ///
    /// # Errors
    /// [`LakeError::NoTable`], [`LakeError::NoVersion`], [`LakeError::Unsupported`], or those of reading the log.
    pub async fn snapshot(&self, table: &TableName, at: At) -> Result<Snapshot, LakeError> {
        let handle = self.table(table);
        let snapshot = history::snapshot(&handle, at).await?;
        if at != At::Latest {
            let files: Vec<_> = snapshot.files().iter().collect();
            restore::check_present(&handle, at, &files).await?;
        }
        Ok(snapshot)
    }

    /// Takes the table's writer lease. Renew it while the write lasts; release it after.
    ///
    /// # Errors
    /// [`LakeError::Lease`] while somebody else holds it.
    pub async fn lease(&self, table: &TableName, holder: &str) -> Result<Lease, LakeError> {
        let handle = self.table(table);
        let above = match handle.log().newest().await? {
            Some(latest) => handle.log().state(latest).await?.map_or(0, |state| state.token),
            None => 0,
        };
        let lease = self.inner.options.leases.acquire(&handle.scope(), holder, above).await?;
        // Looked up once more: while this waited for the lease, another holder committed.
        let version = handle.log().newest().await;
        if version.is_err() {
            self.inner.options.leases.release(&lease).await?;
        }
        self.inner.holdings.taken(&lease, version?);
        Ok(lease)
    }

    /// Extends a lease.
    ///
    /// # Errors
    /// [`LakeError::Lease`] when it is lost.
    pub async fn renew(&self, lease: &Lease) -> Result<Lease, LakeError> {
        Ok(self.inner.options.leases.renew(lease).await?)
    }

    /// Ends a lease. What was staged under it and neither committed nor discarded, because of an error, is removed.
    ///
    /// # Errors
    /// [`LakeError::Lease`] when the keeper fails.
    pub async fn release(&self, lease: &Lease) -> Result<(), LakeError> {
        for abandoned in self.inner.holdings.released(lease) {
            self.remove_abandoned(abandoned).await;
        }
        Ok(self.inner.options.leases.release(lease).await?)
    }

    /// Opens a writer whose files nobody sees until they are committed.
    ///
    /// # Errors
    /// [`LakeError::Conflict`] when somebody else wrote the table since the lease was taken;
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

    /// Removes everything of a table but what its newest version is: files of earlier ones, entries of the log, names of removed files.
    /// Nobody can read an earlier version then.
    ///
    /// # Errors
    /// Those of reading and of a commit.
    pub async fn forget(&self, table: &TableName, lease: &Lease) -> Result<MaintainReport, LakeError> {
        maintain::forget(&self.table(table), lease).await
    }

    /// Removes a table with its files and its history. Returns whether there was one. When it is interrupted the table
    /// is gone already, and its files go with the next write or drop.
    ///
    /// # Errors
    /// [`LakeError::Lease`], [`LakeError::Store`].
    pub async fn drop_table(&self, table: &TableName, lease: &Lease) -> Result<bool, LakeError> {
        maintain::drop_table(&self.table(table), lease).await
    }

    fn table(&self, name: &TableName) -> TableHandle {
        TableHandle::new(self, name)
    }

    /// The store, rooted where the URL's path begins.
    pub(crate) fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.inner.store
    }

    /// The lake's folder in the store.
    pub(crate) fn root(&self) -> &Path {
        &self.inner.root
    }

    /// What is known of the leases that were taken here.
    pub(crate) fn holdings(&self) -> &Holdings {
        &self.inner.holdings
    }

    /// Versions that were loaded lately.
    pub(crate) fn recent(&self) -> &RecentSnapshots {
        &self.inner.recent
    }

    /// What it was opened with.
    pub(crate) fn options(&self) -> &LakeOptions {
        &self.inner.options
    }

    /// Removes what was staged and given up.
    async fn remove_abandoned(&self, abandoned: Abandoned) {
        let Abandoned { table, writer, mut files } = abandoned;
        if let Some(writer) = writer {
            files.extend(writer.abandon().await);
        }
        // What stays is removed by maintenance, as after a crash.
        let _ = stage::remove_files(&self.table(&table), &files).await;
    }

    async fn folders(&self, below: &Path) -> Result<Vec<Path>, LakeError> {
        match self.inner.store.list_with_delimiter(Some(below)).await {
            Ok(listed) => Ok(listed.common_prefixes),
            Err(object_store::Error::NotFound { .. }) => Ok(Vec::new()),
            Err(source) => Err(LakeError::List { location: self.inner.url.to_string(), source: Box::new(source) }),
        }
    }
}
