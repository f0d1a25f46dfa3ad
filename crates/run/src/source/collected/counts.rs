//! What became of everything that was received, as a table: received = landed + rejected + ignored + duplicates.
//!
//! What was received and what was there before is counted in the log; what landed and what is kept apart is counted in the
//! tables, by the batch that brought it. One row for each table and round.
use std::sync::Arc;

use ade_connect::EventCount;
use ade_lake::{CommitNote, LakeError, Lease, SchemaChange, StageRequest, TableName, Write};
use ade_project::resource::SourceTable;
use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit};
use serde_json::Value;

use super::super::quarantine::{KIND, beside};
use super::super::stamp::BATCH_ID;
use crate::build::{Build, TaskError, relation_name};
use crate::error::RunError;
use crate::workspace::Workspace;

/// What became of the messages of a round that are, or would be, one table's.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) source: String,
    /// Empty where nobody can say which table it would be.
    pub(super) table: String,
    pub(super) count: EventCount,
    pub(super) landed: u64,
    /// Rows that are kept apart, beside the messages of which no row could be made.
    pub(super) kept_apart: u64,
}

impl Row {
    /// Rows that neither landed nor are kept apart: the project's rules left them out.
    fn left_out(&self) -> u64 {
        let EventCount { received, duplicates, rejected, ignored } = self.count;
        received.saturating_sub(duplicates + rejected + ignored + self.landed + self.kept_apart)
    }

    /// Whether more has become of the messages than there are.
    pub(super) fn is_wrong(&self) -> bool {
        let EventCount { received, duplicates, rejected, ignored } = self.count;
        duplicates + rejected + ignored + self.landed + self.kept_apart > received
    }
}

/// How many rows the newest batch of a table brought, and how many of it are kept apart.
pub(super) async fn of_batch(build: &Build, table: &SourceTable) -> Result<(u64, u64), TaskError> {
    let name = Workspace::table_name(&table.relation)?;
    let Some((_, state)) = build.workspace.lake.newest(&name).await? else { return Ok((0, 0)) };
    let Some(batch) = state.batch_id else { return Ok((0, 0)) };
    let landed =
        format!("select count(*) from {} where {BATCH_ID} = '{batch}'", relation_name(&table.relation).to_sql());
    let landed = counted(build, &table.relation.schema, &landed).await?;
    let beside = beside(&name)?;
    let apart = match build.workspace.lake.snapshot(&beside, ade_lake::At::Latest).await {
        Err(LakeError::NoTable { .. }) => 0,
        Err(error) => return Err(error.into()),
        Ok(there) if there.schema().field_with_name(KIND).is_err() => 0,
        Ok(_) => {
            let relation = ade_engine::RelationName::new(beside.schema(), beside.table()).to_sql();
            let apart = format!("select count(*) from {relation} where {BATCH_ID} = '{batch}' and {KIND} = 'row'");
            counted(build, &table.relation.schema, &apart).await?
        }
    };
    Ok((landed, apart))
}

async fn counted(build: &Build, schema: &str, sql: &str) -> Result<u64, TaskError> {
    let failed = |error: ade_engine::SqlError| RunError::usage(error.to_string(), None);
    let session = build.session(ade_engine::MemoryCatalog::new(), schema);
    let batches = session.query(sql).await.map_err(failed)?.collect().await.map_err(failed)?;
    let count = batches.first().and_then(|batch| batch.column(0).as_primitive_opt::<Int64Type>());
    Ok(count.and_then(|count| u64::try_from(count.value(0)).ok()).unwrap_or(0))
}

/// Commits the rows of a round, with the place where it ends.
pub(super) async fn commit(
    build: &Build,
    table: &TableName,
    lease: &Lease,
    rows: &[Row],
    position: Value,
) -> Result<(), TaskError> {
    let workspace = &build.workspace;
    let batch_id = workspace.world.ids.next();
    let request = StageRequest::new(schema(), Write::Append).schema_change(SchemaChange::Evolve);
    let mut writer = workspace.lake.stage(table, request, lease).await?;
    let batch = batch(rows, &batch_id.to_string(), workspace.world.clock.now().timestamp_micros())?;
    if batch.num_rows() > 0 {
        writer.write(batch).await?;
    }
    let staged = writer.finish().await?;
    let note = CommitNote { run_id: Some(build.run_id), position: Some(position), ..CommitNote::new(batch_id) };
    let version = staged.commit(&note).await?.version();
    build.checkpoint(table, version, lease).await;
    Ok(())
}

const NUMBERS: [&str; 5] = ["received", "landed", "rejected", "ignored", "duplicates"];

fn schema() -> SchemaRef {
    let texts = ["source", "table_name"].map(|name| Field::new(name, DataType::Utf8, true));
    let numbers = NUMBERS.map(|name| Field::new(name, DataType::Int64, true));
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let end = [Field::new(BATCH_ID, DataType::Utf8, true), Field::new("counted_at", time, true)];
    Arc::new(Schema::new(texts.into_iter().chain(numbers).chain(end).collect::<Vec<_>>()))
}

fn batch(rows: &[Row], batch_id: &str, now: i64) -> Result<RecordBatch, RunError> {
    let number = |of: &dyn Fn(&Row) -> u64| -> ArrayRef {
        let values = rows.iter().map(|row| i64::try_from(of(row)).unwrap_or(i64::MAX));
        Arc::new(Int64Array::from_iter_values(values))
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.source))),
        Arc::new(rows.iter().map(|row| Some(&row.table).filter(|table| !table.is_empty())).collect::<StringArray>()),
        number(&|row| row.count.received),
        number(&|row| row.landed),
        number(&|row| row.count.rejected + row.kept_apart),
        number(&|row| row.count.ignored + row.left_out()),
        number(&|row| row.count.duplicates),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|_| batch_id))),
        Arc::new(TimestampMicrosecondArray::from_value(now, rows.len()).with_timezone("UTC")),
    ];
    RecordBatch::try_new(schema(), columns).map_err(|_| RunError::Stamp { rows: rows.len() })
}
