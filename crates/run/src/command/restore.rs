//! `ade restore`.
use std::time::Duration;

use crate::command::ReadAt;
use crate::error::RunError;
use crate::workspace::Workspace;

impl Workspace {
    /// Makes an older version of a table current again, as a new version; gives its number. A source's position goes back
    /// with its rows, so that the next ingest brings what came after them once more.
    pub async fn restore(&self, name: &str, to: ReadAt, patience: Duration) -> Result<u64, RunError> {
        let table = self.find_table(name).await?;
        let run_id = self.world.ids.next();
        self.write_as(run_id, "ade restore", patience);
        let lease = self.lake.lease(&table, "ade restore").await?;
        let restored = self.lake.restore(&table, to.0, Some(run_id), &lease).await;
        self.lake.release(&lease).await?;
        let version = restored?.version();
        // What was recorded about the node is about rows that are gone.
        if let Ok(node) = self.find_node(name) {
            self.meta.forget_node_states(self.environment(), &[node.as_str()]).await?;
        }
        Ok(version)
    }
}
