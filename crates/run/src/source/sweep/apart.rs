//! Rows that are kept apart, and that the source has not got any more: nothing is left to be mended of them. They go, also where
//! deleted rows of the table stay with a mark, as nobody has relied on them.
use std::sync::Arc;

use ade_diagnostic::{agree, count};
use ade_lake::{CommitNote, Lease, Snapshot, StageRequest, TableName, Write};
use arrow::array::BooleanArray;
use arrow::compute::filter_record_batch;

use super::super::ingest::TableLanding;
use super::super::key::key_places;
use super::super::quarantine::{ROW, beside, of_rows_alone};
use super::compared::{apart_name, next};
use super::found::Found;
use crate::build::{Outcome, TaskError, discard_stage};
use crate::error::RunError;
use crate::event::Status;

impl TableLanding<'_> {
    /// Removes the rows from where they are kept apart.
    pub(super) async fn take_from_apart(
        &self,
        found: &Found,
        apart: &Snapshot,
        outcome: &mut Outcome,
    ) -> Result<(), TaskError> {
        let lake = &self.build.workspace.lake;
        let table = beside(self.table)?;
        let lease = lake.lease(&table, "ade").await?;
        let removed = self.remove_apart(&table, found, apart, &lease).await;
        self.build.workspace.release(&table, &lease).await;
        let rows = removed?;
        outcome.note(&format!(
            "{} that the source has not got any more {} removed from {table}",
            count(rows, "row"),
            agree(rows, "is", "are")
        ));
        if outcome.status == Status::Unchanged {
            outcome.status = Status::Success;
        }
        Ok(())
    }

    async fn remove_apart(
        &self,
        table: &TableName,
        found: &Found,
        apart: &Snapshot,
        lease: &Lease,
    ) -> Result<u64, TaskError> {
        let workspace = &self.build.workspace;
        let places = key_places(apart.schema(), &[ROW.to_owned()]);
        let schema = apart.schema().project(&places).map_err(|_| RunError::Stamp { rows: 0 })?;
        let write = Write::DeleteByKey { columns: vec![ROW.to_owned()] };
        let request = StageRequest::new(Arc::new(schema), write);
        let mut writer = workspace.lake.stage(table, request, lease).await?;
        let columns: Vec<String> = found.columns.iter().cloned().chain([ROW.to_owned()]).collect();
        let writing = async {
            let mut rows = self.rows(&apart_name(self)?, &columns, &of_rows_alone(apart)).await?;
            while let Some(batch) = next(&mut rows).await? {
                let shape = |_| RunError::Stamp { rows: batch.num_rows() };
                let last = batch.num_columns() - 1;
                let keys = batch.project(&(0..last).collect::<Vec<_>>()).map_err(shape)?;
                let gone = found.keys.digests(&keys)?.into_iter();
                let gone: BooleanArray = gone.map(|digest| Some(found.gone_apart.contains(&digest))).collect();
                let gone = filter_record_batch(&batch.project(&[last]).map_err(shape)?, &gone).map_err(shape)?;
                if gone.num_rows() > 0 {
                    writer.write(gone).await?;
                }
            }
            Ok::<_, TaskError>(())
        };
        if let Err(error) = writing.await {
            discard_stage(writer).await;
            return Err(error);
        }
        let staged = writer.finish().await?;
        let removed = staged.row_counts().removed;
        let note = CommitNote { run_id: Some(self.build.run_id), ..CommitNote::new(workspace.world.ids.next()) };
        staged.commit(&note).await?;
        Ok(removed)
    }
}
