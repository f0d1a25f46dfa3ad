//! An open database.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use futures::StreamExt;
use tokio::sync::Mutex;

use super::browse::browse;
use super::capture::{self, Moment};
use super::catalog::cell;
use super::checklist;
use super::database::Database;
use super::limits::Limits;
use super::session::Session;
use super::sessions::Sessions;
use super::snapshot::PostgresSnapshot;
use super::unit::Unit;
use crate::{
    Capture, CaptureRequest, Checklist, ChecklistRequest, ConnectError, Connection, ReadRequest, RowCounts,
    RowPredicate, Settings, Snapshot, TableInfo,
};

/// An open database. Each call works in sessions and at a moment of its own.
pub(crate) struct PostgresConnection {
    database: Arc<Database>,
    /// In which rows are counted, table after table.
    counting: Mutex<Option<Session>>,
}

impl PostgresConnection {
    pub(crate) fn new(database: Database) -> Self {
        Self { database: Arc::new(database), counting: Mutex::new(None) }
    }

    /// A moment that one session alone looks at.
    async fn single(&self) -> Result<Arc<Sessions>, ConnectError> {
        let shared = &self.database;
        let database = Database {
            endpoint: Arc::clone(&shared.endpoint),
            limits: Limits { streams: 1, ..shared.limits.clone() },
            rate_limit: None,
            position_key: shared.position_key.clone(),
            now: shared.now,
            capture: shared.capture.clone(),
        };
        Sessions::open(&Arc::new(database)).await
    }
}

#[async_trait]
impl Connection for PostgresConnection {
    async fn browse(&self) -> Result<Vec<TableInfo>, ConnectError> {
        let sessions = self.single().await?;
        let mut leader = sessions.leader().await;
        browse(&mut leader, &self.database).await
    }

    async fn sample(&self, from: &str, options: &Settings, rows: usize) -> Result<RecordBatch, ConnectError> {
        let snapshot = PostgresSnapshot { sessions: self.single().await? };
        let request = ReadRequest::of_sample(from, options, rows);
        let plan = snapshot.plan(&request).await?;
        let mut batches = Vec::new();
        let mut missing = rows;
        for unit in &plan.units {
            // Leaf by leaf, of which many may be empty: the server is asked for no more than is missing.
            let Ok(whole) = serde_json::from_value::<Unit>(unit.detail.clone()) else { continue };
            for leaf in whole.leaves.clone() {
                if missing == 0 {
                    break;
                }
                let part = Unit { leaves: vec![leaf], limit: Some(missing), ..whole.clone() };
                let mut unit = unit.clone();
                unit.detail = serde_json::to_value(part).unwrap_or_default();
                let mut stream = snapshot.read(&plan, &unit).await?;
                while let Some(batch) = stream.next().await.transpose()? {
                    missing = missing.saturating_sub(batch.num_rows());
                    batches.push(batch);
                }
            }
        }
        arrow::compute::concat_batches(&plan.schema, &batches).map_err(|_| ConnectError::SourceFailed {
            object: from.to_owned(),
            reason: "its first rows do not form a batch".to_owned(),
        })
    }

    async fn checklist(&self, request: &ChecklistRequest<'_>) -> Result<Option<Checklist>, ConnectError> {
        checklist::checklist(&self.database, request).await.map(Some)
    }

    async fn count(&self, table: &TableInfo, predicates: &[RowPredicate]) -> Result<Option<RowCounts>, ConnectError> {
        checklist::count(&self.database, &self.counting, &table.from, predicates).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, ConnectError> {
        Ok(Box::new(PostgresSnapshot { sessions: Sessions::open(&self.database).await? }))
    }

    async fn capture(&self, request: &CaptureRequest) -> Result<Box<dyn Capture>, ConnectError> {
        let moment = || async {
            let sessions = Sessions::open(&self.database).await?;
            let rows = sessions.leader().await.query("select txid_current_snapshot()").await;
            let rows = rows.map_err(|error| self.database.failed(&request.consumer, error))?;
            let view = rows.first().and_then(|row| cell(row, 0).parse().ok());
            let view = view.ok_or_else(|| ConnectError::SourceFailed {
                object: request.consumer.clone(),
                reason: "the server does not say which transactions a snapshot sees".to_owned(),
            })?;
            Ok(Moment { snapshot: Box::new(PostgresSnapshot { sessions }), view })
        };
        let round = capture::open(&self.database.endpoint, &self.database.capture, request, moment).await?;
        Ok(Box::new(round))
    }
}
