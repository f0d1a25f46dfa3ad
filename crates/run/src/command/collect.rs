//! What `ade serve` collects.
use ade_connect::LogPlace;

use crate::error::RunError;
use crate::source::Collection;
use crate::workspace::Workspace;

impl Workspace {
    /// The connections of the project that events come in by.
    pub fn event_collections(&self) -> Result<Vec<Collection>, RunError> {
        let connections = self.project.connections.values().filter(|connection| connection.kind == "events");
        connections.map(|connection| Collection::of(self, connection)).collect()
    }

    /// Up to where everything in a collection's log has landed.
    pub async fn events_landed(&self, collection: &Collection) -> Result<LogPlace, RunError> {
        collection.landed(self).await
    }
}
