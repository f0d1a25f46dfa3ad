//! The person's rows go from one table, and the table's past with them.
use std::sync::Arc;
use std::time::Duration;

use ade_engine::RelationName;
use ade_lake::{At, CommitNote, LakeError, Lease, Snapshot, StageRequest, StageWriter, TableName, Write};
use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow::compute::{cast, filter, filter_record_batch, not, or};
use futures::StreamExt;
use uuid::Uuid;

use super::certificate::ErasedTable;
use super::needles::Needles;
use super::past::past_holds;
use super::reveal_record::{is_record_of_reveals, without_person};
use crate::build::discard_stage;
use crate::error::RunError;
use crate::failpoint::{self, hit};
use crate::workspace::Workspace;

/// How often what is left in a table's past is removed: an entry of the log may be of this very moment.
const ATTEMPTS: u32 = 20;

/// Somebody on the way out.
pub(super) struct Erasing<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) needles: &'a Needles,
    pub(super) run_id: Uuid,
}

/// The rows of a person in a table.
#[derive(Default)]
struct Found {
    rows: u64,
    /// By column, the values that tell them.
    values: Vec<(String, ArrayRef)>,
}

impl Erasing<'_> {
    /// What would be done to a table; `None` for one that does not hold the person.
    pub(super) async fn would_erase(&self, table: &TableName) -> Result<Option<ErasedTable>, RunError> {
        let rows_removed = match self.workspace.lake.snapshot(table, At::Latest).await {
            Ok(snapshot) => self.find(table, &snapshot).await?.rows,
            Err(LakeError::NoTable { .. }) => 0,
            Err(error) => return Err(error.into()),
        };
        let past_held = past_holds(&self.workspace.lake, table, self.needles).await?;
        let found = rows_removed > 0 || past_held;
        Ok(found.then(|| ErasedTable { table: table.to_string(), rows_removed, past_held, ..ErasedTable::default() }))
    }

    /// Removes the person from a table whose lease is held, and from its past. `None` for one that did not hold the person.
    pub(super) async fn erase_from(&self, table: &TableName, lease: &Lease) -> Result<Option<ErasedTable>, RunError> {
        let lake = &self.workspace.lake;
        let mut erased = ErasedTable { table: table.to_string(), ..ErasedTable::default() };
        match lake.snapshot(table, At::Latest).await {
            Ok(snapshot) => {
                erased.version_before = snapshot.version();
                let found = self.find(table, &snapshot).await?;
                erased.rows_removed = found.rows;
                if found.rows > 0 {
                    self.rewrite(table, &snapshot, found, lease).await?;
                    hit(failpoint::ERASE_REWRITTEN)?;
                }
            }
            Err(LakeError::NoTable { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        erased.past_held = past_holds(lake, table, self.needles).await?;
        let mut attempt = 0;
        // Statistics in the log hold least and largest values, also of columns that are kept: the past of what was rewritten goes
        // whatever is found in it.
        let mut is_left = erased.past_held || erased.rows_removed > 0;
        if !is_left {
            return Ok(None);
        }
        while is_left {
            let report = lake.forget(table, lease).await?;
            erased.version_after = report.version;
            erased.files_removed += report.files_removed;
            erased.bytes_removed += report.bytes_removed;
            erased.log_entries_removed += report.log_entries_removed;
            attempt += 1;
            is_left = past_holds(lake, table, self.needles).await?;
            if is_left && attempt == ATTEMPTS {
                return Err(RunError::usage(
                    format!("`{table}` still holds the person in files that could not be removed"),
                    "run it again when nobody else writes the table; the certificate is not complete until then"
                        .to_owned(),
                ));
            }
            if is_left {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(Some(erased))
    }

    /// The person's rows in a version of a table.
    async fn find(&self, table: &TableName, snapshot: &Snapshot) -> Result<Found, RunError> {
        let shape = |_| RunError::Stamp { rows: 0 };
        let mut found = Found::default();
        let mut rows = self.rows_at(table, snapshot.version()).await?;
        while let Some(batch) = rows.next().await.transpose()? {
            if is_record_of_reveals(table) {
                found.rows += without_person(self.workspace, &batch, self.needles)?.map_or(0, |(_, rows)| rows);
                continue;
            }
            let by_column = self.needles.in_rows(table, &batch);
            let mut all = BooleanArray::from(vec![false; batch.num_rows()]);
            for (_, mask) in &by_column {
                all = or(&all, mask).map_err(shape)?;
            }
            if all.true_count() > 0 {
                found.rows += all.true_count() as u64;
                for (place, mask) in by_column {
                    let values = filter(batch.column(place), &mask).map_err(shape)?;
                    found.values.push((batch.schema_ref().field(place).name().clone(), values));
                }
            }
        }
        Ok(found)
    }

    async fn rows_at(&self, table: &TableName, version: u64) -> Result<ade_engine::Rows, RunError> {
        let name = RelationName::new(table.schema(), table.table());
        let sql = format!("select * from {}", name.to_sql());
        Ok(self.workspace.session(At::Version(version)).query(&sql).await?)
    }

    /// Commits the table without the person's rows: where columns of plain values tell them, only the files that hold one are rewritten.
    async fn rewrite(
        &self,
        table: &TableName,
        snapshot: &Snapshot,
        found: Found,
        lease: &Lease,
    ) -> Result<(), RunError> {
        let is_plain = found.values.iter().all(|(_, values)| !values.data_type().is_nested());
        let first = found.values.first().map(|(name, _)| name.clone());
        let one_column = found.values.iter().all(|(name, _)| Some(name) == first.as_ref());
        let by_key = first.filter(|_| is_plain && one_column);
        let write = match &by_key {
            Some(column) => Write::DeleteByKey { columns: vec![column.clone()] },
            None => Write::Replace,
        };
        let request = StageRequest::new(Arc::clone(snapshot.schema()), write);
        let mut writer = self.workspace.lake.stage(table, request, lease).await?;
        let staged = if by_key.is_some() {
            leave_out(&mut writer, snapshot, found).await
        } else {
            self.keep_others(&mut writer, table, snapshot).await
        };
        if let Err(error) = staged {
            discard_stage(writer).await;
            return Err(error);
        }
        let staged = writer.finish().await?;
        let note = CommitNote {
            run_id: Some(self.run_id),
            reason: Some("rows of a person who was erased are gone".to_owned()),
            ..CommitNote::new(self.workspace.world.ids.next())
        };
        staged.commit(&note).await?;
        Ok(())
    }

    /// Writes all other rows.
    async fn keep_others(
        &self,
        writer: &mut StageWriter,
        table: &TableName,
        snapshot: &Snapshot,
    ) -> Result<(), RunError> {
        let shape = |_| RunError::Stamp { rows: 0 };
        let mut rows = self.rows_at(table, snapshot.version()).await?;
        while let Some(batch) = rows.next().await.transpose()? {
            if is_record_of_reveals(table) {
                let without = without_person(self.workspace, &batch, self.needles)?;
                writer.write(without.map_or(batch, |(batch, _)| batch)).await?;
                continue;
            }
            let mut all = BooleanArray::from(vec![false; batch.num_rows()]);
            for (_, mask) in self.needles.in_rows(table, &batch) {
                all = or(&all, &mask).map_err(shape)?;
            }
            writer.write(filter_record_batch(&batch, &not(&all).map_err(shape)?).map_err(shape)?).await?;
        }
        Ok(())
    }
}

/// Writes the values by which rows are told.
async fn leave_out(writer: &mut StageWriter, snapshot: &Snapshot, found: Found) -> Result<(), RunError> {
    let shape = |_| RunError::Stamp { rows: 0 };
    for (name, values) in found.values {
        let stored = snapshot.schema().field_with_name(&name).map_err(shape)?.data_type().clone();
        let values = cast(&values, &stored).map_err(shape)?;
        writer.write(RecordBatch::try_from_iter([(name, values)]).map_err(shape)?).await?;
    }
    Ok(())
}
