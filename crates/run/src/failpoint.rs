//! The steps between the writes of a run at which tests make it fail; those of the writes themselves are in `lake` and
//! `meta`.
//!
//! A test sets a point to `return` (an I/O error), `return(full)` (the disk is full), `return(abort)` (the process dies on
//! the spot) or `panic` (a bug) with the `fail` crate; without that crate's feature `failpoints` they compile to nothing.

use std::io;
use std::path::PathBuf;

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::error::RunError;

/// Every point of this crate, in the order in which a run passes them.
pub(crate) const FAIL_POINTS: &[&str] = &[
    RUN_STARTED,
    SOURCE_PLANNED,
    SOURCE_BATCH_READ,
    SOURCE_BATCH_OBFUSCATED,
    SOURCE_UNIT_READ,
    SOURCE_KEPT_APART,
    SOURCE_COMMITTED,
    SEED_READ,
    SEED_COMMITTED,
    MODEL_BATCH_MADE,
    MODEL_MADE,
    MODEL_COMMITTED,
    AUDIT_BEGIN,
    AUDIT_END,
    REJECTS_SET_ASIDE,
    REJECTS_COMMITTED,
    EVENTS_RESENDING,
    EVENTS_RESENT_TABLE,
    EVENTS_RESENT,
    FAILURES_STAGED,
    VIEW_BEFORE_SWITCH,
    VIEW_SWITCHED,
    TASK_BEFORE_RECORD,
    TASK_RECORDED,
    RUN_BEFORE_FINISH,
];

/// The list of people who must not come back is written, and no table has been looked at.
pub(crate) const ERASE_SUPPRESSED: &str = "run::erase::suppressed";
/// A table was committed without the person's rows; its past is there.
pub(crate) const ERASE_REWRITTEN: &str = "run::erase::rewritten";
/// A table is done, and others are not.
pub(crate) const ERASE_TABLE: &str = "run::erase::table";
/// Everything is searched, and the certificate does not say so.
pub(crate) const ERASE_SEARCHED: &str = "run::erase::searched";
/// A table is sealed under another key, and others are not.
pub(crate) const ROTATE_RESEALED: &str = "run::rotate::resealed";
/// Nothing needs the old key any more, which is still there.
pub(crate) const ROTATE_BEFORE_KEY: &str = "run::rotate::before_key";
/// A run is recorded, and no task has begun.
pub(crate) const RUN_STARTED: &str = "run::run::started";
/// It is decided what is read from a source, and nothing has been read.
pub(crate) const SOURCE_PLANNED: &str = "run::source::planned";
/// Raw rows are in memory.
pub(crate) const SOURCE_BATCH_READ: &str = "run::source::batch_read";
/// They are obfuscated and not yet staged.
pub(crate) const SOURCE_BATCH_OBFUSCATED: &str = "run::source::batch_obfuscated";
/// A unit of a source was read to its end.
pub(crate) const SOURCE_UNIT_READ: &str = "run::source::unit_read";
/// Rows that are kept apart are committed, and the batch that they are not in is not.
pub(crate) const SOURCE_KEPT_APART: &str = "run::source::kept_apart";
/// A batch of a source is committed.
pub(crate) const SOURCE_COMMITTED: &str = "run::source::committed";
/// Rejects are set aside for a replay, and its batch is not committed.
pub(crate) const REJECTS_SET_ASIDE: &str = "run::rejects::set_aside";
/// The batch of a replay is committed, and its rejects are not called replayed.
pub(crate) const REJECTS_COMMITTED: &str = "run::rejects::committed";
/// Rejected messages say that they are being resent, and no table has them.
pub(crate) const EVENTS_RESENDING: &str = "run::events::resending";
/// One of the tables that they go to has landed its rows.
pub(crate) const EVENTS_RESENT_TABLE: &str = "run::events::resent_table";
/// All of them have, and it is counted; the rejects do not say so.
pub(crate) const EVENTS_RESENT: &str = "run::events::resent";
/// A seed was read to its end.
pub(crate) const SEED_READ: &str = "run::seed::read";
/// A seed is committed.
pub(crate) const SEED_COMMITTED: &str = "run::seed::committed";
/// Some rows of a model are made.
pub(crate) const MODEL_BATCH_MADE: &str = "run::model::batch_made";
/// All rows of a model are made.
pub(crate) const MODEL_MADE: &str = "run::model::made";
/// A model is committed.
pub(crate) const MODEL_COMMITTED: &str = "run::model::committed";
/// An audit begins.
pub(crate) const AUDIT_BEGIN: &str = "run::audit::begin";
/// An audit has ended.
pub(crate) const AUDIT_END: &str = "run::audit::end";
/// The failing rows of a check are staged.
pub(crate) const FAILURES_STAGED: &str = "run::audit::failures_staged";
/// A view is about to be switched.
pub(crate) const VIEW_BEFORE_SWITCH: &str = "run::view::before_switch";
/// A view is switched.
pub(crate) const VIEW_SWITCHED: &str = "run::view::switched";
/// A task has done its work, which is about to be recorded.
pub(crate) const TASK_BEFORE_RECORD: &str = "run::task::before_record";
/// The task is recorded.
pub(crate) const TASK_RECORDED: &str = "run::task::recorded";
/// All tasks have ended, and the run is about to be closed.
pub(crate) const RUN_BEFORE_FINISH: &str = "run::run::before_finish";

/// A bug loses a row of each batch on its way to the stage. It ends no run, so it is none of the points that tests walk through.
pub(crate) const SOURCE_ROW_LOST: &str = "run::source::row_lost";

/// Every fail point that a run passes, those of the lake and of the metadata database among them; for tests that walk
/// through all of them.
pub fn fail_points() -> impl Iterator<Item = &'static str> {
    [ade_meta::FAIL_POINTS, ade_lake::FAIL_POINTS, FAIL_POINTS].into_iter().flatten().copied()
}

/// Fails when a test asked for it.
///
/// # Errors
/// The I/O error that the test chose.
pub(crate) fn hit(point: &'static str) -> Result<(), RunError> {
    let runtime = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    if fail::has_failpoints() && runtime.is_ok_and(|flavor| flavor == RuntimeFlavor::MultiThread) {
        // A point may sleep, and the thread that does may be the one that looks after the runtime's clock.
        return tokio::task::block_in_place(|| pass(point));
    }
    pass(point)
}

fn pass(point: &'static str) -> Result<(), RunError> {
    let fail = |action: Option<String>| -> Result<(), RunError> {
        let source = match action.as_deref() {
            Some("abort") => std::process::abort(),
            Some("full") => io::Error::new(io::ErrorKind::StorageFull, "no space left on device"),
            _ => io::Error::other("injected failure"),
        };
        Err(RunError::File { action: "pass", path: PathBuf::from(point), source })
    };
    fail::fail_point!(point, fail);
    // The macro is empty unless points are switched on.
    let _ = fail;
    Ok(())
}
