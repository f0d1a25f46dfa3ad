//! How a commit ended.

/// A batch that is in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// This call put it there.
    New {
        /// The version it made.
        version: u64,
    },
    /// An earlier commit had put it there; this call changed nothing and its staged files are waste.
    Already {
        /// The version that carries it, or the newest one when the log no longer says.
        version: u64,
    },
}

impl Committed {
    /// A version that holds the batch.
    pub fn version(self) -> u64 {
        match self {
            Self::New { version } | Self::Already { version } => version,
        }
    }
}
