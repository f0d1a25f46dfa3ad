//! Writes what stays of files that a write touches in part.
//!
//! The rows that stay are read on as many cores as there are, each a run of neighbouring parts of the files that goes to
//! files of its own: rows that were near each other stay so, and the statistics of the files keep telling them apart.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::filter_record_batch;
use datafusion::common::runtime::SpawnedTask;
use futures::TryStreamExt;
use futures::future::try_join_all;
use tokio::sync::mpsc::{Sender, channel};

use super::StagedFiles;
use super::file_mask::FileMask;
use super::file_part::FilePart;
use super::file_reader::FileReader;
use super::stage_plan::StagePlan;
use crate::LakeError;
use crate::failpoints::{self, STAGE_REWRITE};
use crate::memory::compact;
use crate::scan::ScanFile;

/// What is being done, in errors.
const REWRITING: &str = "rewriting a file";

/// A core more, and with it a file more, is worth this share of the size that files are to have.
const SMALLEST_SHARE: u64 = 8;

/// Batches that are read ahead of the writer.
const READ_AHEAD: usize = 4;

/// A part of a file, and which of the file's rows go.
type Piece = (FilePart, Arc<FileMask>);

/// Whose files are written again.
#[derive(Debug, Clone, Copy)]
pub(super) enum RewriteOf {
    /// Those that were there before.
    Table,
    /// Those of the arrivals.
    Arrivals,
}

/// Writes the rows of the files that their masks leave.
pub(super) async fn write_remains(
    plan: &StagePlan,
    files: Vec<(Arc<ScanFile>, FileMask)>,
    of: RewriteOf,
) -> Result<StagedFiles, LakeError> {
    let reader = plan.reader();
    let mut pieces = Vec::new();
    for (file, mask) in files {
        let mask = Arc::new(mask);
        pieces.extend(reader.parts(&file).await?.into_iter().map(|part| (part, Arc::clone(&mask))));
    }
    let shares = shares(pieces, plan.threads(), plan.handle.options().target_file_bytes / SMALLEST_SHARE);
    let count = shares.len();
    let writes = shares.into_iter().enumerate().map(|(number, share)| {
        let reader = reader.clone();
        async move {
            let mut writer = plan.remains_writer(of, number, count)?;
            let (sender, mut batches) = channel(READ_AHEAD);
            // Nothing that is to be removed after an error is in the task: it may end later than this.
            let reading = SpawnedTask::spawn(read(reader, share, sender));
            while let Some(batch) = batches.recv().await {
                writer.write(&batch).await?;
            }
            let panicked = |_| LakeError::Panicked { table: plan.handle.name().clone(), action: REWRITING };
            reading.join().await.map_err(panicked)??;
            writer.finish().await
        }
    });
    let mut written = try_join_all(writes).await?.into_iter();
    let mut all =
        written.next().unwrap_or_else(|| StagedFiles::new(plan.handle.clone(), plan.lease.clone(), Vec::new()));
    written.for_each(|more| all.absorb(more));
    Ok(all)
}

/// Splits the parts into at most `most` runs of about as many bytes, `least` or more.
fn shares(pieces: Vec<Piece>, most: usize, least: u64) -> Vec<Vec<Piece>> {
    let total: u64 = pieces.iter().map(|(part, _)| part.bytes).sum();
    let count = (total / least.max(1)).clamp(1, most.max(1) as u64);
    let mut shares: Vec<Vec<Piece>> = Vec::new();
    let (mut before, mut begun) = (0, 0);
    for piece in pieces {
        // Each goes where its middle is.
        let middle = before + piece.0.bytes / 2;
        before += piece.0.bytes;
        let number = usize::try_from(middle * count / total.max(1)).unwrap_or_default();
        match shares.last_mut() {
            Some(share) if number < begun => share.push(piece),
            _ => {
                shares.push(vec![piece]);
                begun = number + 1;
            }
        }
    }
    shares
}

/// Reads the rows that stay.
async fn read(reader: FileReader, share: Vec<Piece>, sender: Sender<RecordBatch>) -> Result<(), LakeError> {
    for (part, mask) in share {
        let fail = |source| reader.store_error(REWRITING, source);
        failpoints::hit_store(STAGE_REWRITE).map_err(fail)?;
        let mut first = part.first_row;
        let mut batches = reader.read(&part.file, None).await?;
        while let Some(batch) = batches.try_next().await.map_err(|error| reader.error(error))? {
            let keep = mask.keep(first, batch.num_rows());
            first += batch.num_rows() as u64;
            let batch = filter_record_batch(&batch, &keep).map_err(|source| reader.arrow_error(REWRITING, source))?;
            // Few that stay must not keep the texts of all in memory.
            let batch = if batch.num_rows() < keep.len() / 4 { compact(batch) } else { batch };
            if sender.send(batch).await.is_err() {
                // The writer failed.
                return Ok(());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use arrow::datatypes::Schema;
    use object_store::path::Path;

    use super::*;
    use crate::DataFile;

    fn split(bytes: &[u64], most: usize, least: u64) -> Vec<Vec<u64>> {
        let pieces = bytes.iter().map(|bytes| {
            let file = DataFile {
                path: "f".into(),
                size_bytes: 1,
                rows: None,
                stats: None,
                partition_values: BTreeMap::new(),
                modified_ms: 0,
            };
            let file = Arc::new(ScanFile::new(&file, Path::from("f"), &Arc::new(Schema::empty()), &[]));
            (FilePart { file, first_row: 0, rows: 1, bytes: *bytes }, Arc::new(FileMask::default()))
        });
        let shares = shares(pieces.collect(), most, least);
        shares.iter().map(|share| share.iter().map(|(part, _)| part.bytes).collect()).collect()
    }

    #[test]
    fn neighbours_stay_together_and_small_work_is_not_split() {
        assert_eq!(split(&[], 4, 10), Vec::<Vec<u64>>::new());
        assert_eq!(split(&[5, 5, 5], 4, 10), [[5, 5, 5]]);
        assert_eq!(split(&[10, 10, 10, 11], 2, 10), [[10, 10], [10, 11]]);
        assert_eq!(split(&[30, 1, 1, 1], 3, 10), [vec![30], vec![1, 1, 1]]);
        assert_eq!(split(&[0, 0], 3, 0), [[0, 0]]);
    }
}
