//! A table as the parts of this crate work with it.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::execution::object_store::ObjectStoreUrl;
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::path::Path;
use url::Url;

use crate::log::TableLog;
use crate::scan::{ScanFile, ScanTarget};
use crate::{DataFile, Lake, LakeError, LakeOptions, Lease, TableName};

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
    /// The table of this name.
    pub(crate) fn new(lake: &Lake, name: &TableName) -> Self {
        let mut url = lake.url().clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend([name.schema(), name.table(), ""]);
        }
        // Parsed, because joining parts would encode what is not ASCII, and engines would look for another folder.
        let folder = format!("{}/{}/{}", lake.root(), name.schema(), name.table());
        let folder = Path::parse(&folder).unwrap_or_else(|_| Path::from(folder));
        let log = TableLog::new(name, lake.store(), folder.clone(), &url);
        Self { lake: lake.clone(), name: name.clone(), folder, url, log }
    }

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
        self.lake.options()
    }

    pub(crate) fn store(&self) -> &Arc<dyn ObjectStore> {
        self.lake.store()
    }

    /// The table's folder in the store.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The table's folder as engines know it.
    pub(crate) fn url(&self) -> &Url {
        &self.url
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
        let url = &self.lake.url()[..url::Position::BeforePath];
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
