//! Rejected records of files, read once more by the settings of now: each as a file of its own, with the head of the file that it is from.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::{DataType, Schema};
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use futures::stream;
use serde_json::Value;

use super::bytes::Content;
use super::csv;
use super::file_columns::Extent;
use super::options::{FileOptions, Format};
use super::read::Reader;
use super::store::{FileEntry, FileHandle, FileStore, Listing};
use super::unit::{FilesUnit, UnitFile};
use crate::blocking::blocking;
use crate::{
    BatchStream, ColumnDrift, ConnectError, ReadPlan, ReadRequest, ReadUnit, RejectedRecord, Snapshot, UnitEnd,
};

/// What stands between a file and a line in the place of a record.
const LINE: &str = ", line ";

/// Rejected records as a source: one unit for each, in their order.
pub(crate) struct Rereading {
    store: Arc<dyn FileStore>,
    records: Arc<Vec<RejectedRecord>>,
    /// What stands before the rows of a file.
    heads: Arc<Heads>,
}

type Heads = Mutex<HashMap<String, Vec<u8>>>;

impl Rereading {
    pub(crate) fn new(store: Arc<dyn FileStore>, records: Vec<RejectedRecord>) -> Self {
        Self { store, records: Arc::new(records), heads: Arc::default() }
    }
}

#[async_trait]
impl Snapshot for Rereading {
    async fn plan(&self, request: &ReadRequest) -> Result<ReadPlan, ConnectError> {
        let Some(promised) = &request.promised else {
            return Err(ConnectError::Request {
                from: request.from.clone(),
                reason: "no column of the table is listed, and one record does not show what there is".to_owned(),
                advice: "list its columns (`ade inspect` proposes them)".to_owned(),
            });
        };
        let fields = promised.fields().iter().map(|field| match field.data_type() {
            DataType::Null => field.as_ref().clone().with_data_type(DataType::Utf8).with_nullable(true),
            _ => field.as_ref().clone().with_nullable(true),
        });
        let units = self.records.iter().enumerate().map(|(at, record)| ReadUnit {
            label: record.place.clone(),
            replaces_batch: None,
            size_bytes: Some(record.record.len().max(1) as u64),
            rows: Some(1),
            drift: ColumnDrift::default(),
            detail: Value::from(at),
        });
        Ok(ReadPlan {
            request: Arc::new(request.clone()),
            schema: Arc::new(Schema::new(fields.collect::<Vec<_>>())),
            units: units.collect(),
            drift: ColumnDrift::default(),
            replaces_all: false,
            notes: Vec::new(),
            can_tell_misfits: false,
            misfits: Vec::new(),
            can_reject: false,
            rejects: false,
        })
    }

    async fn read(&self, plan: &ReadPlan, unit: &ReadUnit) -> Result<BatchStream, ConnectError> {
        let at = unit.detail.as_u64().and_then(|at| usize::try_from(at).ok()).unwrap_or(usize::MAX);
        let Some(record) = self.records.get(at).cloned() else {
            let reason = "it was not planned by this reader".to_owned();
            return Err(ConnectError::SourceFailed { object: unit.label.clone(), reason });
        };
        let (store, heads) = (Arc::clone(&self.store), Arc::clone(&self.heads));
        let (options, schema) = (FileOptions::new(&plan.request.options), Arc::clone(&plan.schema));
        let batches = blocking(&unit.label, move || {
            let (file, _) = record.place.rsplit_once(LINE).unwrap_or((&record.place, ""));
            let format = options.format(file)?;
            let mut text = head(&*store, file, format, &options, &heads)?;
            text.extend(decoded(&record.record, &options));
            text.push(b'\n');
            let unit =
                UnitFile { path: record.place.clone(), size_bytes: text.len() as u64, hash: None, version: None };
            let reader = Reader {
                store: Arc::new(Alone(Arc::new(text))),
                options: options.of_one_text(format),
                schema,
                batch_rows: 1,
                threads: 1,
                extent: Extent::All,
                key: None,
                rejected: None,
            };
            let mut batches = reader.start(&record.place, FilesUnit { files: vec![unit], advance: None })?;
            let mut all = Vec::new();
            while let Some(batch) = batches.next_blocking()? {
                all.push(Ok(batch));
            }
            Ok(all)
        })
        .await?;
        let rows = batches.iter().flatten().map(|batch: &RecordBatch| batch.num_rows() as u64).sum();
        let end = UnitEnd::new(rows, Vec::new(), |before, _| before);
        Ok(BatchStream::from_batches(Arc::clone(&plan.schema), stream::iter(batches), end))
    }
}

/// What stands before the first row of a file, as UTF-8.
fn head(
    store: &dyn FileStore,
    file: &str,
    format: Format,
    options: &FileOptions,
    heads: &Heads,
) -> Result<Vec<u8>, ConnectError> {
    if !matches!(format, Format::Csv | Format::FixedWidth) || !options.header || options.names.is_some() {
        return Ok(Vec::new());
    }
    if let Some(known) = heads.lock().unwrap_or_else(PoisonError::into_inner).get(file) {
        return Ok(known.clone());
    }
    let content = Content::new(file, store.open(file)?, options.compression(file), None)?;
    // Its other records may be broken, too.
    let lenient = options.clone().rejecting(true);
    let (header, block, _) = csv::open(file, content, &lenient, Extent::Head.block_bytes())?;
    let head = block.data.get(..header.body).unwrap_or_default().to_vec();
    heads.lock().unwrap_or_else(PoisonError::into_inner).insert(file.to_owned(), head.clone());
    Ok(head)
}

/// A record as UTF-8: what was no text may be some in the encoding that is declared by now.
fn decoded(record: &[u8], options: &FileOptions) -> Vec<u8> {
    match options.encoding {
        Some(encoding) if std::str::from_utf8(record).is_err() => {
            encoding.decode_without_bom_handling(record).0.into_owned().into_bytes()
        }
        _ => record.to_vec(),
    }
}

/// A text as the only file.
struct Alone(Arc<Vec<u8>>);

impl FileStore for Alone {
    fn name(&self) -> String {
        "rejects".to_owned()
    }

    fn list(&self, _folder: &str, _wanted: &dyn Fn(&str) -> bool) -> Result<Listing, ConnectError> {
        Ok(Listing { files: Vec::<FileEntry>::new(), outside: Vec::new() })
    }

    fn open(&self, _path: &str) -> Result<Arc<dyn FileHandle>, ConnectError> {
        Ok(Arc::new(Self(Arc::clone(&self.0))))
    }
}

impl FileHandle for Alone {
    fn size_bytes(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.0.get(offset..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}
