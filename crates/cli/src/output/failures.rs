//! Which relations a run has failed to publish, and why.
use std::sync::{Arc, Mutex, PoisonError};

use ade_run::event::{Event, Observer, Status, TaskReport};

/// Passes events on, and remembers the relations of which a run published nothing new because it failed.
pub(crate) struct Failures {
    next: Arc<dyn Observer>,
    failed: Mutex<Vec<Failure>>,
}

/// A relation of which nothing new was published.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// `schema.table`.
    pub(crate) relation: String,
    /// Why, in one line.
    pub(crate) reason: String,
    /// Whether what readers see is what failed.
    pub(crate) is_visible: bool,
}

impl Failures {
    pub(crate) fn new(next: Arc<dyn Observer>) -> Self {
        Self { next, failed: Mutex::default() }
    }

    /// What failed, in that order.
    pub(crate) fn all(&self) -> Vec<Failure> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Observer for Failures {
    fn on(&self, event: &Event) {
        if let Event::TaskFinished(report) = event
            && report.status == Status::Failed
            // What has a version has published a part: some of a source's files.
            && report.version.is_none()
            && let Some(relation) = &report.relation
        {
            let failure =
                Failure { relation: relation.clone(), reason: reason(report), is_visible: report.audited_visible };
            self.failed.lock().unwrap_or_else(PoisonError::into_inner).push(failure);
        }
        self.next.on(event);
    }
}

/// The first thing that went wrong: the head of a message, or a check and how many more there are.
fn reason(report: &TaskReport) -> String {
    let mut checks = report.checks.iter().filter(|check| check.stops());
    match (checks.next(), &report.message) {
        (Some(check), _) => match checks.count() {
            0 => format!("{} {}", check.status, check.name),
            more => format!("{} {} and {more} more", check.status, check.name),
        },
        (None, Some(message)) => message.lines().next().unwrap_or_default().to_owned(),
        (None, None) => String::new(),
    }
}
