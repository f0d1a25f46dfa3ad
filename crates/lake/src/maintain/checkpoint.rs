//! Checkpoints, and the end of old log entries.

use chrono::TimeDelta;
use deltalake_core::DeltaTable;
use deltalake_core::checkpoints::{cleanup_expired_logs_for, create_checkpoint};
use futures::TryStreamExt;
use object_store::ObjectStoreExt;

use crate::LakeError;
use crate::store::TEMPORARY_SUFFIX;
use crate::table_handle::TableHandle;

/// Writes a checkpoint when the last one is `every` commits old. Says whether it did.
pub(super) async fn checkpoint(handle: &TableHandle, every: u64) -> Result<bool, LakeError> {
    let log = handle.log();
    let versions = log.versions().await?;
    let Some(latest) = versions.latest() else { return Ok(false) };
    let since = versions.checkpoints.last().map_or(latest + 1, |checkpoint| latest - checkpoint);
    if since < every.max(1) {
        return Ok(false);
    }
    let failed = |source| log.delta_error("writing a checkpoint", source);
    let mut table = DeltaTable::new(log.log_store().clone());
    table.load_version(latest).await.map_err(failed)?;
    create_checkpoint(&table, None).await.map_err(failed)?;
    Ok(true)
}

/// Removes entries older than `retention` that a checkpoint has made superfluous, and what interrupted writes of the
/// log left behind. The entry of the newest checkpoint stays, and with it the state that it carries.
pub(super) async fn clean_up(handle: &TableHandle, retention: TimeDelta) -> Result<usize, LakeError> {
    let log = handle.log();
    let Some(latest) = log.newest().await? else { return Ok(0) };
    let fail = |source| log.store_error("cleaning up the log", source);
    let leftovers: Vec<_> = handle.store().list(Some(&log.log_folder())).try_collect().await.map_err(fail)?;
    // Nobody else writes this log under our lease; whoever thinks so loses its temporary file and fails.
    for leftover in leftovers.iter().filter(|meta| meta.location.as_ref().ends_with(TEMPORARY_SUFFIX)) {
        handle.store().delete(&leftover.location).await.map_err(fail)?;
    }
    let cutoff = handle.options().clock.now() - retention;
    cleanup_expired_logs_for(latest, log.log_store().as_ref(), cutoff.timestamp_millis(), None)
        .await
        .map_err(|source| log.delta_error("cleaning up the log", source))
}
