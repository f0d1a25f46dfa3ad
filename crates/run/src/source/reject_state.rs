//! What becomes of rejects: their state is changed where they lie, in one commit.
use std::sync::Arc;

use ade_engine::RelationName;
use ade_lake::{At, CommitNote, KeySpec, LakeError, Lease, Snapshot, StageRequest, StageWriter, TableName, Write};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::DataType;
use futures::StreamExt;
use uuid::Uuid;

use super::quarantine::{ROW, STATE};
use crate::build::discard_stage;
use crate::error::RunError;
use crate::workspace::Workspace;

/// Rejects of one table whose state is to change.
pub(crate) struct Restating<'a> {
    pub(crate) workspace: &'a Workspace,
    /// Where they are kept apart.
    pub(crate) table: &'a TableName,
    pub(crate) lease: &'a Lease,
    /// The condition, in SQL, of those that may be meant.
    pub(crate) condition: String,
    /// The new state.
    pub(crate) state: String,
    pub(crate) run_id: Uuid,
}

/// What is kept apart in a table, if it says what became of it: what earlier builds kept apart does not.
pub(crate) async fn with_states(workspace: &Workspace, table: &TableName) -> Result<Option<Snapshot>, RunError> {
    match workspace.lake.snapshot(table, At::Latest).await {
        Ok(snapshot) => Ok(Some(snapshot).filter(|there| there.schema().field_with_name(STATE).is_ok())),
        Err(LakeError::NoTable { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Restating<'_> {
    /// Changes the state of those that `is_meant`, given what tells them apart. Gives how many they are.
    pub(crate) async fn carry_out(&self, is_meant: impl Fn(&str) -> bool) -> Result<u64, RunError> {
        let Some(there) = with_states(self.workspace, self.table).await? else { return Ok(0) };
        let request = StageRequest::new(Arc::clone(there.schema()), Write::Upsert(KeySpec::new([ROW])));
        let mut writer = self.workspace.lake.stage(self.table, request, self.lease).await?;
        let rows = match self.write(&there, &mut writer, is_meant).await {
            Ok(rows) if rows > 0 => rows,
            ended => {
                discard_stage(writer).await;
                return ended;
            }
        };
        let staged = writer.finish().await?;
        let note = CommitNote { run_id: Some(self.run_id), ..CommitNote::new(self.workspace.world.ids.next()) };
        staged.commit(&note).await?;
        Ok(rows)
    }

    async fn write(
        &self,
        there: &Snapshot,
        writer: &mut StageWriter,
        is_meant: impl Fn(&str) -> bool,
    ) -> Result<u64, RunError> {
        let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
        let name = RelationName::new(self.table.schema(), self.table.table()).to_sql();
        let sql = format!("select * from {name} where {}", self.condition);
        // A session knows each table as it was when it first asked for it.
        let mut answer = self.workspace.session(At::Latest).query(&sql).await.map_err(failed)?;
        let mut meant = 0;
        while let Some(batch) = answer.next().await {
            let batch = batch.map_err(failed)?;
            let shape = |_| RunError::Stamp { rows: batch.num_rows() };
            let (row, state) =
                (there.schema().index_of(ROW).map_err(shape)?, there.schema().index_of(STATE).map_err(shape)?);
            let digests = cast(batch.column(row), &DataType::Utf8).map_err(shape)?;
            let digests = digests.as_string::<i32>();
            let which: BooleanArray =
                (0..digests.len()).map(|row| Some(digests.is_valid(row) && is_meant(digests.value(row)))).collect();
            let batch = filter_record_batch(&batch, &which).map_err(shape)?;
            let rows = batch.num_rows();
            if rows == 0 {
                continue;
            }
            let mut columns: Vec<ArrayRef> = Vec::with_capacity(batch.num_columns());
            for (place, (column, field)) in batch.columns().iter().zip(there.schema().fields()).enumerate() {
                let texts: ArrayRef = Arc::new(StringArray::from_iter_values(std::iter::repeat_n(&self.state, rows)));
                let column = if place == state { &texts } else { column };
                columns.push(cast(column, field.data_type()).map_err(shape)?);
            }
            writer.write(RecordBatch::try_new(Arc::clone(there.schema()), columns).map_err(shape)?).await?;
            meant += rows as u64;
        }
        Ok(meant)
    }
}
