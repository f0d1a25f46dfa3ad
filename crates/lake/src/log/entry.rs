//! One entry of the log, as far as it matters here.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::CommitState;
use crate::Commit;

/// Begins the application ids of batches.
const BATCH: &str = "ade/batch/";

/// The application id of a batch's Delta transaction.
pub(crate) fn batch_transaction(batch_id: Uuid) -> String {
    format!("{BATCH}{batch_id}")
}

/// What an entry of the log says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entry {
    /// Its `commitInfo`.
    pub(crate) info: Map<String, Value>,
    /// Application ids and versions of its transactions.
    pub(crate) transactions: Vec<(String, i64)>,
    /// Whether it changes the schema, the properties or the protocol.
    pub(crate) changes_table: bool,
}

/// One line.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    commit_info: Option<Map<String, Value>>,
    txn: Option<Transaction>,
    meta_data: Option<serde::de::IgnoredAny>,
    protocol: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Transaction {
    app_id: String,
    version: i64,
}

impl Entry {
    /// Reads the JSON lines.
    ///
    /// # Errors
    /// When a line is no action.
    pub(crate) fn parse(bytes: &Bytes) -> Result<Self, serde_json::Error> {
        let mut entry = Self::default();
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
            // The many lines about files are passed over without being understood.
            if line.starts_with(b"{\"add\"") || line.starts_with(b"{\"remove\"") {
                continue;
            }
            let line: Line = serde_json::from_slice(line)?;
            if let Some(info) = line.commit_info {
                entry.info = info;
            }
            entry.transactions.extend(line.txn.map(|txn| (txn.app_id, txn.version)));
            entry.changes_table |= line.meta_data.is_some() || line.protocol.is_some();
        }
        Ok(entry)
    }

    /// Our own part of it, if a commit of ours made it.
    pub(crate) fn state(&self) -> Option<CommitState> {
        serde_json::from_value(self.info.get("ade")?.clone()).ok()
    }

    /// When it was committed.
    pub(crate) fn committed_at(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.info.get("timestamp")?.as_i64()?)
    }

    /// The transaction version that it gives the batch, if it says anything of it.
    pub(crate) fn batch_version(&self, batch_id: Uuid) -> Option<i64> {
        let id = batch_transaction(batch_id);
        self.transactions.iter().find(|(app_id, _)| *app_id == id).map(|(_, version)| *version)
    }

    /// The batches of which it says something, and the transaction versions that it gives them.
    pub(crate) fn batches(&self) -> impl Iterator<Item = (Uuid, i64)> {
        let batch = |(app_id, version): &(String, i64)| {
            let id = Uuid::try_parse(app_id.strip_prefix(BATCH)?).ok()?;
            Some((id, *version))
        };
        self.transactions.iter().filter_map(batch)
    }

    /// For people.
    pub(crate) fn describe(&self, version: u64) -> Commit {
        let state = self.state();
        let text = |key: &str| self.info.get(key).and_then(Value::as_str).map(str::to_owned);
        let metric = |key: &str| {
            let value = self.info.get("operationMetrics")?.get(key)?;
            value.as_u64().or_else(|| value.as_str()?.parse().ok())
        };
        let rows = state.as_ref().and_then(|state| state.rows);
        Commit {
            version,
            committed_at: self.committed_at(),
            operation: text("operation").unwrap_or_else(|| "UNKNOWN".into()),
            batch_id: state.as_ref().and_then(|state| state.batch_id),
            run_id: state.as_ref().and_then(|state| state.run_id),
            interval: state.as_ref().and_then(|state| state.interval),
            reason: state.as_ref().and_then(|state| state.reason.clone()),
            rows_added: rows.map(|rows| rows.added).or_else(|| metric("numOutputRows")),
            rows_removed: rows.map(|rows| rows.removed).or_else(|| metric("numDeletedRows")),
            position: state.and_then(|state| state.table.position),
            engine: text("engineInfo").or_else(|| text("clientVersion")),
        }
    }
}
