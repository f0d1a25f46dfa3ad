//! What the newest commits say about a table.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

/// The state that every commit of ours carries in its `commitInfo` and hands on to the next.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableState {
    /// The last batch of rows. Maintenance hands it on.
    pub batch_id: Option<Uuid>,
    /// The run that wrote it.
    pub run_id: Option<Uuid>,
    /// The position in the source that the table's rows reach.
    pub position: Option<Value>,
    /// The fingerprint of what made the rows.
    pub fingerprint: Option<String>,
    /// The fencing token of the newest commit.
    pub token: u64,
    /// When the batch was committed.
    pub committed_at: Option<DateTime<Utc>>,
}
