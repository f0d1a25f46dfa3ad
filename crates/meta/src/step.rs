//! The steps at which this crate writes, each with its fail points.
//!
//! Every transaction passes three of them: before it begins, before it commits (nothing is visible yet) and after it has
//! committed but before its caller learns so. Actions of the [`fail`] crate work on each; `return(disk-full)` and
//! `return` make the step report that error.

/// One kind of transaction.
#[derive(Debug)]
pub(crate) struct Step {
    /// What it does, to follow "cannot" in a message.
    pub(crate) action: &'static str,
    pub(crate) begin: &'static str,
    pub(crate) commit: &'static str,
    pub(crate) committed: &'static str,
}

macro_rules! steps {
    ($($constant:ident = $name:literal, $action:literal;)*) => {
        $(pub(crate) const $constant: Step = Step {
            action: $action,
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
    MIGRATE = "migrate", "bring the tables up to date";
    RUN_START = "run_start", "record the start of the run";
    RUN_FINISH = "run_finish", "record the end of the run";
    TASKS = "tasks", "record tasks";
    CHECK_RESULTS = "check_results", "record check results";
    NODE_STATES = "node_states", "record the state of nodes";
    VIEWS = "views", "switch views";
    LEASE_ACQUIRE = "lease_acquire", "acquire the lease";
    LEASE_RENEW = "lease_renew", "renew the lease";
    LEASE_RELEASE = "lease_release", "release the lease";
    RECOVER = "recover", "recover from crashed runs";
    PRUNE = "prune", "remove old runs";
}
