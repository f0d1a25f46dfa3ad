//! The newest versions of tables, read once for as long as they are the newest.

use std::collections::HashMap;

use ade_lake::{At, Lake, LakeError, Snapshot, TableName};
use tokio::sync::Mutex;

/// Pins versions of tables. Reading a log takes longer than planning a query, and most tables do not change from one query
/// to the next.
pub(crate) struct Snapshots {
    lake: Lake,
    newest: Mutex<HashMap<TableName, Snapshot>>,
}

impl Snapshots {
    pub(crate) fn new(lake: Lake) -> Self {
        Self { lake, newest: Mutex::default() }
    }

    /// The version of `table` at `at`; the newest is the one that is the newest now.
    pub(crate) async fn pin(&self, table: &TableName, at: At) -> Result<Snapshot, LakeError> {
        if at != At::Latest {
            return self.lake.snapshot(table, at).await;
        }
        let known = self.newest.lock().await.get(table).cloned();
        if let Some(known) = known
            && known.is_newest().await?
        {
            return Ok(known);
        }
        let snapshot = self.lake.snapshot(table, at).await?;
        self.newest.lock().await.insert(table.clone(), snapshot.clone());
        Ok(snapshot)
    }

    /// Every table.
    pub(crate) async fn tables(&self) -> Result<Vec<TableName>, LakeError> {
        self.lake.list().await
    }
}
