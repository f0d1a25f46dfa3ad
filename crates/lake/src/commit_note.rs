//! What a commit says about itself.

use serde_json::Value;
use uuid::Uuid;

use crate::Interval;

/// What goes into the Delta commit beside the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitNote {
    /// The batch: a table takes each batch once, however often it is committed.
    pub batch_id: Uuid,
    /// The run that writes it.
    pub run_id: Option<Uuid>,
    /// The span of time that the batch covers.
    pub interval: Option<Interval>,
    /// The position in the source *after* these rows. `None` carries the previous position forward.
    pub position: Option<Value>,
    /// The fingerprint of what made these rows (a model's compiled text …). `None` carries the previous one forward.
    pub fingerprint: Option<String>,
    /// Why rows take the place of those that were there, in words for people, where it is not plain.
    pub reason: Option<String>,
}

impl CommitNote {
    /// A note with nothing but the batch.
    pub fn new(batch_id: Uuid) -> Self {
        Self { batch_id, run_id: None, interval: None, position: None, fingerprint: None, reason: None }
    }
}
