//! An open database.

use std::sync::Arc;

use async_trait::async_trait;

use super::browse::{browse, browse_one};
use super::capture::{self, Moment};
use super::catalog::cell;
use super::checklist::{self, short};
use super::database::Database;
use super::lookers::Lookers;
use super::sessions::Sessions;
use super::snapshot::PostgresSnapshot;
use crate::{
    Capture, CaptureRequest, Checklist, ChecklistRequest, ConnectError, Connection, ReadRequest, RowCounts,
    RowPredicate, Sample, Settings, Snapshot, TableInfo,
};

/// An open database. Each call works in sessions and at a moment of its own.
pub(crate) struct PostgresConnection {
    database: Arc<Database>,
    /// In which tables are looked at, one after the other.
    lookers: Lookers,
}

impl PostgresConnection {
    pub(crate) fn new(database: Database) -> Self {
        Self { lookers: Lookers::new(&database), database: Arc::new(database) }
    }

    /// A moment that one session alone looks at, with short timeouts.
    async fn single(&self) -> Result<Arc<Sessions>, ConnectError> {
        let shared = &self.database;
        let database = Database {
            endpoint: Arc::clone(&shared.endpoint),
            limits: short(&shared.limits),
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

    async fn browse_one(&self, from: &str) -> Result<Option<TableInfo>, ConnectError> {
        let sessions = self.single().await?;
        let mut leader = sessions.leader().await;
        browse_one(&mut leader, &self.database, from).await
    }

    async fn sample(&self, from: &str, options: &Settings, rows: usize) -> Result<Sample, ConnectError> {
        let request = ReadRequest::of_sample(from, options, rows);
        let mut seat = self.lookers.seat().await?;
        let mut sample = seat.sample(request.clone(), rows).await;
        // Somebody has put other rows in place of those that the moment of this session sees, or ended the session: a standby ends
        // those that stand in the way of its primary's changes.
        let is_to_be_renewed = match &sample {
            Ok(_) => false,
            Err(ConnectError::SourceChanged { .. }) => true,
            Err(_) => seat.is_broken().await,
        };
        if is_to_be_renewed {
            seat.renew().await?;
            sample = seat.sample(request, rows).await;
        }
        seat.give_back().await;
        sample
    }

    async fn checklist(&self, request: &ChecklistRequest<'_>) -> Result<Option<Checklist>, ConnectError> {
        checklist::checklist(&self.database, request).await.map(Some)
    }

    async fn count(&self, table: &TableInfo, predicates: &[RowPredicate]) -> Result<Option<RowCounts>, ConnectError> {
        if predicates.is_empty() {
            return Ok(None);
        }
        let mut seat = self.lookers.seat().await?;
        let counts = checklist::count(&mut seat, &table.from, predicates).await;
        seat.give_back().await;
        counts
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
