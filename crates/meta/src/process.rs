//! Who holds something: a process, named so that its end can be noticed.

use std::fmt::{self, Debug, Display};

use serde::{Deserialize, Serialize};

/// One process, told apart from a later one that got the same number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Process {
    /// Name of the machine, for people.
    pub host: String,
    /// What `pid` is unique in: one boot of one machine and one process namespace (a container has its own). Empty if unknown.
    pub machine: String,
    /// Process number within `machine`.
    pub pid: u32,
    /// When the process started, in the machine's own ticks: differs for a later process with the same number.
    pub started: u64,
}

impl Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.pid, self.host)
    }
}

/// Whether a process still runs, as far as can be seen from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// It runs.
    Alive,
    /// It has ended; whatever it held is free.
    Dead,
    /// It belongs to another machine, boot or container: only the expiry of its lease tells.
    Unknown,
}

/// The view of processes that leases and crash recovery need.
pub trait ProcessProbe: Debug + Send + Sync {
    /// The process that runs this code.
    fn current(&self) -> Process;
    /// Whether `process` still runs. Called inside a transaction: must not block.
    fn liveness(&self, process: &Process) -> Liveness;
}
