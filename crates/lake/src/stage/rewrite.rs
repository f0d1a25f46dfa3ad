//! Reads the files that a write touches, and writes what stays of them.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::filter_record_batch;
use datafusion::catalog::TableProvider;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::TryStreamExt;

use super::FileStager;
use super::file_mask::FileMask;
use crate::LakeError;
use crate::failpoints::{self, STAGE_REWRITE};
use crate::scan::{ScanFile, ScanTarget, TableScan};
use crate::table_handle::TableHandle;

/// Reads single files, in the order of their rows, as the columns of a table.
#[derive(Clone)]
pub(crate) struct Rewriter {
    handle: TableHandle,
    target: ScanTarget,
    session: SessionContext,
}

/// A session that reads one file after the other.
fn read_session(handle: &TableHandle) -> SessionContext {
    let config = SessionConfig::new().with_target_partitions(1).with_collect_statistics(false);
    let session = SessionContext::new_with_config(config);
    handle.lake().register(&session.runtime_env());
    session
}

impl Rewriter {
    /// A reader of files of the table, as the columns of `target`.
    pub(crate) fn new(handle: &TableHandle, target: ScanTarget) -> Self {
        Self { handle: handle.clone(), target, session: read_session(handle) }
    }

    /// The rows of a file, in their order; all columns, or those at `projection`.
    pub(crate) async fn read(
        &self,
        file: &Arc<ScanFile>,
        projection: Option<&Vec<usize>>,
    ) -> Result<SendableRecordBatchStream, LakeError> {
        let scan = TableScan::new(self.target.clone(), vec![Arc::clone(file)]);
        let state = self.session.state();
        let plan = scan.scan(&state, projection, &[], None).await.map_err(|error| self.error(error))?;
        plan.execute(0, self.session.task_ctx()).map_err(|error| self.error(error))
    }

    /// Calls `visit` with each batch and the number of its first row.
    pub(super) async fn for_each(
        &self,
        file: &Arc<ScanFile>,
        projection: &Vec<usize>,
        mut visit: impl FnMut(u64, &RecordBatch) -> Result<(), LakeError>,
    ) -> Result<u64, LakeError> {
        let mut stream = self.read(file, Some(projection)).await?;
        let mut rows = 0;
        while let Some(batch) = stream.try_next().await.map_err(|error| self.error(error))? {
            visit(rows, &batch)?;
            rows += batch.num_rows() as u64;
        }
        Ok(rows)
    }

    /// Writes the rows of a file that stay.
    pub(super) async fn rewrite(
        &self,
        file: &Arc<ScanFile>,
        mask: &FileMask,
        writer: &mut FileStager,
    ) -> Result<(), LakeError> {
        let fail = |source| self.handle.log().store_error("rewriting a file", source);
        failpoints::hit_store(STAGE_REWRITE).map_err(fail)?;
        let mut stream = self.read(file, None).await?;
        let mut first = 0;
        while let Some(batch) = stream.try_next().await.map_err(|error| self.error(error))? {
            let keep = mask.keep(first, batch.num_rows());
            first += batch.num_rows() as u64;
            let batch = filter_record_batch(&batch, &keep).map_err(|source| LakeError::Arrow {
                table: self.handle.name().clone(),
                action: "rewriting a file",
                source: Box::new(source),
            })?;
            writer.write(&batch).await?;
        }
        Ok(())
    }

    fn error(&self, source: DataFusionError) -> LakeError {
        LakeError::Engine { table: self.handle.name().clone(), action: "reading a file", source: Box::new(source) }
    }
}
