//! Why a table cannot be captured.

use crate::ConnectError;

/// Why a table is read whole of which nobody knows where it was read to: in words that continue “all of it is read again:”.
pub(crate) const UNREADABLE: &str = "its stored position is none of a captured table";

/// Why a table cannot be captured, and what its owner can do.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) reason: String,
    pub(crate) advice: String,
}

impl Refusal {
    pub(crate) fn new(reason: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { reason: reason.into(), advice: advice.into() }
    }

    /// As the error of reading `from`.
    pub(crate) fn of(&self, from: &str) -> ConnectError {
        ConnectError::Request { from: from.to_owned(), reason: self.reason.clone(), advice: self.advice.clone() }
    }
}
