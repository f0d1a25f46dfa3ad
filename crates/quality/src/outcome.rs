//! What a check found.

use std::fmt::{self, Display};

use serde::Serialize;

use crate::ContractViolation;

/// The verdict of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// It holds.
    Pass,
    /// It does not hold, and that only warns.
    Warn,
    /// It does not hold.
    Fail,
    /// It could not be evaluated: nothing is known, which is as bad as a failure.
    Error,
}

impl CheckStatus {
    /// Whether what was checked must not become visible.
    pub fn stops(self) -> bool {
        self >= Self::Fail
    }
}

impl Display for CheckStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Error => "error",
        })
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckOutcome {
    /// Name of the check.
    pub check: String,
    /// The verdict.
    pub status: CheckStatus,
    /// What was counted, also when that is few enough to pass; none if it could not be evaluated.
    pub failures: Option<u64>,
    /// The finding in words, without values of rows.
    pub message: String,
    /// What to do about it.
    pub hints: Vec<String>,
    /// For contracts, each deviation.
    pub violations: Vec<ContractViolation>,
    /// How long the query took that answered it. Checks that were answered together have the same.
    pub duration_ms: u64,
}
