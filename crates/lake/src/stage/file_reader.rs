//! Reads the files of a table, whole or in parts.

use std::sync::Arc;

use arrow::error::ArrowError;
use datafusion::catalog::TableProvider;
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::file_part::FilePart;
use crate::LakeError;
use crate::scan::{RowGroups, ScanFile, ScanTarget, TableScan};
use crate::table_handle::TableHandle;

/// Row groups are read together until they have this many rows: those of other programs can be small.
const PART_ROWS: u64 = 1 << 16;

/// Reads single files, in the order of their rows, as the columns of a table.
#[derive(Clone)]
pub(crate) struct FileReader {
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

impl FileReader {
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

    /// The parts of a file, in order. Each can be read for itself.
    pub(super) async fn parts(&self, file: &ScanFile) -> Result<Vec<FilePart>, LakeError> {
        let (store, meta) = (self.handle.store(), file.object_meta());
        // The scan looks for the footer in the same cache.
        let cache = self.session.runtime_env().cache_manager.get_file_metadata_cache();
        let footer = DFParquetMetadata::new(store.as_ref(), &meta).with_file_metadata_cache(Some(cache));
        let footer = footer.fetch_metadata().await.map_err(|error| self.error(error))?;
        let of = footer.num_row_groups();
        let mut parts = Vec::new();
        let (mut first_row, mut first, mut rows, mut bytes) = (0, 0, 0, 0);
        for (group, metadata) in footer.row_groups().iter().enumerate() {
            rows += unsigned(metadata.num_rows());
            bytes += unsigned(metadata.compressed_size());
            if rows >= PART_ROWS || group + 1 == of {
                let groups = RowGroups { groups: first..group + 1, of };
                parts.push(FilePart { file: Arc::new(file.part(groups, rows)), first_row, rows, bytes });
                first_row += rows;
                (first, rows, bytes) = (group + 1, 0, 0);
            }
        }
        Ok(parts)
    }

    /// How many rows a file has.
    pub(super) async fn count(&self, file: &ScanFile) -> Result<u64, LakeError> {
        Ok(self.parts(file).await?.iter().map(|part| part.rows).sum())
    }

    /// The error for a store that fails.
    pub(super) fn store_error(&self, action: &'static str, source: object_store::Error) -> LakeError {
        self.handle.log().store_error(action, source)
    }

    /// The error for rows that cannot be worked with.
    pub(super) fn arrow_error(&self, action: &'static str, source: ArrowError) -> LakeError {
        LakeError::Arrow { table: self.handle.name().clone(), action, source: Box::new(source) }
    }

    /// The error for a file that cannot be read.
    pub(crate) fn error(&self, source: DataFusionError) -> LakeError {
        LakeError::engine(self.handle.name(), "reading a file", source)
    }
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
