//! Which relations a run has failed to publish.
use std::sync::{Arc, Mutex, PoisonError};

use ade_run::event::{Event, Observer, Status};

/// Passes events on, and remembers the relations of which a run published nothing new because it failed.
pub(crate) struct Failures {
    next: Arc<dyn Observer>,
    relations: Mutex<Vec<String>>,
}

impl Failures {
    pub(crate) fn new(next: Arc<dyn Observer>) -> Self {
        Self { next, relations: Mutex::default() }
    }

    /// The relations, as `schema.table`, in the order in which they failed.
    pub(crate) fn relations(&self) -> Vec<String> {
        self.relations.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
            self.relations.lock().unwrap_or_else(PoisonError::into_inner).push(relation.clone());
        }
        self.next.on(event);
    }
}
