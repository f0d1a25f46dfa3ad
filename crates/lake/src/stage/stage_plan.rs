//! What a stage was opened with.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use uuid::Uuid;

use super::remains::RewriteOf;
use super::{FileReader, FileStager};
use crate::log::{metadata_line, needed_protocol, protocol_line};
use crate::parquet_file::{TableWriter, TableWriterOptions};
use crate::scan::ScanFile;
use crate::table_handle::TableHandle;
use crate::types::Evolution;
use crate::{LakeError, Lease, Snapshot, Write};

/// What was rewritten once will be again: its files are this many times smaller than others, so that a write that is about
/// few neighbouring rows, as most are that change what is recent, rewrites less the next time.
const SMALLER: u64 = 4;

/// Everything that is known before the first arrival.
#[derive(Debug)]
pub(crate) struct StagePlan {
    pub(crate) handle: TableHandle,
    pub(crate) lease: Lease,
    pub(crate) stage_id: Uuid,
    /// The version that it is staged on; `None` for a new table.
    pub(crate) base: Option<Snapshot>,
    pub(crate) write: Write,
    /// The columns of the table after the write.
    pub(crate) evolution: Evolution,
    pub(crate) partition_by: Vec<String>,
    /// Protocol and metadata, where they change.
    pub(crate) table_lines: Vec<String>,
    pub(crate) notes: Vec<String>,
}

impl StagePlan {
    /// The columns of the table after the write.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.evolution.schema
    }

    /// Threads that work at a time.
    pub(crate) fn threads(&self) -> usize {
        self.handle.options().encode_threads.max(1)
    }

    /// A reader of the base's files as the columns after the write.
    pub(crate) fn reader(&self) -> FileReader {
        FileReader::new(&self.handle, self.handle.scan(self.schema().clone(), self.partition_by.clone()))
    }

    /// The base's files as the columns after the write.
    pub(crate) fn scan_files(&self) -> Vec<Arc<ScanFile>> {
        let files = self.base.iter().flat_map(Snapshot::files);
        files.map(|file| Arc::new(self.handle.scan_file(file, self.schema(), &self.partition_by))).collect()
    }

    /// A writer for the arrivals.
    pub(crate) fn arrivals_writer(&self) -> Result<FileStager, LakeError> {
        self.writer("n", 1, self.handle.options().target_file_bytes)
    }

    /// One of `count` writers that work at a time, for what stays of files that the write touches.
    pub(super) fn remains_writer(&self, of: RewriteOf, number: usize, count: usize) -> Result<FileStager, LakeError> {
        let target_bytes = self.handle.options().target_file_bytes;
        match of {
            RewriteOf::Table => self.writer(&format!("r{number}"), count, target_bytes / SMALLER),
            RewriteOf::Arrivals => self.writer(&format!("s{number}"), count, target_bytes),
        }
    }

    fn writer(&self, kind: &str, count: usize, target_bytes: u64) -> Result<FileStager, LakeError> {
        let options = self.handle.options();
        let writer = TableWriter::new(TableWriterOptions {
            table: self.handle.name().clone(),
            store: self.handle.store().clone(),
            folder: self.handle.folder().clone(),
            schema: self.schema().clone(),
            partition_by: self.partition_by.clone(),
            prefix: format!("{}-{kind}", file_prefix(&self.lease, self.stage_id)),
            target_bytes,
            memory_bytes: options.memory_bytes / count.max(1),
            threads: self.threads().div_ceil(count.max(1)),
            clock: options.clock.clone(),
        })?;
        Ok(FileStager::new(&self.handle, &self.lease, writer))
    }

    /// Fills in the protocol and metadata lines that the write needs.
    pub(crate) fn describe_table(&mut self) -> Result<(), LakeError> {
        let table = self.handle.name().clone();
        let unfit = |source| LakeError::Arrow {
            table: table.clone(),
            action: "describing the columns",
            source: Box::new(source),
        };
        let needed = needed_protocol(self.schema());
        let mut lines = Vec::new();
        let Some(base) = &self.base else {
            let (reader, writer) = if needed.is_empty() { (1, 2) } else { (3, 7) };
            lines.push(protocol_line(reader, writer, &needed));
            let id = self.handle.options().ids.next().to_string();
            let created = self.handle.options().clock.now().timestamp_millis();
            let configuration = std::collections::HashMap::new();
            lines.push(
                metadata_line(&id, self.schema(), &self.partition_by, &configuration, Some(created)).map_err(unfit)?,
            );
            self.table_lines = lines;
            return Ok(());
        };
        if !self.evolution.changed && base.partition_by() == self.partition_by {
            return Ok(());
        }
        let protocol = base.delta().protocol();
        let has = protocol.reader_features().unwrap_or_default();
        let mut features: Vec<&str> = has.iter().map(AsRef::as_ref).collect();
        if needed.iter().any(|feature| !features.contains(feature)) {
            let writer_features = protocol.writer_features().unwrap_or_default();
            if protocol.min_writer_version() > 2 || !writer_features.is_empty() || !features.is_empty() {
                return Err(LakeError::Unsupported {
                    table,
                    feature: "a timestamp without time zone in a table of this protocol".into(),
                    advice: "cast the column to a timestamp with time zone, or write a new table".into(),
                });
            }
            features.extend(needed);
            lines.push(protocol_line(3, 7, &features));
        }
        let metadata = base.delta().metadata();
        let (id, configuration) = (metadata.id(), metadata.configuration());
        let created = metadata.created_time();
        lines.push(metadata_line(id, self.schema(), &self.partition_by, configuration, created).map_err(unfit)?);
        self.table_lines = lines;
        Ok(())
    }
}

/// Begins the names of a stage's files: whose lease, which stage.
pub(crate) fn file_prefix(lease: &Lease, stage_id: Uuid) -> String {
    format!("part-{:010}-{stage_id}", lease.token)
}
