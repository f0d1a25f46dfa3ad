//! A way to a server.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use futures::StreamExt;

use super::browse::browse;
use super::capture;
use super::checklist::{Inquiry, count};
use super::server::Server;
use super::snapshot::MySqlSnapshot;
use super::worker::Worker;
use crate::{
    Capture, CaptureRequest, Checklist, ChecklistRequest, ConnectError, Connection, ReadRequest, RowCounts,
    RowPredicate, Settings, Snapshot, TableInfo,
};

/// A way to a server. Each call works in a session and moment of its own.
pub(crate) struct MySqlConnection {
    server: Arc<Server>,
}

impl MySqlConnection {
    pub(crate) fn new(server: Arc<Server>) -> Self {
        Self { server }
    }

    async fn begin(&self) -> Result<MySqlSnapshot, ConnectError> {
        Ok(MySqlSnapshot::new(Worker::start(Arc::clone(&self.server)).await?))
    }
}

#[async_trait]
impl Connection for MySqlConnection {
    async fn browse(&self) -> Result<Vec<TableInfo>, ConnectError> {
        let worker = Worker::start(Arc::clone(&self.server)).await?;
        let server = Arc::clone(&self.server);
        worker.run(move |session| Box::pin(async move { browse(&server, session).await })).await
    }

    async fn sample(&self, from: &str, options: &Settings, rows: usize) -> Result<RecordBatch, ConnectError> {
        let snapshot = self.begin().await?;
        let request = ReadRequest::of_sample(from, options, rows);
        let plan = snapshot.plan(&request).await?;
        for unit in &plan.units {
            let mut stream = snapshot.read_some(&plan, unit, u64::try_from(rows).ok())?;
            if let Some(batch) = stream.next().await.transpose()? {
                return Ok(batch);
            }
        }
        Ok(RecordBatch::new_empty(plan.schema))
    }

    async fn checklist(&self, request: &ChecklistRequest<'_>) -> Result<Option<Checklist>, ConnectError> {
        let worker = Worker::start(Arc::clone(&self.server)).await?;
        let (server, inquiry) = (Arc::clone(&self.server), Inquiry::new(request));
        let list = worker.run(move |session| Box::pin(async move { inquiry.run(&server, session).await }));
        list.await.map(Some)
    }

    async fn count(&self, table: &TableInfo, predicates: &[RowPredicate]) -> Result<Option<RowCounts>, ConnectError> {
        let worker = Worker::start(Arc::clone(&self.server)).await?;
        let (server, table, predicates) = (Arc::clone(&self.server), table.clone(), predicates.to_vec());
        worker.run(move |session| Box::pin(async move { count(&server, session, &table, &predicates).await })).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, ConnectError> {
        Ok(Box::new(self.begin().await?))
    }

    async fn capture(&self, request: &CaptureRequest) -> Result<Box<dyn Capture>, ConnectError> {
        Ok(Box::new(capture::open(&self.server, request).await?))
    }
}
