//! What is known when a unit has been read to its end.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::Note;

type Advance = Arc<dyn Fn(Option<Value>, &str) -> Option<Value> + Send + Sync>;

/// What is known when a unit has been read to its end.
#[derive(Clone)]
pub struct UnitEnd {
    /// Rows given.
    pub rows: u64,
    /// What a person should know about these rows (rows without cursor value, …). No values.
    pub notes: Vec<Note>,
    advance: Advance,
}

impl UnitEnd {
    /// An end whose position is computed by `advance` from the position before and the batch id.
    pub fn new(
        rows: u64,
        notes: Vec<Note>,
        advance: impl Fn(Option<Value>, &str) -> Option<Value> + Send + Sync + 'static,
    ) -> Self {
        Self { rows, notes, advance: Arc::new(advance) }
    }

    /// The position to store in the commit of these rows, given the position that the table has now (`before`)
    /// and the batch id under which the rows are committed. `None`: this read leaves no position.
    pub fn position(&self, before: Option<Value>, batch_id: &str) -> Option<Value> {
        (self.advance)(before, batch_id)
    }
}

impl fmt::Debug for UnitEnd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("UnitEnd").field("rows", &self.rows).field("notes", &self.notes).finish_non_exhaustive()
    }
}
