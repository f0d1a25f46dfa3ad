//! The steps at which this crate writes, each with its fail points.
//!
//! A step says whether its transaction waits for the disk: what others rely on at once does, observations do not.
//! Every transaction passes three of them: before it begins, before it commits (nothing is visible yet) and after it has
//! committed but before its caller learns so. Actions of the [`fail`] crate work on each; `return` and `return(full)` make
//! the step report that error, and with `return(abort)` the process dies on the spot.

use Durability::{Durable, Relaxed};

/// Whether a transaction survives a loss of power the moment it returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Synced to the disk before `commit` returns, with everything before it.
    Durable,
    /// Survives the end of the process at any moment, but reaches the disk with the next durable transaction. For
    /// observations: a loss of power may cost the last ones, never their consistency.
    Relaxed,
}

/// One kind of transaction.
#[derive(Debug)]
pub(crate) struct Step {
    /// What it does, to follow "cannot" in a message.
    pub(crate) action: &'static str,
    pub(crate) durability: Durability,
    pub(crate) begin: &'static str,
    pub(crate) commit: &'static str,
    pub(crate) committed: &'static str,
}

macro_rules! steps {
    ($($constant:ident = $name:literal, $durability:ident, $action:literal;)*) => {
        $(pub(crate) const $constant: Step = Step {
            action: $action,
            durability: $durability,
            begin: concat!("meta::", $name, "::begin"),
            commit: concat!("meta::", $name, "::commit"),
            committed: concat!("meta::", $name, "::committed"),
        };)*

        /// Every fail point of this crate, for tests that walk through all of them.
        pub const FAIL_POINTS: &[&str] = &[$(
            $constant.begin, $constant.commit, $constant.committed,
        )*];
    };
}

steps! {
    MIGRATE = "migrate", Durable, "bring the tables up to date";
    RUN_START = "run_start", Relaxed, "record the start of the run";
    RUN_FINISH = "run_finish", Durable, "record the end of the run";
    TASKS = "tasks", Relaxed, "record tasks";
    CHECK_RESULTS = "check_results", Relaxed, "record check results";
    NODE_STATES = "node_states", Relaxed, "record the state of nodes";
    VIEWS = "views", Durable, "switch views";
    LEASE_ACQUIRE = "lease_acquire", Durable, "acquire the lease";
    LEASE_RENEW = "lease_renew", Relaxed, "renew the lease";
    LEASE_RELEASE = "lease_release", Relaxed, "release the lease";
    RECOVER = "recover", Relaxed, "recover from crashed runs";
    PRUNE = "prune", Durable, "remove old runs";
}
