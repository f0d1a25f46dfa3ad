//! One moment of a database.

use std::sync::{Arc, Mutex};

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use futures::StreamExt;

use super::keys::conditions;
use super::plan::plan;
use super::read::{WAITING, read};
use super::reader::{Job, Noticed};
use super::sessions::Sessions;
use super::unit::Unit;
use crate::{BatchStream, ConnectError, ReadPlan, ReadRequest, ReadUnit, Snapshot};

/// Memory for batches that were read and not consumed yet, of one table.
const BUFFER_BYTES: usize = 36 << 20;
/// The largest batch: rows beyond the first that take it over this are in the next one.
const BATCH_BYTES: usize = 8 << 20;
/// Pages of one range, 16 MB. A range is read by one session at a stretch, and holds its lock for no longer.
const RANGE_PAGES: u32 = 2_048;

/// One moment of a database: a transaction that lasts until the snapshot and its streams are dropped.
pub(crate) struct PostgresSnapshot {
    pub(crate) sessions: Arc<Sessions>,
}

#[async_trait]
impl Snapshot for PostgresSnapshot {
    async fn plan(&self, request: &ReadRequest) -> Result<ReadPlan, ConnectError> {
        let database = &self.sessions.database;
        let mut leader = self.sessions.leader().await;
        // A statement that fails must not take the moment with it.
        let failed = |error| database.failed(&request.from, error);
        leader.enter("select 1").await.map_err(failed)?;
        let planned = plan(&mut leader, database, request).await;
        let left = leader.leave().await.map_err(failed);
        planned.and_then(|plan| left.map(|()| plan))
    }

    async fn read(&self, plan: &ReadPlan, unit: &ReadUnit) -> Result<BatchStream, ConnectError> {
        let unit: Unit = serde_json::from_value(unit.detail.clone()).map_err(|_| ConnectError::Request {
            from: unit.label.clone(),
            reason: "the unit was not planned by the PostgreSQL connector".to_owned(),
            advice: "read units with the snapshot that planned them".to_owned(),
        })?;
        let pieces = unit.pieces(RANGE_PAGES);
        let streams = self.sessions.streams().min(pieces.len()).max(1);
        let job = Job {
            database: Arc::clone(&self.sessions.database),
            schema: Arc::clone(&plan.schema),
            selected: unit.selected(&plan.schema)?,
            misfits: plan.misfits.clone(),
            batch_rows: plan.request.batch_rows,
            // For each piece that may be unfinished, what waits and what is being built.
            batch_bytes: (BUFFER_BYTES / ((streams + 1) * (WAITING + 1))).min(BATCH_BYTES),
            noticed: Mutex::new(Noticed::default()),
            unit,
        };
        let items = read(Arc::clone(&self.sessions), Arc::clone(&plan.request), job, pieces, streams);
        Ok(BatchStream::new(Arc::clone(&plan.schema), items))
    }

    async fn rows_of(&self, plan: &ReadPlan, keys: &RecordBatch) -> Result<Option<Vec<RecordBatch>>, ConnectError> {
        let from = &plan.request.from;
        let unfit = |_| ConnectError::SourceFailed {
            object: from.clone(),
            reason: "its keys cannot be written as PostgreSQL reads them".to_owned(),
        };
        let Some(planned) = plan.units.first() else { return Ok(None) };
        let Ok(unit) = serde_json::from_value::<Unit>(planned.detail.clone()) else { return Ok(None) };
        let mut batches = Vec::new();
        for condition in conditions(keys).map_err(unfit)? {
            let some = Unit { only: Some(condition), cursor: None, ..unit.clone() };
            let some = ReadUnit { detail: serde_json::to_value(some).unwrap_or_default(), ..planned.clone() };
            let mut stream = self.read(plan, &some).await?;
            while let Some(batch) = stream.next().await.transpose()? {
                batches.push(batch);
            }
        }
        Ok(Some(batches))
    }
}
