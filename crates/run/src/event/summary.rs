//! What a run came to.
use std::collections::BTreeMap;

use serde::Serialize;

use super::Status;

/// Something that people or systems see, or would see, behind a node that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Node id.
    pub node: String,
    /// The name people know it by.
    pub name: String,
    /// `model`, `dashboard`, `export`…: an exposure's own type.
    pub kind: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The node whose failure it waits for.
    pub because_of: String,
    /// Whether there is a version of it that people see meanwhile.
    pub is_there: bool,
}

/// What a run came to.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// UUIDv7 of the run.
    pub run_id: String,
    /// Tasks by how they ended.
    pub counts: BTreeMap<Status, usize>,
    /// Rows written in all.
    pub rows: u64,
    /// Checks that passed, warned, failed.
    pub checks_passed: usize,
    /// Checks that warned.
    pub checks_warned: usize,
    /// Checks that failed or could not be carried out.
    pub checks_failed: usize,
    /// Models and exposures behind what failed: they stay as they are, or are not there yet.
    pub waiting: Vec<Waiting>,
    /// How long the run took.
    pub duration_ms: u64,
    /// Whether it was stopped from outside.
    pub cancelled: bool,
}

impl Summary {
    /// Tasks that ended with `status`.
    pub fn count(&self, status: Status) -> usize {
        self.counts.get(&status).copied().unwrap_or(0)
    }

    /// Whether everything that was asked for is done and good.
    pub fn succeeded(&self) -> bool {
        !self.cancelled && self.count(Status::Failed) == 0 && self.count(Status::Skipped) == 0
    }
}
