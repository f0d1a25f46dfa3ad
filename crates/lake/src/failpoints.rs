//! The steps of a write at which tests make it fail.
//!
//! A test sets a point to `return` (an I/O error), `return(full)` (the disk is full) or `return(abort)` (the process
//! dies on the spot) with the `fail` crate; without that crate's feature `failpoints` the points compile to nothing.

use std::io;

/// Every point, in the order in which a write passes them.
pub const FAIL_POINTS: &[&str] = &[
    STAGE_BEGIN,
    STAGE_WRITE,
    SPILL_WRITE,
    FILE_UPLOAD,
    STORE_CREATED,
    STORE_BEFORE_SYNC,
    STORE_AFTER_SYNC,
    STORE_AFTER_RENAME,
    FILE_CLOSED,
    STAGE_REWRITE,
    STAGE_FINISHED,
    COMMIT_BEGIN,
    COMMIT_BEFORE_LEASE,
    COMMIT_AFTER_LEASE,
    COMMIT_WRITTEN,
    DISCARD_FILE,
    MAINTAIN_COMPACTED,
    MAINTAIN_BEFORE_CHECKPOINT,
    MAINTAIN_AFTER_CHECKPOINT,
    MAINTAIN_BEFORE_VACUUM,
    MAINTAIN_VACUUM_FILE,
    DROP_MARKED,
    DROP_FILE,
];

/// A stage is about to be opened.
pub(crate) const STAGE_BEGIN: &str = "lake::stage::begin";
/// A batch arrived.
pub(crate) const STAGE_WRITE: &str = "lake::stage::write";
/// Arrivals are about to be spilled to the local disk.
pub(crate) const SPILL_WRITE: &str = "lake::spill::write";
/// A part of a data file is about to be uploaded.
pub(crate) const FILE_UPLOAD: &str = "lake::file::upload";
/// The local store created a temporary file.
pub(crate) const STORE_CREATED: &str = "lake::store::created";
/// The local store wrote everything and is about to sync it.
pub(crate) const STORE_BEFORE_SYNC: &str = "lake::store::before_sync";
/// The temporary file is durable and not yet in its place.
pub(crate) const STORE_AFTER_SYNC: &str = "lake::store::after_sync";
/// The file is in its place, its folder not yet synced.
pub(crate) const STORE_AFTER_RENAME: &str = "lake::store::after_rename";
/// A data file is complete.
pub(crate) const FILE_CLOSED: &str = "lake::file::closed";
/// A touched file is about to be rewritten.
pub(crate) const STAGE_REWRITE: &str = "lake::stage::rewrite";
/// Everything is staged.
pub(crate) const STAGE_FINISHED: &str = "lake::stage::finished";
/// A commit begins.
pub(crate) const COMMIT_BEGIN: &str = "lake::commit::begin";
/// The lease is about to be checked.
pub(crate) const COMMIT_BEFORE_LEASE: &str = "lake::commit::before_lease";
/// The lease was fine; the log entry is about to be written.
pub(crate) const COMMIT_AFTER_LEASE: &str = "lake::commit::after_lease";
/// The log entry is written; the caller does not know yet.
pub(crate) const COMMIT_WRITTEN: &str = "lake::commit::written";
/// A staged file is about to be removed.
pub(crate) const DISCARD_FILE: &str = "lake::discard::file";
/// Small files are compacted and committed.
pub(crate) const MAINTAIN_COMPACTED: &str = "lake::maintain::compacted";
/// A checkpoint is about to be written.
pub(crate) const MAINTAIN_BEFORE_CHECKPOINT: &str = "lake::maintain::before_checkpoint";
/// The checkpoint is written.
pub(crate) const MAINTAIN_AFTER_CHECKPOINT: &str = "lake::maintain::after_checkpoint";
/// Files are about to be removed.
pub(crate) const MAINTAIN_BEFORE_VACUUM: &str = "lake::maintain::before_vacuum";
/// One file is about to be removed.
pub(crate) const MAINTAIN_VACUUM_FILE: &str = "lake::maintain::vacuum_file";
/// A table is marked as dropped; its files are still there.
pub(crate) const DROP_MARKED: &str = "lake::drop::marked";
/// One of its files is about to be removed.
pub(crate) const DROP_FILE: &str = "lake::drop::file";

/// Fails when a test asked for it.
///
/// # Errors
/// The I/O error that the test chose.
pub(crate) fn hit(point: &'static str) -> io::Result<()> {
    let fail = |action: Option<String>| -> io::Result<()> { Err(injected(point, action.as_deref())) };
    fail::fail_point!(point, fail);
    // The macro is empty unless points are switched on.
    let _ = fail;
    Ok(())
}

/// The same for code that speaks of stores.
///
/// # Errors
/// The I/O error as the store's.
pub(crate) fn hit_store(point: &'static str) -> object_store::Result<()> {
    hit(point).map_err(|source| object_store::Error::Generic { store: "failpoint", source: Box::new(source) })
}

/// The error for an action; does not return when the process is to die.
fn injected(point: &str, action: Option<&str>) -> io::Error {
    match action {
        Some("abort") => std::process::abort(),
        Some("full") => io::Error::new(io::ErrorKind::StorageFull, format!("no space left on device (at {point})")),
        _ => io::Error::other(format!("injected failure at {point}")),
    }
}
