//! Makes an older version the newest.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStoreExt;
use serde_json::json;
use uuid::Uuid;

use crate::commit::{Proposal, commit, is_in};
use crate::log::{Entry, add_line, check_writable, metadata_line, remove_line, transaction_line};
use crate::table_handle::TableHandle;
use crate::{At, Committed, DataFile, LakeError, Lease, RowCounts, Snapshot, history};

/// Files and entries of the log that are looked for at the same time.
const CHECK_AHEAD: usize = 32;

/// Commits the difference between now and then.
pub(crate) async fn restore(
    handle: &TableHandle,
    at: At,
    run_id: Option<Uuid>,
    lease: &Lease,
) -> Result<Committed, LakeError> {
    handle.check_lease(lease).await?;
    let now = history::snapshot(handle, At::Latest).await?;
    let then = history::snapshot(handle, at).await?;
    check_writable(now.delta().protocol(), now.delta().metadata()).map_err(|feature| LakeError::Unsupported {
        table: handle.name().clone(),
        feature,
        advice: "this lake writes only tables without it".into(),
    })?;
    let present: BTreeSet<&str> = now.files().iter().map(|file| file.path.as_str()).collect();
    let wanted: BTreeSet<&str> = then.files().iter().map(|file| file.path.as_str()).collect();
    let back: Vec<_> = then.files().iter().filter(|file| !present.contains(file.path.as_str())).collect();
    let gone: Vec<_> = now.files().iter().filter(|file| !wanted.contains(file.path.as_str())).collect();
    check_present(handle, at, &back).await?;
    let mut lines = lines(handle, &now, &then, &back, &gone)?;
    lines.extend(transactions(handle, &now, &then).await?);
    let rows = |files: &[&DataFile]| files.iter().filter_map(|file| file.rows).sum();
    let (added, removed) = (rows(&back), rows(&gone));
    let counts = RowCounts { arrived: added, added, removed, total: then.rows().unwrap_or_default() };
    let mut parameters = serde_json::Map::new();
    parameters.insert("version".into(), json!(then.version()));
    let proposal = Proposal {
        base: Some(&now),
        operation: "RESTORE",
        parameters,
        lines: &lines,
        rebase: false,
        note: None,
        run_id,
        state: Some(then.state()),
        rows: Some(counts),
    };
    commit(handle, lease, &proposal).await
}

/// Metadata where it differs, then the files.
fn lines(
    handle: &TableHandle,
    now: &Snapshot,
    then: &Snapshot,
    back: &[&DataFile],
    gone: &[&DataFile],
) -> Result<Vec<String>, LakeError> {
    let log = handle.log();
    let mut lines = Vec::new();
    let properties = |snapshot: &Snapshot| -> BTreeMap<String, String> {
        snapshot.delta().metadata().configuration().clone().into_iter().collect()
    };
    let changed = now.schema() != then.schema()
        || now.partition_by() != then.partition_by()
        || properties(now) != properties(then);
    if changed {
        let metadata = now.delta().metadata();
        let configuration = then.delta().metadata().configuration();
        let line =
            metadata_line(metadata.id(), then.schema(), then.partition_by(), configuration, metadata.created_time());
        lines.push(line.map_err(|source| LakeError::Arrow {
            table: handle.name().clone(),
            action: "describing the columns",
            source: Box::new(source),
        })?);
    }
    let time = handle.options().clock.now();
    let removes = gone.iter().map(|file| remove_line(file, true, time));
    let adds = back.iter().map(|file| add_line(file, true));
    for line in removes.chain(adds) {
        lines.push(line.map_err(|json_err| {
            log.delta_error("describing the files", deltalake_core::DeltaTableError::SerializeLogJson { json_err })
        })?);
    }
    Ok(lines)
}

/// Batches that came or went since then: one that is taken out may come again, one that is brought back must not.
async fn transactions(handle: &TableHandle, now: &Snapshot, then: &Snapshot) -> Result<Vec<String>, LakeError> {
    let log = handle.log();
    let read = |version| async move { log.entry(version).await };
    let mut entries = stream::iter((then.version() + 1..=now.version()).map(read)).buffered(CHECK_AHEAD);
    // Each change of a batch counts its version on by one: the first since then tells what it was, the last what it is.
    let mut batches: BTreeMap<Uuid, (i64, i64)> = BTreeMap::new();
    while let Some(entry) = entries.try_next().await? {
        for (batch_id, version) in entry.iter().flat_map(Entry::batches) {
            batches.entry(batch_id).or_insert((version - 1, version)).1 = version;
        }
    }
    let time = handle.options().clock.now();
    let moved = batches.into_iter().filter(|(_, (then, now))| is_in(*now) != is_in(*then));
    Ok(moved.map(|(batch_id, (_, now))| transaction_line(batch_id, now + 1, time)).collect())
}

/// Fails when maintenance has removed files of a version.
pub(crate) async fn check_present(handle: &TableHandle, at: At, files: &[&DataFile]) -> Result<(), LakeError> {
    let check = |file: &&DataFile| {
        let location = handle.location(file);
        async move {
            match handle.store().head(&location).await {
                Ok(_) => Ok(0_usize),
                Err(object_store::Error::NotFound { .. }) => Ok(1),
                Err(source) => Err(handle.log().store_error("looking for the files", source)),
            }
        }
    };
    let checks = stream::iter(files.iter().map(check)).buffered(CHECK_AHEAD);
    let missing: usize = checks.try_fold(0, |sum, more| async move { Ok(sum + more) }).await?;
    if missing == 0 {
        return Ok(());
    }
    let reason = format!("{missing} of its {} files were removed by maintenance", files.len());
    Err(Snapshot::no_version(handle.name(), at, reason))
}
