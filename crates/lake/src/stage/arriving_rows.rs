//! The rows of keyed arrivals, in the order in which they came, until it is known which of them stay.
//!
//! As long as they fit they wait in memory. Beyond, those of a table that begins, of which hardly any goes, are written to
//! its files at once, and the few files of those that do go are written again; others wait on the local disk. In either
//! case the table has them in the order of the source, where what belongs together is mostly together: bounds of files
//! stay narrow, and later writes touch few of them.

use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::error::ArrowError;
use datafusion::common::runtime::SpawnedTask;
use tokio::sync::mpsc::channel;

use super::file_mask::FileMask;
use super::remains::{RewriteOf, write_remains};
use super::row_set::RowSet;
use super::row_spill::RowSpill;
use super::stage_plan::StagePlan;
use super::{FileStager, StagedFiles};
use crate::memory::{batch_bytes, compact};
use crate::{LakeError, Write};

/// What is being done, in errors.
const SPILLING: &str = "spilling arrivals to the local disk";

/// Batches that are read ahead of the writer.
const READ_AHEAD: usize = 4;

/// Where the rows wait.
pub(super) enum ArrivingRows {
    /// Nowhere: only their keys matter.
    Passed,
    /// In memory.
    Held { batches: Vec<RecordBatch>, bytes: usize },
    /// On the local disk.
    Spilled(Box<RowSpill>),
    /// In files of the table.
    Staged(Box<FileStager>),
}

impl ArrivingRows {
    /// None yet.
    pub(super) fn new(write: &Write) -> Self {
        match write {
            Write::DeleteByKey { .. } => Self::Passed,
            _ => Self::Held { batches: Vec::new(), bytes: 0 },
        }
    }

    /// Memory in bytes that waiting rows take.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Held { bytes, .. } => *bytes,
            _ => 0,
        }
    }

    /// Takes the next rows.
    pub(super) async fn push(&mut self, plan: &StagePlan, batch: RecordBatch) -> Result<(), LakeError> {
        match self {
            Self::Passed => Ok(()),
            Self::Held { batches, bytes } => {
                *bytes += batch_bytes(&batch);
                batches.push(batch);
                Ok(())
            }
            Self::Spilled(_) => self.spill(plan, vec![batch]).await,
            Self::Staged(stager) => stager.write(&table_columns(plan, &batch)?).await,
        }
    }

    /// Moves what is in memory out of it.
    pub(super) async fn flush(&mut self, plan: &StagePlan) -> Result<(), LakeError> {
        let Self::Held { batches, .. } = self else { return Ok(()) };
        let batches = std::mem::take(batches);
        if !stays_nearly_whole(plan) {
            return self.spill(plan, batches).await;
        }
        let mut stager = Box::new(plan.arrivals_writer()?);
        for batch in batches {
            stager.write(&table_columns(plan, &batch)?).await?;
        }
        *self = Self::Staged(stager);
        Ok(())
    }

    async fn spill(&mut self, plan: &StagePlan, batches: Vec<RecordBatch>) -> Result<(), LakeError> {
        let Some(first) = batches.first() else { return Ok(()) };
        let (options, schema) = (plan.handle.options(), first.schema());
        let folder = options.spill_folder.join(options.ids.next().to_string());
        let spill = match std::mem::replace(self, Self::Passed) {
            Self::Spilled(spill) => Some(spill),
            _ => None,
        };
        let spilled = tokio::task::spawn_blocking(move || {
            let mut spill = match spill {
                Some(spill) => spill,
                None => Box::new(RowSpill::new(folder, &schema)?),
            };
            spill.write(&batches)?;
            Ok(spill)
        });
        let spilled = spilled.await.map_err(|_| panicked(plan))?;
        *self = Self::Spilled(spilled.map_err(|source| arrow_error(plan, source))?);
        Ok(())
    }

    /// Completes the files with those of the `came` rows that stay, by their numbers in order of arrival; all without
    /// `staying`. Tells how many those are.
    pub(super) async fn finish(
        self,
        plan: &StagePlan,
        came: u64,
        staying: Option<&RowSet>,
    ) -> Result<(StagedFiles, u64), LakeError> {
        let mut writer = Survivors { plan, staying, next: 0, stager: plan.arrivals_writer()? };
        match self {
            Self::Passed => writer.next = came,
            Self::Held { batches, .. } => {
                for batch in batches {
                    writer.write(batch).await?;
                }
            }
            Self::Spilled(spill) => {
                let (sender, mut batches) = channel(READ_AHEAD);
                let reading =
                    SpawnedTask::spawn_blocking(move || spill.read(|batch| sender.blocking_send(batch).is_ok()));
                while let Some(batch) = batches.recv().await {
                    writer.write(batch).await?;
                }
                reading.join().await.map_err(|_| panicked(plan))?.map_err(|source| arrow_error(plan, source))?;
            }
            Self::Staged(stager) => {
                check(plan, stager.rows(), came)?;
                let files = stager.finish().await?;
                return match staying {
                    Some(staying) if staying.count() < came => rewritten(plan, files, came, staying).await,
                    _ => Ok((files, came)),
                };
            }
        }
        check(plan, writer.next, came)?;
        let rows = writer.stager.rows();
        Ok((writer.stager.finish().await?, rows))
    }

    /// Gives them up.
    pub(super) async fn discard(self) -> Result<(), LakeError> {
        match self {
            Self::Staged(stager) => stager.discard().await,
            _ => Ok(()),
        }
    }
}

/// Writes the rows that stay.
struct Survivors<'a> {
    plan: &'a StagePlan,
    staying: Option<&'a RowSet>,
    /// The number of the next row.
    next: u64,
    stager: FileStager,
}

impl Survivors<'_> {
    async fn write(&mut self, batch: RecordBatch) -> Result<(), LakeError> {
        let (rows, first) = (batch.num_rows(), self.next);
        self.next += rows as u64;
        let mut batch = table_columns(self.plan, &batch)?;
        if let Some(staying) = self.staying {
            let stays = staying.slice(first, rows);
            if stays.count_set_bits() < rows {
                let filtered = filter_record_batch(&batch, &BooleanArray::new(stays, None));
                // The few that stay must not keep the texts of all in memory.
                batch = compact(filtered.map_err(|source| arrow_error(self.plan, source))?);
            }
        }
        self.stager.write(&batch).await
    }
}

/// Writes files again without the rows that do not stay.
async fn rewritten(
    plan: &StagePlan,
    mut files: StagedFiles,
    came: u64,
    staying: &RowSet,
) -> Result<(StagedFiles, u64), LakeError> {
    // They are in the order of their rows.
    let mut first = 0;
    let (mut whole, mut masks) = (Vec::new(), Vec::new());
    for file in files.files() {
        let rows = file.rows.unwrap_or_default();
        let mask = FileMask::of_arrivals(staying, first, rows);
        first += rows;
        whole.push(mask.count() == 0);
        if mask.count() > 0 && mask.count() < rows {
            let scan = plan.handle.scan_file(file, plan.schema(), &plan.partition_by);
            masks.push((Arc::new(scan), mask));
        }
    }
    check(plan, first, came)?;
    let mut superseded = files.split_off(&whole);
    files.absorb(write_remains(plan, masks, RewriteOf::Arrivals).await?);
    // What cannot be removed now goes with the lease, or by maintenance.
    let _ = superseded.remove().await;
    Ok((files, staying.count()))
}

/// Keys and rows must have been counted alike: else rows would be taken for others.
fn check(plan: &StagePlan, rows: u64, came: u64) -> Result<(), LakeError> {
    if rows == came {
        return Ok(());
    }
    let problem = format!("{came} rows came and {rows} were kept, which is a bug");
    Err(arrow_error(plan, ArrowError::ComputeError(problem)))
}

/// Whether rows that arrive are the table's first, and files tell their order.
fn stays_nearly_whole(plan: &StagePlan) -> bool {
    let is_empty = plan.base.as_ref().is_none_or(|base| base.files().is_empty());
    let begins = is_empty || matches!(plan.write, Write::ReplaceByKey(_));
    (begins || matches!(plan.write, Write::DeleteInsert(_))) && plan.partition_by.is_empty()
}

/// The columns that are stored: they come first.
fn table_columns(plan: &StagePlan, batch: &RecordBatch) -> Result<RecordBatch, LakeError> {
    let columns: Vec<usize> = (0..plan.schema().fields().len()).collect();
    batch.project(&columns).map_err(|source| arrow_error(plan, source))
}

fn panicked(plan: &StagePlan) -> LakeError {
    LakeError::Panicked { table: plan.handle.name().clone(), action: SPILLING }
}

fn arrow_error(plan: &StagePlan, source: ArrowError) -> LakeError {
    LakeError::Arrow { table: plan.handle.name().clone(), action: SPILLING, source: Box::new(source) }
}
