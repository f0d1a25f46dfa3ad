//! An open database.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use futures::StreamExt;

use super::browse::browse;
use super::database::Database;
use super::snapshot::SqliteSnapshot;
use super::worker::Worker;
use crate::{ConnectError, Connection, ReadRequest, Sample, Settings, Snapshot, TableInfo};

/// An open database. Each call works on a connection and moment of its own.
pub(crate) struct SqliteConnection {
    database: Arc<Database>,
}

impl SqliteConnection {
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self { database }
    }
}

#[async_trait]
impl Connection for SqliteConnection {
    async fn browse(&self) -> Result<Vec<TableInfo>, ConnectError> {
        let worker = Worker::start(Arc::clone(&self.database)).await?;
        let database = Arc::clone(&self.database);
        worker.run(move |connection| browse(&database, connection)).await
    }

    async fn sample(&self, from: &str, options: &Settings, rows: usize) -> Result<Sample, ConnectError> {
        let snapshot = self.snapshot().await?;
        let request = ReadRequest::of_sample(from, options, rows);
        let plan = snapshot.plan(&request).await?;
        for unit in &plan.units {
            if let Some(batch) = snapshot.read(&plan, unit).await?.next().await.transpose()? {
                return Ok(batch.slice(0, rows.min(batch.num_rows())).into());
            }
        }
        Ok(RecordBatch::new_empty(plan.schema).into())
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, ConnectError> {
        Ok(Box::new(SqliteSnapshot { worker: Worker::start(Arc::clone(&self.database)).await? }))
    }
}
