//! The metadata database: what the program observed and decided, apart from the data itself.
//!
//! One SQLite file (`<project>/.ade/meta.db`) holds runs, their tasks and check results, the state in which each node was
//! last built, the definitions of views, and the leases that keep two writers from one table. Everything in it except the
//! definitions of views is an observation: losing the file costs history and one complete rebuild, never a row of the lake.
//!
//! ```text
//! Meta ── Database (pools, durability, fail points) ── SQLite in WAL mode
//!  ├─ runs, tasks, check results     observations, written without waiting for the disk
//!  ├─ reveals                        who was shown plain values before the lake had a table of that
//!  ├─ node states                    what `build` compares to find that nothing is to do
//!  ├─ views                          switched together in one durable transaction
//!  └─ leases                         fencing tokens, heartbeat, takeover from the dead
//! ```
//!
//! Every statement is plain SQL that PostgreSQL understands as well. The clock and the view of other processes come in as
//! [`Clock`] and [`ProcessProbe`].

mod check_result;
mod clock;
mod database;
mod error;
mod lease;
mod lease_guard;
mod meta;
mod migration;
mod node_state;
mod observation;
mod process;
mod procfs;
mod record;
mod recovery;
mod run;
mod step;
mod task;
mod view;

pub use check_result::{CheckResult, CheckStatus};
pub use clock::Clock;
pub use error::MetaError;
pub use lease::{Lease, LeaseAttempt, LeaseRecord, LeaseRequest};
pub use lease_guard::LeaseGuard;
pub use meta::Meta;
pub use node_state::{NodeState, UpstreamState};
pub use observation::{
    Comparison, Observation, ObservationQuery, ObservedColumn, ObservedCondition, ObservedKind, ObservedPage,
    ObservedValue, ObservedValues, PageKey,
};
pub use process::{Liveness, Process, ProcessProbe};
pub use procfs::ProcfsProbe;
pub use run::{RunRecord, RunStart, RunStatus};
pub use step::FAIL_POINTS;
pub use task::{TaskRecord, TaskStatus};
pub use view::{ViewChange, ViewColumn, ViewDefinition, ViewVersion};
