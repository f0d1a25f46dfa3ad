//! What a connector needs to know from outside.

use std::num::NonZeroUsize;
use std::path::PathBuf;

/// What a connector needs to know from outside, as values.
#[derive(Debug, Clone)]
pub struct OpenContext {
    /// The folder to which relative paths in settings refer: the project's.
    pub project_dir: PathBuf,
    /// How many threads one read may keep busy.
    pub threads: NonZeroUsize,
}
