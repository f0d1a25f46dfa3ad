//! What was asked for.
use std::time::Duration;

use super::{EventTimeRange, RejectFilter};
use crate::source::FeedInput;

/// Which kinds of nodes a command carries out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Everything.
    Build,
    /// Sources.
    Ingest,
    /// Seeds.
    Seed,
    /// Models.
    Run,
    /// Checks over what is in the lake.
    Test,
    /// Rejects of sources.
    Replay,
}

impl Command {
    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Ingest => "ingest",
            Self::Seed => "seed",
            Self::Run => "run",
            Self::Test => "test",
            Self::Replay => "rejects replay",
        }
    }
}

/// How to carry out a selection.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// Which kinds of nodes.
    pub command: Command,
    /// Selectors; empty: everything.
    pub select: Vec<String>,
    /// Selectors of what is left out.
    pub exclude: Vec<String>,
    /// Rebuild and reload from nothing.
    pub full_refresh: bool,
    /// Do the work even where nothing has changed.
    pub force: bool,
    /// Tasks side by side; `None`: as many as there are cores.
    pub threads: Option<usize>,
    /// Start nothing more after the first failure.
    pub fail_fast: bool,
    /// Keep the failing rows of every check.
    pub store_failures: bool,
    /// The intervals that models make which are made by intervals; `None`: those that are due.
    pub event_time: Option<EventTimeRange>,
    /// The rejects that are replayed.
    pub rejects: RejectFilter,
    /// How long to wait for a table that another program writes.
    pub lease_timeout: Duration,
    /// What a source's program would send, read from somewhere else.
    pub input: Option<FeedInput>,
}

impl BuildOptions {
    /// Everything, as the program does it by default.
    pub fn new(command: Command) -> Self {
        Self {
            command,
            select: Vec::new(),
            exclude: Vec::new(),
            full_refresh: false,
            force: false,
            threads: None,
            fail_fast: false,
            store_failures: false,
            event_time: None,
            rejects: RejectFilter::default(),
            lease_timeout: Duration::from_mins(5),
            input: None,
        }
    }
}
