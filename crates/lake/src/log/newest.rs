//! The newest version, found without a list of the log.
//!
//! A log is one entry after the other: from the last checkpoint on, or from the beginning, a few questions "is there an
//! entry N?" find the last one. Listing costs more with every commit, and this is asked of each table by each run.

use object_store::{ObjectStore, ObjectStoreExt};
use serde::Deserialize;

use super::TableLog;
use crate::LakeError;

/// What `_last_checkpoint` says, as far as it matters here.
#[derive(Deserialize)]
struct LastCheckpoint {
    version: u64,
}

/// The newest version; `None` when there is no table.
pub(super) async fn newest(log: &TableLog, store: &dyn ObjectStore) -> Result<Option<u64>, LakeError> {
    let fail = |source| log.store_error("looking for the newest version", source);
    let exists = async |path| match store.head(&path).await {
        Ok(_) => Ok(true),
        Err(object_store::Error::NotFound { .. }) => Ok(false),
        Err(source) => Err(fail(source)),
    };
    if log.is_dropped().await? {
        return Ok(None);
    }
    let start = last_checkpoint(log, store).await.map_err(fail)?.map_or(0, |checkpoint| checkpoint.version);
    let has = async |version| exists(log.entry_path(version)).await;
    if !has(start).await? {
        // No table, or a log whose beginning another program has cleaned up.
        return log.latest().await;
    }
    // `there` has an entry. Ever longer steps, until one leads too far; then the half of what is between, and so on.
    let (mut there, mut step) = (start, 1);
    while has(there + step).await? {
        there += step;
        step *= 2;
    }
    let mut gone = there + step;
    while gone - there > 1 {
        let middle = there + (gone - there) / 2;
        if has(middle).await? {
            there = middle;
        } else {
            gone = middle;
        }
    }
    Ok(Some(there))
}

/// The last checkpoint. One that cannot be understood is none: the search only takes longer.
async fn last_checkpoint(log: &TableLog, store: &dyn ObjectStore) -> object_store::Result<Option<LastCheckpoint>> {
    match store.get(&log.log_folder().join("_last_checkpoint")).await {
        Ok(found) => Ok(serde_json::from_slice(&found.bytes().await?).ok()),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
