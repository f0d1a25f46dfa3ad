//! What can be asked of collected events without their log.

use async_trait::async_trait;

use crate::{ConnectError, Connection, Sample, Settings, Snapshot, TableInfo};

/// Collected events. Their log is read by whoever has its key, round by round: see [`super::read_round`].
pub(super) struct EventsConnection;

#[async_trait]
impl Connection for EventsConnection {
    async fn browse(&self) -> Result<Vec<TableInfo>, ConnectError> {
        Ok(Vec::new())
    }

    async fn sample(&self, from: &str, _options: &Settings, _rows: usize) -> Result<Sample, ConnectError> {
        Err(unasked(from))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, ConnectError> {
        Err(unasked("events"))
    }
}

fn unasked(from: &str) -> ConnectError {
    ConnectError::Request {
        from: from.to_owned(),
        reason: "events wait in an encrypted log and are looked at when they have landed".to_owned(),
        advice: "land them (`ade ingest`) and query the table".to_owned(),
    }
}
