//! What a task came to.
use uuid::Uuid;

use crate::event::{CheckReport, Status};

/// What a task came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: Status,
    pub(crate) message: Option<String>,
    pub(crate) rows: Option<u64>,
    pub(crate) version: Option<u64>,
    pub(crate) batches: Vec<Uuid>,
    pub(crate) checks: Vec<CheckReport>,
}

impl Outcome {
    pub(crate) fn new(status: Status) -> Self {
        Self { status, message: None, rows: None, version: None, batches: Vec::new(), checks: Vec::new() }
    }

    pub(crate) fn unchanged() -> Self {
        Self::new(Status::Unchanged)
    }

    /// Takes over the results of checks: a failing one makes the task fail, a warning one makes it warn.
    pub(crate) fn checked(mut self, checks: Vec<CheckReport>) -> Self {
        if checks.iter().any(CheckReport::stops) {
            self.status = Status::Failed;
        } else if checks.iter().any(|check| !check.passed()) && self.status.is_good() {
            self.status = Status::Warned;
        }
        self.checks.extend(checks);
        self
    }

    /// Adds something to say.
    pub(crate) fn note(&mut self, words: &str) {
        match &mut self.message {
            Some(message) => {
                message.push('\n');
                message.push_str(words);
            }
            None => self.message = Some(words.to_owned()),
        }
    }
}
