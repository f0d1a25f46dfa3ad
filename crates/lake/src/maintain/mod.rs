//! Keeps a table small and fast: compaction, checkpoints, retention.
//!
//! All of it under the writer lease, and apart from commits: an error of a checkpoint or of a clean-up never looks like
//! the failure of a write.

mod checkpoint;
mod compact;
mod drop_table;
mod empty_folders;
mod forget;
mod vacuum;

pub(crate) use drop_table::drop_table;
pub(crate) use forget::forget;

use crate::failpoints::{self, MAINTAIN_AFTER_CHECKPOINT, MAINTAIN_BEFORE_CHECKPOINT, MAINTAIN_COMPACTED};
use crate::table_handle::TableHandle;
use crate::{LakeError, Lease, MaintainOptions, MaintainReport};

/// Runs the steps that `options` ask for.
pub(crate) async fn maintain(
    handle: &TableHandle,
    options: &MaintainOptions,
    lease: &Lease,
) -> Result<MaintainReport, LakeError> {
    let log = handle.log();
    let fail = |source| log.store_error("maintaining", source);
    handle.check_lease(lease).await?;
    let mut report = MaintainReport::default();
    if log.is_dropped().await? {
        drop_table(handle, lease).await?;
        return Ok(report);
    }
    if log.newest().await?.is_none() {
        // Its first write may have died.
        let older_than =
            options.vacuum_older_than.ok_or_else(|| LakeError::NoTable { table: handle.name().clone() })?;
        vacuum::leftovers(handle, older_than, lease, &mut report).await?;
        return Ok(report);
    }
    forget::settle(handle, lease).await?;
    if let Some(target_bytes) = options.compact_to_bytes {
        compact::compact(handle, target_bytes, lease, &mut report).await?;
        failpoints::hit_store(MAINTAIN_COMPACTED).map_err(fail)?;
    }
    if let Some(older_than) = options.vacuum_older_than {
        vacuum::vacuum(handle, older_than, lease, &mut report).await?;
        empty_folders::remove(handle).await?;
    }
    if let Some(every) = options.checkpoint_every {
        failpoints::hit_store(MAINTAIN_BEFORE_CHECKPOINT).map_err(fail)?;
        report.checkpoint = checkpoint::checkpoint(handle, every).await?;
        failpoints::hit_store(MAINTAIN_AFTER_CHECKPOINT).map_err(fail)?;
    }
    if let Some(retention) = options.log_retention {
        report.log_entries_removed = checkpoint::clean_up(handle, retention).await?;
    }
    report.version = log.newest().await?.ok_or_else(|| LakeError::NoTable { table: handle.name().clone() })?;
    Ok(report)
}
