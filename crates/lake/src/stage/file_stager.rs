//! Writes the files of a stage.

use arrow::array::RecordBatch;

use super::StagedFiles;
use crate::holdings::Abandoned;
use crate::parquet_file::TableWriter;
use crate::table_handle::TableHandle;
use crate::{LakeError, Lease};

/// Writes the files of a stage. An error at any step above lets go of this: what is written is then removed when the table's
/// lease is released.
pub(crate) struct FileStager {
    handle: TableHandle,
    lease: Lease,
    /// There until it is finished.
    writer: Option<Box<TableWriter>>,
}

impl FileStager {
    /// Files that `writer` writes.
    pub(crate) fn new(handle: &TableHandle, lease: &Lease, writer: TableWriter) -> Self {
        Self { handle: handle.clone(), lease: lease.clone(), writer: Some(Box::new(writer)) }
    }

    /// Rows taken so far.
    pub(crate) fn rows(&self) -> u64 {
        self.writer.as_ref().map_or(0, |writer| writer.rows())
    }

    /// Takes a batch of all columns of the table.
    pub(crate) async fn write(&mut self, batch: &RecordBatch) -> Result<(), LakeError> {
        match &mut self.writer {
            Some(writer) => writer.write(batch).await,
            None => Ok(()),
        }
    }

    /// Completes all files; they are durable when this returns.
    pub(crate) async fn finish(mut self) -> Result<StagedFiles, LakeError> {
        let files = match &mut self.writer {
            Some(writer) => writer.finish().await?,
            None => Vec::new(),
        };
        self.writer = None;
        Ok(StagedFiles::new(self.handle.clone(), self.lease.clone(), files))
    }

    /// Gives them up at once.
    pub(crate) async fn discard(mut self) -> Result<(), LakeError> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let files = writer.abandon().await;
        StagedFiles::new(self.handle.clone(), self.lease.clone(), files).remove().await
    }
}

impl Drop for FileStager {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            let abandoned = Abandoned { table: self.handle.name().clone(), writer: Some(writer), files: Vec::new() };
            self.handle.lake().holdings().abandon(&self.lease, abandoned);
        }
    }
}
