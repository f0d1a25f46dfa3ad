//! How a task ended.
use serde::Serialize;

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It did its work, and every check passed.
    Success,
    /// Nothing had changed: there was nothing to do.
    Unchanged,
    /// It did its work; a check of severity `warn` found something.
    Warned,
    /// It failed: what was visible before still is.
    Failed,
    /// Something it needs failed, so it was not started.
    Skipped,
    /// The run was stopped before it ended.
    Cancelled,
}

impl Status {
    /// Whether what depends on the task may go on.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Success | Self::Unchanged | Self::Warned)
    }

    /// The word that is stored and printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Unchanged => "unchanged",
            Self::Warned => "warned",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }
}
