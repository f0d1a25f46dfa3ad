//! What a commit of ours says about itself and hands on.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{Interval, RowCounts, TableState};

/// The object under `ade` in the `commitInfo` of each commit of ours. Readers of other programs pass over it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CommitState {
    /// Version of this shape.
    pub(crate) format: u32,
    /// Tells this attempt to commit from every other one.
    pub(crate) commit_id: Uuid,
    /// Fencing token of the writer.
    pub(crate) token: u64,
    /// The batch that this commit carries; `None` for maintenance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) batch_id: Option<Uuid>,
    /// The run that made this commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) run_id: Option<Uuid>,
    /// The span of time that the batch covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) interval: Option<Interval>,
    /// Why it was made, where that is not plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// What happened to the rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rows: Option<RowCounts>,
    /// The state of the table, handed on from commit to commit.
    pub(crate) table: Carried,
}

/// The part that every later commit repeats.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Carried {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) batch_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) run_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) position: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fingerprint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) committed_at: Option<DateTime<Utc>>,
}

impl CommitState {
    /// The shape that is written now.
    pub(crate) const FORMAT: u32 = 1;

    /// What it says about the table.
    pub(crate) fn table_state(&self) -> TableState {
        let Carried { batch_id, run_id, position, fingerprint, committed_at } = self.table.clone();
        TableState { batch_id, run_id, position, fingerprint, token: self.token, committed_at }
    }
}

impl From<&TableState> for Carried {
    fn from(state: &TableState) -> Self {
        let TableState { batch_id, run_id, position, fingerprint, token: _, committed_at } = state.clone();
        Self { batch_id, run_id, position, fingerprint, committed_at }
    }
}
