//! An open folder.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use serde_json::{Map, Value};

use super::browse::{browse, browse_one};
use super::file_columns::{Extent, examine};
use super::options::{FileOptions, specs};
use super::pattern::Pattern;
use super::read::Reader;
use super::reread::Rereading;
use super::snapshot::FilesSnapshot;
use super::store::FileStore;
use super::unit::{FilesUnit, UnitFile};
use crate::blocking::blocking;
use crate::settings::resolve;
use crate::{ConnectError, Connection, PositionKey, RejectedRecord, Sample, Settings, Snapshot, TableInfo};

/// An open folder.
pub(crate) struct FilesConnection {
    store: Arc<dyn FileStore>,
    threads: usize,
    key: Option<PositionKey>,
}

impl FilesConnection {
    pub(crate) fn new(store: Arc<dyn FileStore>, threads: usize, key: Option<PositionKey>) -> Self {
        Self { store, threads, key }
    }
}

#[async_trait]
impl Connection for FilesConnection {
    async fn browse(&self) -> Result<Vec<TableInfo>, ConnectError> {
        let (store, threads) = (Arc::clone(&self.store), self.threads);
        let defaults = resolve(&specs(), &Map::new()).map_err(|problems| ConnectError::Settings { problems })?;
        blocking(&store.name(), move || browse(&store, &FileOptions::new(&defaults), threads)).await
    }

    async fn browse_one(&self, from: &str) -> Result<Option<TableInfo>, ConnectError> {
        self.browse_with(from, &Map::new()).await
    }

    async fn browse_with(&self, from: &str, options: &Map<String, Value>) -> Result<Option<TableInfo>, ConnectError> {
        let (store, threads, from) = (Arc::clone(&self.store), self.threads, from.to_owned());
        let settings = resolve(&specs(), options).map_err(|problems| ConnectError::Settings { problems })?;
        let found = move || browse_one(&store, &from, &FileOptions::new(&settings), threads);
        let mut found = blocking(&self.store.name(), found).await?;
        if let Some(table) = &mut found {
            table.options.retain(|(name, _)| !options.contains_key(name));
            table.options.extend(options.clone());
        }
        Ok(found)
    }

    async fn sample(&self, from: &str, options: &Settings, rows: usize) -> Result<Sample, ConnectError> {
        let store = Arc::clone(&self.store);
        let (from, options) = (from.to_owned(), FileOptions::new(options));
        blocking(&from.clone(), move || sample(&store, &from, &options, rows)).await.map(Sample::from)
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, ConnectError> {
        Ok(Box::new(FilesSnapshot { store: Arc::clone(&self.store), threads: self.threads, key: self.key.clone() }))
    }

    async fn reread(&self, records: Vec<RejectedRecord>) -> Result<Option<Box<dyn Snapshot>>, ConnectError> {
        Ok(Some(Box::new(Rereading::new(Arc::clone(&self.store), records))))
    }
}

/// Reads the head of the first file that has rows, with the types that the head shows.
pub(super) fn sample(
    store: &Arc<dyn FileStore>,
    from: &str,
    options: &FileOptions,
    rows: usize,
) -> Result<RecordBatch, ConnectError> {
    let files = Pattern::new(from)?.files(&**store)?;
    let mut empty = RecordBatch::new_empty(Arc::new(Schema::empty()));
    for file in &files {
        let columns = examine(&**store, file, options, &|_| false, Extent::Head, 1)?;
        let fields = columns.columns.iter().map(|column| {
            let data_type = column.known.data_type(options.exact_decimals).unwrap_or(DataType::Utf8);
            Field::new(&column.name, data_type, true)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let reader = Reader {
            store: Arc::clone(store),
            options: options.clone(),
            schema: Arc::clone(&schema),
            batch_rows: rows.max(1),
            threads: 1,
            extent: Extent::Head,
            key: None,
            rejected: None,
        };
        let unit = UnitFile { path: file.path.clone(), size_bytes: file.size_bytes, hash: None, version: None };
        let mut batches = reader.start(&file.path, FilesUnit { files: vec![unit], advance: None })?;
        match batches.next_blocking()? {
            Some(batch) => return Ok(batch.slice(0, rows.min(batch.num_rows()))),
            None => empty = RecordBatch::new_empty(schema),
        }
    }
    if files.is_empty() {
        let within = format!("folder `{}`", store.name());
        return Err(ConnectError::NotFound { what: "file", from: from.to_owned(), within, hint: None });
    }
    Ok(empty)
}
