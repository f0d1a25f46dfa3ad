//! One commit: the only way in which anything becomes visible.
//!
//! 1. A batch that the log carries already is not written again.
//! 2. The version that the write was made on must still be the newest. Only an append that says nothing of the table (no
//!    position, no fingerprint) may move on to a newer one whose columns are the same.
//! 3. The newest commit's fencing token must not be higher than ours, and our lease must hold this moment.
//! 4. The entry is written where there is none yet. Whoever comes second finds it and begins again at 1.
//! 5. An error does not mean that the entry is not there: we look, and only then say so.
//!
//! Between 3 and 4 the lease can end. Then either the new holder commits first and 4 fails, or we do, and the new
//! holder's base is no longer the newest. The same holds between writers whose leases come from different keepers: whoever
//! is second finds that the table moved, and plans, stages and audits again. (A holder that removes files of dead writers
//! commits first: see `maintain`.)

use std::cmp;

use chrono::{DateTime, TimeDelta, Utc};
use deltalake_core::DeltaTableError;
use deltalake_core::kernel::transaction::TransactionError;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::failpoints::{self, COMMIT_AFTER_LEASE, COMMIT_BEFORE_LEASE, COMMIT_BEGIN, COMMIT_WRITTEN};
use crate::log::{CommitState, Entry, transaction_line};
use crate::table_handle::TableHandle;
use crate::{CommitNote, Committed, LakeError, Lease, RowCounts, Snapshot, TableState};

/// An append that may move on gives way to others at most this often.
const ATTEMPTS: usize = 50;

/// What is to be committed.
pub(crate) struct Proposal<'a> {
    /// The version that it was made on; `None` creates the table.
    pub(crate) base: Option<&'a Snapshot>,
    /// Delta's name of the operation.
    pub(crate) operation: &'static str,
    /// Its parameters, for people.
    pub(crate) parameters: Map<String, Value>,
    /// Protocol, metadata and files, one JSON line each.
    pub(crate) lines: &'a [String],
    /// Whether it may go on top of a newer version: an append whose rows no other row decided about.
    pub(crate) rebase: bool,
    /// The batch that it carries.
    pub(crate) note: Option<&'a CommitNote>,
    /// The run that makes it, when there is no note.
    pub(crate) run_id: Option<Uuid>,
    /// Another version's state to bring back instead of carrying on the newest one's.
    pub(crate) state: Option<&'a TableState>,
    /// What happens to the rows.
    pub(crate) rows: Option<RowCounts>,
}

/// Commits, or finds that it was committed before.
///
/// # Errors
/// [`LakeError::Conflict`], [`LakeError::Fenced`], [`LakeError::Lease`] when somebody else was faster or took over;
/// [`LakeError::Unknown`] when nobody can say; those of the store when nothing was written.
pub(crate) async fn commit(
    handle: &TableHandle,
    lease: &Lease,
    proposal: &Proposal<'_>,
) -> Result<Committed, LakeError> {
    let log = handle.log();
    let fail = |source| log.store_error("committing to the log", source);
    let commit_id = handle.options().ids.next();
    let expected = proposal.base.map(Snapshot::version);
    let mut checked = expected;
    for _ in 0..ATTEMPTS {
        failpoints::hit_store(COMMIT_BEGIN).map_err(fail)?;
        let latest = log.newest().await?;
        let mut transaction = 1;
        if let (Some(latest), Some(note)) = (latest, proposal.note) {
            let found = find_batch(handle, proposal.base, latest, note.batch_id).await?;
            if is_in(found.transaction) {
                if found.version == latest {
                    handle.lake().holdings().committed(lease, latest);
                }
                return Ok(Committed::Already { version: found.version });
            }
            transaction = found.transaction + 1;
        }
        if latest != checked {
            check_conflict(handle, proposal, checked, latest).await?;
            checked = latest;
        }
        let state = match latest {
            Some(latest) => log.state(latest).await?,
            None => None,
        };
        if let Some(found) = state.as_ref().map(|state| state.token)
            && found > lease.token
        {
            return Err(LakeError::Fenced { table: handle.name().clone(), token: lease.token, found });
        }
        let previous = match latest {
            Some(latest) => log.entry(latest).await?.and_then(|entry| entry.committed_at()),
            None => None,
        };
        let version = latest.map_or(0, |latest| latest + 1);
        let place = Place { newest: state.as_ref(), commit_id, transaction, previous, latest };
        let entry = render(handle, lease, proposal, &place);
        failpoints::hit_store(COMMIT_BEFORE_LEASE).map_err(fail)?;
        handle.check_lease(lease).await?;
        failpoints::hit_store(COMMIT_AFTER_LEASE).map_err(fail)?;
        let written = log.write(version, entry, commit_id).await;
        let written = written.and_then(|()| Ok(failpoints::hit_store(COMMIT_WRITTEN)?));
        let Err(error) = written else { return Ok(made(handle, lease, version)) };
        // A store that retries by itself can meet its own first attempt: so even "it exists" may be ours.
        match log.entry(version).await {
            Ok(Some(found)) if is_ours(&found, commit_id) => return Ok(made(handle, lease, version)),
            Ok(Some(_)) => {}
            Ok(None) if matches!(error, TransactionError::VersionAlreadyExists(_)) => {}
            Ok(None) => return Err(log.delta_error("committing to the log", error.into())),
            Err(_) => {
                let batch_id = proposal.note.map_or(commit_id, |note| note.batch_id);
                let source = Box::new(DeltaTableError::from(error));
                return Err(LakeError::Unknown { table: handle.name().clone(), batch_id, source });
            }
        }
    }
    let found = log.newest().await?;
    Err(conflict(handle, expected, found))
}

fn made(handle: &TableHandle, lease: &Lease, version: u64) -> Committed {
    handle.lake().holdings().committed(lease, version);
    Committed::New { version }
}

fn is_ours(entry: &Entry, commit_id: Uuid) -> bool {
    entry.state().is_some_and(|state| state.commit_id == commit_id)
}

/// The error for a table that is not where the write expects it.
pub(crate) fn conflict(handle: &TableHandle, expected: Option<u64>, found: Option<u64>) -> LakeError {
    let text = |version: Option<u64>| version.map_or_else(|| "none".to_owned(), |version| version.to_string());
    LakeError::Conflict { table: handle.name().clone(), expected: text(expected), found: text(found) }
}

/// What the log says of a batch.
struct BatchState {
    /// The transaction version; odd when its rows are in the table.
    transaction: i64,
    /// The table's version that said so, or the newest one when the log no longer tells.
    version: u64,
}

/// Looks for a batch: the base is asked through its checkpoint and log, later entries one by one.
async fn find_batch(
    handle: &TableHandle,
    base: Option<&Snapshot>,
    latest: u64,
    batch_id: Uuid,
) -> Result<BatchState, LakeError> {
    let log = handle.log();
    let base = base.filter(|base| base.version() <= latest);
    for version in (base.map_or(0, |base| base.version() + 1)..=latest).rev() {
        let Some(entry) = log.entry(version).await? else {
            // Cleaned up in the meantime: a checkpoint has it.
            let transaction = Snapshot::load(handle.clone(), latest).await?.batch_version(batch_id).await?;
            return Ok(BatchState { transaction: transaction.unwrap_or(0), version: latest });
        };
        if let Some(transaction) = entry.batch_version(batch_id) {
            return Ok(BatchState { transaction, version });
        }
    }
    let Some(base) = base else { return Ok(BatchState { transaction: 0, version: latest }) };
    let transaction = base.batch_version(batch_id).await?.unwrap_or(0);
    let version = if is_in(transaction) { version_of(handle, base.version(), batch_id).await? } else { latest };
    Ok(BatchState { transaction, version })
}

/// Whether a batch with this transaction version is in the table.
pub(crate) fn is_in(transaction: i64) -> bool {
    transaction % 2 != 0
}

/// The entry at or before `latest` that carries a batch of which it is known that one does.
async fn version_of(handle: &TableHandle, latest: u64, batch_id: Uuid) -> Result<u64, LakeError> {
    for version in (0..=latest).rev() {
        match handle.log().entry(version).await? {
            Some(entry) if entry.batch_version(batch_id).is_some() => return Ok(version),
            Some(_) => {}
            None => break,
        }
    }
    Ok(latest)
}

/// Fails unless the write may go on top of what was committed since it was made.
async fn check_conflict(
    handle: &TableHandle,
    proposal: &Proposal<'_>,
    checked: Option<u64>,
    latest: Option<u64>,
) -> Result<(), LakeError> {
    let expected = proposal.base.map(Snapshot::version);
    let (Some(checked), Some(latest)) = (checked, latest) else {
        return Err(conflict(handle, expected, latest));
    };
    if !proposal.rebase || latest < checked {
        return Err(conflict(handle, expected, Some(latest)));
    }
    for version in checked + 1..=latest {
        match handle.log().entry(version).await? {
            Some(entry) if !entry.changes_table => {}
            _ => return Err(conflict(handle, expected, Some(latest))),
        }
    }
    Ok(())
}

/// What an entry follows on.
struct Place<'a> {
    /// The state that the newest commit hands on.
    newest: Option<&'a CommitState>,
    commit_id: Uuid,
    /// The batch's transaction version in this commit.
    transaction: i64,
    /// When the newest commit was made.
    previous: Option<DateTime<Utc>>,
    latest: Option<u64>,
}

/// The entry as JSON lines.
fn render(handle: &TableHandle, lease: &Lease, proposal: &Proposal<'_>, place: &Place<'_>) -> String {
    // Times grow with versions, even when a clock does not: reading as of a time relies on it.
    let now = handle.options().clock.now();
    let now = place.previous.map_or(now, |previous| cmp::max(now, previous + TimeDelta::milliseconds(1)));
    let carried = place.newest.map(CommitState::table_state);
    let mut table = proposal.state.cloned().or(carried).unwrap_or_default();
    let mut state = CommitState {
        format: CommitState::FORMAT,
        commit_id: place.commit_id,
        token: lease.token,
        batch_id: None,
        run_id: proposal.run_id,
        interval: None,
        reason: None,
        rows: proposal.rows,
        table: (&TableState::default()).into(),
    };
    let mut lines = Vec::with_capacity(proposal.lines.len() + 2);
    if let Some(note) = proposal.note {
        table.batch_id = Some(note.batch_id);
        table.run_id = note.run_id;
        table.committed_at = Some(now);
        table.position = note.position.clone().or(table.position);
        table.fingerprint = note.fingerprint.clone().or(table.fingerprint);
        state.batch_id = Some(note.batch_id);
        state.run_id = note.run_id;
        state.interval = note.interval;
        state.reason.clone_from(&note.reason);
        lines.push(transaction_line(note.batch_id, place.transaction, now));
    }
    state.table = (&table).into();
    let metrics = proposal.rows.map(|rows| {
        // Text, as Spark writes its metrics.
        json!({"numOutputRows": rows.added.to_string(), "numDeletedRows": rows.removed.to_string()})
    });
    let info = json!({"commitInfo": {
        "timestamp": now.timestamp_millis(),
        "operation": proposal.operation,
        "operationParameters": proposal.parameters,
        "operationMetrics": metrics,
        "readVersion": place.latest,
        "isolationLevel": "Serializable",
        "isBlindAppend": proposal.rebase,
        "engineInfo": concat!("ade/", env!("CARGO_PKG_VERSION")),
        "ade": state,
    }});
    let mut text = info.to_string();
    for line in proposal.lines.iter().chain(&lines) {
        text.push('\n');
        text.push_str(line);
    }
    text.push('\n');
    text
}
