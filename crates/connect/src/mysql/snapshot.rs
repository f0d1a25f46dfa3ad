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

/// One moment of a database: a transaction that lasts until the snapshot and its streams are dropped.
pub(crate) struct MySqlSnapshot {
    worker: Worker,
}

impl MySqlSnapshot {
    pub(crate) fn new(worker: Worker) -> Self {
        Self { worker }
    }

    /// The task that owns its session.
    pub(crate) fn worker(&self) -> &Worker {
        &self.worker
    }

    /// The first rows of a unit alone, if there is a `limit`.
    pub(crate) fn read_some(
        &self,
        plan: &ReadPlan,
        unit: &ReadUnit,
        limit: Option<u64>,
    ) -> Result<BatchStream, ConnectError> {
        let query: Query = serde_json::from_value(unit.detail.clone()).map_err(|_| ConnectError::Request {
            from: unit.label.clone(),
            reason: "the unit was not planned by the MySQL connector".to_owned(),
            advice: "read units with the snapshot that planned them".to_owned(),
        })?;
        let read = Read {
            server: Arc::clone(self.worker.server()),
            request: Arc::clone(&plan.request),
            schema: Arc::clone(&plan.schema),
            query: Query { limit, ..query },
        };
        let (sender, receiver) = mpsc::channel(2);
        self.worker.submit(sender, move |session, sender| Box::pin(async move { read.run(session, &sender).await }))?;
        let items =
            stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|item| (item, receiver)) });
        Ok(BatchStream::new(Arc::clone(&plan.schema), items))
    }
}

#[async_trait]
impl Snapshot for MySqlSnapshot {
    async fn plan(&self, request: &ReadRequest) -> Result<ReadPlan, ConnectError> {
        let (server, request) = (Arc::clone(self.worker.server()), request.clone());
        self.worker.run(move |session| Box::pin(async move { plan(&server, session, &request).await })).await
    }

    async fn read(&self, plan: &ReadPlan, unit: &ReadUnit) -> Result<BatchStream, ConnectError> {
        self.read_some(plan, unit, None)
    }
}
