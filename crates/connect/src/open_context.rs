//! What a connector needs to know from outside.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::PositionKey;

/// What a connector needs to know from outside, as values.
#[derive(Debug, Clone)]
pub struct OpenContext {
    /// The folder to which relative paths in settings refer: the project's.
    pub project_dir: PathBuf,
    /// How many threads one read may keep busy.
    pub threads: NonZeroUsize,
    /// Needed for incremental reads, whose positions hold digests; `None` where nothing is read incrementally.
    pub position_key: Option<PositionKey>,
    /// What time it is, for telling values that lie after it; `None` tells nothing.
    pub now: Option<DateTime<Utc>>,
}
