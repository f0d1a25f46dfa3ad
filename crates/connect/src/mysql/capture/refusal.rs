//! Why something cannot be captured.

use crate::ConnectError;

/// Why something cannot be captured, and what its owner can do.
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
