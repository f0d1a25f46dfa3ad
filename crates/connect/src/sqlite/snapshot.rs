//! One moment of a database.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream;
use tokio::sync::mpsc;

use super::plan::plan;
use super::query::Query;
use super::read::Read;
use super::worker::Worker;
use crate::{BatchStream, ConnectError, ReadPlan, ReadRequest, ReadUnit, Snapshot};

/// One moment of a database: a read transaction that lasts until the snapshot and its streams are dropped.
pub(crate) struct SqliteSnapshot {
    pub(crate) worker: Worker,
}

#[async_trait]
impl Snapshot for SqliteSnapshot {
    async fn plan(&self, request: &ReadRequest) -> Result<ReadPlan, ConnectError> {
        let (database, request) = (Arc::clone(self.worker.database()), request.clone());
        self.worker.run(move |connection| plan(&database, connection, &request)).await
    }

    async fn read(&self, plan: &ReadPlan, unit: &ReadUnit) -> Result<BatchStream, ConnectError> {
        let query: Query = serde_json::from_value(unit.detail.clone()).map_err(|_| ConnectError::Request {
            from: unit.label.clone(),
            reason: "the unit was not planned by the SQLite connector".to_owned(),
            advice: "read units with the snapshot that planned them".to_owned(),
        })?;
        let read = Read {
            database: Arc::clone(self.worker.database()),
            request: Arc::clone(&plan.request),
            schema: Arc::clone(&plan.schema),
            query,
        };
        let (sender, receiver) = mpsc::channel(2);
        let ticket = self.worker.submit(move |connection| read.run(connection, &sender))?;
        let items = stream::unfold((receiver, ticket), |(mut receiver, ticket)| async move {
            receiver.recv().await.map(|item| (item, (receiver, ticket)))
        });
        Ok(BatchStream::new(Arc::clone(&plan.schema), items))
    }
}
