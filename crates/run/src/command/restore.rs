//! `ade restore`.
use std::sync::Arc;
use std::time::Duration;

use ade_lake::{At, CommitNote, LakeError, Lease, Snapshot, StageRequest, TableName, Write};
use ade_project::NodeId;
use ade_project::resource::Materialization;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::command::{ReadAt, Restored};
use crate::error::RunError;
use crate::source::beside;
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
        self.must_stand_alone(&table)?;
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
        let node = self.find_node(name).ok();
        // A row is in one of the two. While the lease is held nobody lands any.
        let is_source = node.as_ref().is_some_and(|node| self.project.sources.contains_key(node));
        let apart = match &restored {
            // One that has the same rows may have got them from somebody who died before the other was restored.
            Ok((then, Err(now))) if is_source && now.version() != then.version() => {
                Box::pin(self.restore_apart(&table, then, run_id)).await
            }
            Ok((then, Ok(_))) if is_source => Box::pin(self.restore_apart(&table, then, run_id)).await,
            _ => Ok(None),
        };
        self.lake.release(&lease).await?;
        let (then, version) = restored?;
        let apart = apart?;
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
                    apart,
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
            apart,
            kind,
            is_incremental: node.as_ref().is_some_and(|node| self.is_incremental(node)),
            incremental_behind: node.iter().flat_map(|node| self.incremental_behind(node)).collect(),
        })
    }

    /// What is kept apart of a source's table goes back and forth with the table.
    fn must_stand_alone(&self, table: &TableName) -> Result<(), RunError> {
        let sources = self.project.sources.values().filter_map(|source| Self::table_name(&source.relation).ok());
        let owner = sources.into_iter().find(|owner| beside(owner).is_ok_and(|beside| beside == *table));
        let Some(owner) = owner else { return Ok(()) };
        Err(RunError::usage(
            format!("`{table}` holds rows that are not in `{owner}`: it is restored with that table alone"),
            format!("`ade restore {owner} --to …`"),
        ))
    }

    /// Makes what is kept apart as it was when a version of its table was committed. Says what it did, or why it could not.
    async fn restore_apart(
        &self,
        table: &TableName,
        then: &Snapshot,
        run_id: Uuid,
    ) -> Result<Option<String>, RunError> {
        let table = beside(table)?;
        let now = match self.lake.snapshot(&table, At::Latest).await {
            Ok(now) => now,
            Err(LakeError::NoTable { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Some(at) = then.committed_at() else { return Ok(None) };
        let lease = self.lake.lease(&table, "ade restore").await?;
        let restored = self.take_apart_back(&table, &now, at, run_id, &lease).await;
        self.lake.release(&lease).await?;
        match restored {
            Ok(false) => Ok(None),
            Ok(true) => Ok(Some(format!("The rows that are kept apart, in {table}, are as they were then, too."))),
            Err(RunError::Lake(LakeError::NoVersion { reason, .. })) => {
                Ok(Some(format!("Rows that are kept apart, in {table}, stay as they are now: {reason}.")))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether that changed anything.
    async fn take_apart_back(
        &self,
        table: &TableName,
        now: &Snapshot,
        at: DateTime<Utc>,
        run_id: Uuid,
        lease: &Lease,
    ) -> Result<bool, RunError> {
        let is_known_from_the_beginning = async || {
            Ok::<_, RunError>(self.lake.history(table, None).await?.last().is_some_and(|first| first.version == 0))
        };
        match self.lake.snapshot(table, At::Timestamp(at)).await {
            Ok(before) if has_same_rows(now, &before) => Ok(false),
            Ok(before) => {
                self.lake.restore(table, At::Version(before.version()), Some(run_id), lease).await?;
                Ok(true)
            }
            Err(LakeError::NoVersion { .. }) if is_known_from_the_beginning().await? => {
                // There was none yet.
                if now.rows() == Some(0) {
                    return Ok(false);
                }
                let request = StageRequest::new(Arc::clone(now.schema()), Write::Replace);
                let staged = self.lake.stage(table, request, lease).await?.finish().await?;
                let note = CommitNote { run_id: Some(run_id), ..CommitNote::new(self.world.ids.next()) };
                staged.commit(&note).await?;
                Ok(true)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn is_incremental(&self, id: &NodeId) -> bool {
        self.project.models.get(id).is_some_and(|model| model.materialized == Materialization::Incremental)
    }

    fn incremental_behind(&self, id: &NodeId) -> Vec<String> {
        let behind = self.project.graph.descendants(id.as_str(), None);
        behind.iter().filter(|id| self.is_incremental(id)).map(|id| id.name().to_owned()).collect()
    }
}
