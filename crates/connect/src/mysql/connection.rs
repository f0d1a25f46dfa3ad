//! A way to a server.

use std::sync::Arc;

use async_trait::async_trait;

use super::browse::{browse, browse_one};
use super::capture;
use super::checklist::{Inquiry, count};
use super::lookers::Lookers;
use super::server::Server;
use super::snapshot::MySqlSnapshot;
use super::worker::Worker;
use crate::checklist::STATEMENT_MS;
use crate::{
    Capture, CaptureRequest, Checklist, ChecklistRequest, ConnectError, Connection, ReadRequest, RowCounts,
    RowPredicate, Sample, Settings, Snapshot, TableInfo,
};

/// A way to a server. Each call works in a session and moment of its own.
pub(crate) struct MySqlConnection {
    server: Arc<Server>,
    /// In which tables are looked at, one after the other.
    lookers: Lookers,
}

impl MySqlConnection {
    pub(crate) fn new(server: Arc<Server>) -> Self {
        Self { lookers: Lookers::new(&server), server }
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
        let browsed = worker.run(move |session| {
            Box::pin(async move {
                session.limit_statements(&server, STATEMENT_MS).await;
                browse(&server, session).await
            })
        });
        browsed.await
    }

    async fn browse_one(&self, from: &str) -> Result<Option<TableInfo>, ConnectError> {
        let worker = Worker::start(Arc::clone(&self.server)).await?;
        let (server, from) = (Arc::clone(&self.server), from.to_owned());
        let browsed = worker.run(move |session| {
            Box::pin(async move {
                session.limit_statements(&server, STATEMENT_MS).await;
                browse_one(&server, session, &from).await
            })
        });
        browsed.await
    }

    async fn sample(&self, from: &str, options: &Settings, rows: usize) -> Result<Sample, ConnectError> {
        let request = ReadRequest::of_sample(from, options, rows);
        let mut seat = self.lookers.seat().await?;
        match seat.sample(request.clone(), rows).await {
            // Somebody has changed or emptied the table since the moment that this session sees.
            Err(ConnectError::SourceChanged { .. }) => {
                seat.renew().await?;
                seat.sample(request, rows).await
            }
            sample => sample,
        }
    }

    async fn checklist(&self, request: &ChecklistRequest<'_>) -> Result<Option<Checklist>, ConnectError> {
        let worker = Worker::start(Arc::clone(&self.server)).await?;
        let (server, inquiry) = (Arc::clone(&self.server), Inquiry::new(request));
        let list = worker.run(move |session| Box::pin(async move { inquiry.run(&server, session).await }));
        list.await.map(Some)
    }

    async fn count(&self, table: &TableInfo, predicates: &[RowPredicate]) -> Result<Option<RowCounts>, ConnectError> {
        if predicates.is_empty() {
            return Ok(None);
        }
        let mut seat = self.lookers.seat().await?;
        let found = seat.table(&table.from).await?;
        let (server, table, predicates) = (Arc::clone(&self.server), table.clone(), predicates.to_vec());
        seat.run(move |session| Box::pin(async move { count(&server, session, &table, &found, &predicates).await }))
            .await
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, ConnectError> {
        Ok(Box::new(self.begin().await?))
    }

    async fn capture(&self, request: &CaptureRequest) -> Result<Box<dyn Capture>, ConnectError> {
        Ok(Box::new(capture::open(&self.server, request).await?))
    }
}
