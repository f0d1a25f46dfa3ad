//! What can go wrong with leases.

use chrono::{DateTime, Utc};
use thiserror::Error;

/// Why a lease was not granted or no longer holds.
#[derive(Debug, Error)]
pub enum LeaseError {
    /// Somebody else writes.
    #[error("`{scope}` is being written by {holder} (its lease ends at {expires_at} unless renewed)")]
    Held {
        /// What was asked for.
        scope: String,
        /// Who holds it.
        holder: String,
        /// When it can be had at the latest if the holder died.
        expires_at: DateTime<Utc>,
    },
    /// The lease ended.
    #[error("the writer lease on `{scope}` with token {token} has ended: {reason}")]
    Lost {
        /// What it covered.
        scope: String,
        /// Its token.
        token: u64,
        /// What happened to it.
        reason: String,
    },
    /// The keeper itself failed.
    #[error("the keeper of leases failed on `{scope}`: {reason}")]
    Unavailable {
        /// What was asked for.
        scope: String,
        /// The keeper's own error.
        reason: String,
    },
}
