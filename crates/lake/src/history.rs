//! The past of a table.

use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use serde_json::Value;
use uuid::Uuid;

use crate::table_handle::TableHandle;
use crate::{At, Interval, LakeError, Snapshot};

/// Entries of the log that are read at the same time.
const READ_AHEAD: usize = 16;

/// One commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The version it made.
    pub version: u64,
    /// When.
    pub committed_at: Option<DateTime<Utc>>,
    /// What kind: `WRITE`, `MERGE`, `DELETE`, `OPTIMIZE`, `RESTORE` … as in the Delta log.
    pub operation: String,
    /// The batch of rows, for writes of ours.
    pub batch_id: Option<Uuid>,
    /// The run that wrote it.
    pub run_id: Option<Uuid>,
    /// The span of time that the batch covers.
    pub interval: Option<Interval>,
    /// The position in the source after it.
    pub position: Option<Value>,
    /// Why it was made, where its writer said so.
    pub reason: Option<String>,
    /// Rows that came.
    pub rows_added: Option<u64>,
    /// Rows that went.
    pub rows_removed: Option<u64>,
    /// Who wrote it, e.g. `ade/0.1.0`.
    pub engine: Option<String>,
}

/// The commits, newest first.
pub(crate) async fn history(handle: &TableHandle, limit: Option<usize>) -> Result<Vec<Commit>, LakeError> {
    let log = handle.log();
    let newest = log.newest().await?.ok_or_else(|| LakeError::NoTable { table: handle.name().clone() })?;
    let read = |version| async move { Ok::<_, LakeError>((version, log.entry(version).await?)) };
    let versions = (0..=newest).rev().take(limit.unwrap_or(usize::MAX));
    let entries = futures::stream::iter(versions.map(read)).buffered(READ_AHEAD);
    // Below the first that is not there, all were cleaned up.
    let there = entries.try_take_while(|(_, entry)| std::future::ready(Ok(entry.is_some())));
    let entries: Vec<_> = there.try_collect().await?;
    Ok(entries.into_iter().filter_map(|(version, entry)| Some(entry?.describe(version))).collect())
}

/// Pins the version at a point in the past.
pub(crate) async fn snapshot(handle: &TableHandle, at: At) -> Result<Snapshot, LakeError> {
    let no_table = || LakeError::NoTable { table: handle.name().clone() };
    if at == At::Latest {
        let latest = handle.log().newest().await?.ok_or_else(no_table)?;
        return Snapshot::load(handle.clone(), latest).await;
    }
    let versions = handle.log().versions().await?;
    let latest = versions.latest().ok_or_else(no_table)?;
    let version = match at {
        At::Latest => latest,
        At::Version(version) if version > latest => {
            let reason = format!("its newest version is {latest}");
            return Err(Snapshot::no_version(handle.name(), at, reason));
        }
        At::Version(version) => version,
        At::Timestamp(time) => version_at(handle, &versions.entries, time).await?,
    };
    // What is older than the log can be read from a checkpoint with every entry after it, and not otherwise.
    let start = versions.checkpoints.iter().rev().find(|checkpoint| **checkpoint <= version);
    let first = start.map_or(0, |checkpoint| checkpoint + 1);
    let complete = (first..=version).all(|needed| versions.entries.binary_search(&needed).is_ok());
    if !complete {
        let oldest = versions.checkpoints.first().copied().unwrap_or(0);
        let reason = format!("the log no longer reaches back that far (the oldest version is {oldest})");
        return Err(Snapshot::no_version(handle.name(), at, reason));
    }
    Snapshot::load(handle.clone(), version).await
}

/// The newest version that was committed at or before `time`. Times grow with versions.
async fn version_at(handle: &TableHandle, versions: &[u64], time: DateTime<Utc>) -> Result<u64, LakeError> {
    let (mut low, mut high) = (0, versions.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let entry = handle.log().entry(versions[middle]).await?;
        let committed_at = entry.and_then(|entry| entry.committed_at());
        // An entry without a time is as old as the ones before it.
        if committed_at.is_none_or(|committed_at| committed_at <= time) { low = middle + 1 } else { high = middle }
    }
    if let Some(index) = low.checked_sub(1) {
        return Ok(versions[index]);
    }
    let first = versions.first().copied().unwrap_or_default();
    let began = handle.log().entry(first).await?.and_then(|entry| entry.committed_at());
    let reason = match began {
        // To the microsecond, so that who asks for this time gets the version.
        Some(began) => format!("its first version, {first}, is of {}", began.format("%Y-%m-%d %H:%M:%S%.f UTC")),
        None => "its log begins later".to_owned(),
    };
    Err(Snapshot::no_version(handle.name(), At::Timestamp(time), reason))
}
