//! `ade restore`.
use std::time::Duration;

use ade_lake::{At, Snapshot};
use ade_project::NodeId;
use ade_project::resource::Materialization;

use crate::command::{ReadAt, Restored};
use crate::error::RunError;
use crate::workspace::Workspace;

/// Whether two versions consist of the same files and columns, and reach the same position.
fn has_same_rows(now: &Snapshot, then: &Snapshot) -> bool {
    now.version() == then.version()
        || (now.files().iter().map(|file| &file.path).eq(then.files().iter().map(|file| &file.path))
            && now.schema() == then.schema()
            && now.state().position == then.state().position)
}

impl Workspace {
    /// Makes an older version of a table current again, as a new version. A source's position goes back with its rows, so
    /// that the next ingest brings what came after them once more; models behind it are left as they are.
    pub async fn restore(&self, name: &str, to: ReadAt, patience: Duration) -> Result<Restored, RunError> {
        self.must_be_writable("ade restore")?;
        to.refuse_future(self.world.clock.now())?;
        let table = self.find_table(name).await?;
        let run_id = self.world.ids.next();
        self.write_as(run_id, "ade restore", patience);
        let lease = self.lake.lease(&table, "ade restore").await?;
        let restoring = async {
            let then = self.lake.snapshot(&table, to.at).await?;
            let now = self.lake.snapshot(&table, At::Latest).await?;
            if has_same_rows(&now, &then) {
                return Ok((then, Err(now)));
            }
            let committed = self.lake.restore(&table, At::Version(then.version()), Some(run_id), &lease).await?;
            Ok::<_, RunError>((then, Ok(committed.version())))
        };
        let restored = restoring.await;
        self.lake.release(&lease).await?;
        let (then, version) = restored?;
        let node = self.find_node(name).ok();
        let kind = node.as_ref().map(|node| node.kind().as_str().to_owned());
        let version = match version {
            Ok(version) => version,
            Err(now) => {
                return Ok(Restored {
                    version: now.version(),
                    is_new: false,
                    visible_since: now.committed_at(),
                    restored_version: then.version(),
                    restored_committed_at: then.committed_at(),
                    kind,
                    is_incremental: false,
                    incremental_behind: Vec::new(),
                });
            }
        };
        // What was recorded about the node is about rows that are gone.
        if let Some(node) = &node {
            self.meta.forget_node_states(self.environment(), &[node.as_str()]).await?;
        }
        Ok(Restored {
            version,
            is_new: true,
            visible_since: None,
            restored_version: then.version(),
            restored_committed_at: then.committed_at(),
            kind,
            is_incremental: node.as_ref().is_some_and(|node| self.is_incremental(node)),
            incremental_behind: node.iter().flat_map(|node| self.incremental_behind(node)).collect(),
        })
    }

    fn is_incremental(&self, id: &NodeId) -> bool {
        self.project.models.get(id).is_some_and(|model| model.materialized == Materialization::Incremental)
    }

    fn incremental_behind(&self, id: &NodeId) -> Vec<String> {
        let behind = self.project.graph.descendants(id.as_str(), None);
        behind.iter().filter(|id| self.is_incremental(id)).map(|id| id.name().to_owned()).collect()
    }
}
