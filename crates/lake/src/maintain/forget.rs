//! Leaves nothing of a table's past: no file of an earlier version, no entry of the log that led here, no name of a file that is gone.
//!
//! Where values of partitions are parts of names, the names of removed files must go, too. Delta keeps them in checkpoints, as
//! tombstones, for as long as the table says (`delta.deletedFileRetentionDuration`). So the table says for a moment that it does not
//! keep them, a checkpoint is written, and the table says again what it said. What it said before stands in a property of ours
//! meanwhile: whoever is interrupted leaves it to the next upkeep to say it again.

use std::collections::HashMap;

use chrono::TimeDelta;
use serde_json::{Map, Value};

use super::{checkpoint, drop_table, empty_folders, vacuum};
use crate::commit::{Proposal, commit};
use crate::failpoints::{self, MAINTAIN_AFTER_CHECKPOINT, MAINTAIN_BEFORE_CHECKPOINT};
use crate::log::metadata_line;
use crate::table_handle::TableHandle;
use crate::{At, LakeError, Lease, MaintainReport, Snapshot, history};

/// How long the names of removed files are kept.
const RETENTION: &str = "delta.deletedFileRetentionDuration";
/// What the table said of that; empty for nothing.
const BEFORE: &str = "ade.retentionBefore";

/// Removes the past of a table whose writer lease is held.
pub(crate) async fn forget(handle: &TableHandle, lease: &Lease) -> Result<MaintainReport, LakeError> {
    let log = handle.log();
    let fail = |source| log.store_error("maintaining", source);
    handle.check_lease(lease).await?;
    let mut report = MaintainReport::default();
    if log.is_dropped().await? {
        drop_table(handle, lease).await?;
        return Ok(report);
    }
    if log.newest().await?.is_none() {
        vacuum::leftovers(handle, TimeDelta::zero(), lease, &mut report).await?;
        return Ok(report);
    }
    vacuum::vacuum(handle, TimeDelta::zero(), lease, &mut report).await?;
    empty_folders::remove(handle).await?;
    let base = history::snapshot(handle, At::Latest).await?;
    if !base.partition_by().is_empty() {
        let mut now = base.delta().metadata().configuration().clone();
        let before = now.insert(RETENTION.to_owned(), "interval 0 seconds".to_owned()).unwrap_or_default();
        // Who was interrupted has said it already.
        now.entry(BEFORE.to_owned()).or_insert(before);
        say(handle, &base, &now, lease).await?;
    }
    failpoints::hit_store(MAINTAIN_BEFORE_CHECKPOINT).map_err(fail)?;
    report.checkpoint = checkpoint::checkpoint(handle, 1).await?;
    failpoints::hit_store(MAINTAIN_AFTER_CHECKPOINT).map_err(fail)?;
    settle(handle, lease).await?;
    report.log_entries_removed = checkpoint::clean_up(handle, TimeDelta::zero()).await?;
    report.version = log.newest().await?.ok_or_else(|| LakeError::NoTable { table: handle.name().clone() })?;
    Ok(report)
}

/// Says again what the table said of the names of removed files, if somebody was interrupted before that.
pub(super) async fn settle(handle: &TableHandle, lease: &Lease) -> Result<(), LakeError> {
    let base = history::snapshot(handle, At::Latest).await?;
    let mut now = base.delta().metadata().configuration().clone();
    let Some(before) = now.remove(BEFORE) else { return Ok(()) };
    now.remove(RETENTION);
    if !before.is_empty() {
        now.insert(RETENTION.to_owned(), before);
    }
    say(handle, &base, &now, lease).await
}

/// Commits the properties of a table.
async fn say(
    handle: &TableHandle,
    base: &Snapshot,
    properties: &HashMap<String, String>,
    lease: &Lease,
) -> Result<(), LakeError> {
    let unfit = |source| LakeError::Arrow {
        table: handle.name().clone(),
        action: "describing the columns",
        source: Box::new(source),
    };
    let metadata = base.delta().metadata();
    let line = metadata_line(metadata.id(), base.schema(), base.partition_by(), properties, metadata.created_time());
    let proposal = Proposal {
        base: Some(base),
        operation: "SET TBLPROPERTIES",
        parameters: Map::from_iter([("properties".to_owned(), Value::from(RETENTION))]),
        lines: &[line.map_err(unfit)?],
        rebase: false,
        note: None,
        run_id: None,
        state: None,
        rows: None,
    };
    commit(handle, lease, &proposal).await.map(|_| ())
}
