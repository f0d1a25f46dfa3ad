//! Removes files that nobody needs.
//!
//! A file in the table's folder is needed when the newest version has it, or when a version younger than the retention
//! had it: then an entry of the log younger than that removed it. What is left is either old, or was staged and never
//! committed. Our staged files carry the fencing token of their writer in their names: with a lower token than that of
//! the lease held here, the writer's lease has ended. To make sure that it cannot commit them any more even if it
//! checked its lease just before, a commit of our own takes the next version first; its token then refuses the other.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use object_store::{ObjectMeta, ObjectStoreExt};

use crate::commit::{Proposal, commit};
use crate::failpoints::{self, MAINTAIN_BEFORE_VACUUM, MAINTAIN_VACUUM_FILE};
use crate::table_handle::TableHandle;
use crate::{At, LakeError, Lease, MaintainReport, history};

/// Removes what is not needed and older than `older_than`, and what dead writers left.
pub(super) async fn vacuum(
    handle: &TableHandle,
    older_than: TimeDelta,
    lease: &Lease,
    report: &mut MaintainReport,
) -> Result<(), LakeError> {
    let log = handle.log();
    let base = history::snapshot(handle, At::Latest).await?;
    // Listed before anything else: what appears later is none of our business.
    let objects = handle.objects().await?;
    let cutoff = handle.options().clock.now() - older_than;
    let mut needed: BTreeSet<String> = base.files().iter().map(|file| file.path.clone()).collect();
    // Removals are read from the entries themselves: checkpoints forget tombstones by a retention of their own.
    for version in log.versions().await?.entries.into_iter().rev() {
        let Some((committed_at, removed)) = log.removals(version).await? else { break };
        if committed_at.is_some_and(|committed_at| committed_at < cutoff) {
            break;
        }
        needed.extend(removed);
    }
    let mut waste: Vec<(ObjectMeta, bool)> = Vec::new();
    for object in objects {
        let Some(path) = relative(handle, &object) else { continue };
        // The log, and what other programs hide (as Spark's vacuum does).
        if needed.contains(&path) || path.split('/').any(|part| part.starts_with(['_', '.']) && !part.contains('=')) {
            continue;
        }
        let token = token_of(&path);
        let dead_stage = token.is_some_and(|token| token < lease.token);
        let live_stage = token.is_some_and(|token| token >= lease.token);
        if dead_stage || (!live_stage && object.last_modified < cutoff) {
            waste.push((object, dead_stage));
        }
    }
    if waste.is_empty() {
        return Ok(());
    }
    let dead_stages = waste.iter().any(|(_, dead_stage)| *dead_stage);
    let fail = |source| log.store_error("removing files", source);
    failpoints::hit_store(MAINTAIN_BEFORE_VACUUM).map_err(fail)?;
    if dead_stages && base.state().token < lease.token {
        let proposal = Proposal {
            base: Some(&base),
            operation: "VACUUM START",
            parameters: serde_json::Map::new(),
            lines: &[],
            rebase: false,
            note: None,
            run_id: None,
            state: None,
            rows: None,
        };
        commit(handle, lease, &proposal).await?;
    } else {
        handle.check_lease(lease).await?;
    }
    remove(handle, waste.into_iter().map(|(object, _)| object), report).await
}

/// Removes what dead writers left in the folder of a table that was never made, and is older than `older_than`.
pub(super) async fn leftovers(
    handle: &TableHandle,
    older_than: TimeDelta,
    lease: &Lease,
    report: &mut MaintainReport,
) -> Result<(), LakeError> {
    let cutoff = handle.options().clock.now() - older_than;
    let objects = handle.objects().await?;
    let waste = objects.into_iter().filter(|object| {
        let path = relative(handle, object);
        let dead = path.as_deref().and_then(token_of).is_some_and(|token| token < lease.token);
        dead && object.last_modified < cutoff
    });
    remove(handle, waste, report).await
}

async fn remove(
    handle: &TableHandle,
    waste: impl Iterator<Item = ObjectMeta>,
    report: &mut MaintainReport,
) -> Result<(), LakeError> {
    let fail = |source| handle.log().store_error("removing files", source);
    for object in waste {
        failpoints::hit_store(MAINTAIN_VACUUM_FILE).map_err(fail)?;
        match handle.store().delete(&object.location).await {
            Ok(()) => {
                report.files_removed += 1;
                report.bytes_removed += object.size;
            }
            Err(object_store::Error::NotFound { .. }) => {}
            Err(source) => return Err(fail(source)),
        }
    }
    Ok(())
}

/// The path of an object in the table's folder.
fn relative(handle: &TableHandle, object: &ObjectMeta) -> Option<String> {
    let rest = object.location.as_ref().strip_prefix(handle.folder().as_ref())?;
    Some(rest.trim_start_matches('/').to_owned())
}

/// The token of the writer that staged a file, from a name that we gave.
fn token_of(path: &str) -> Option<u64> {
    let name = path.rsplit('/').next()?.strip_prefix("part-")?;
    let (token, rest) = name.split_once('-')?;
    let ours = token.len() >= 10 && rest.get(..36).is_some_and(|id| uuid::Uuid::try_parse(id).is_ok());
    if ours { token.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_names_have_a_token() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(token_of(&format!("d=1/part-0000000012-{id}-n-00000.parquet")), Some(12));
        assert_eq!(token_of(&format!("part-0000000012-{id}-n-00000.parquet.0.tmp")), Some(12));
        assert_eq!(token_of(&format!("part-00000-{id}-c000.snappy.parquet")), None);
        assert_eq!(token_of("part-0000000012-x.parquet"), None);
    }
}
