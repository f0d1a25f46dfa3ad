//! Rows on the local disk, in their order.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::PathBuf;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;

use super::spill::SpillFolder;
use crate::memory::unshare;

/// A file that rows are written to, and read from once; it goes when this does.
pub(super) struct RowSpill {
    folder: SpillFolder,
    writer: StreamWriter<BufWriter<File>>,
}

impl RowSpill {
    /// An empty one in a new folder, for rows of columns `schema`.
    pub(super) fn new(folder: PathBuf, schema: &SchemaRef) -> Result<Self, ArrowError> {
        let folder = SpillFolder::new(folder)?;
        let writer = StreamWriter::try_new(BufWriter::new(File::create(folder.file(0))?), schema)?;
        Ok(Self { folder, writer })
    }

    /// Takes the next rows.
    pub(super) fn write(&mut self, batches: &[RecordBatch]) -> Result<(), ArrowError> {
        // Text views of a part point into the texts of the whole, and all that they point into would be written.
        batches.iter().try_for_each(|batch| self.writer.write(&unshare(batch)?))
    }

    /// Hands out the rows in their order.
    pub(super) fn read(mut self, mut take: impl FnMut(RecordBatch) -> bool) -> Result<(), ArrowError> {
        self.writer.finish()?;
        for batch in StreamReader::try_new(BufReader::new(File::open(self.folder.file(0))?), None)? {
            if !take(batch?) {
                break;
            }
        }
        Ok(())
    }
}
