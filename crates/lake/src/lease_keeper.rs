//! Who grants writer leases.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::Lease;

/// Grants leases, at most one at a time per scope. Implemented over the metadata database; [`crate::MemoryLeases`] is
/// for one process.
#[async_trait]
pub trait LeaseKeeper: fmt::Debug + Send + Sync {
    /// Grants `scope` to `holder` with a token greater than every token granted before for this scope *and* greater
    /// than `above`, the token that the table's newest commit carries (a lost database must not fence everybody out).
    ///
    /// # Errors
    /// [`LeaseError::Held`] while another lease on the scope is alive.
    async fn acquire(&self, scope: &str, holder: &str, above: u64) -> Result<Lease, LeaseError>;

    /// Extends a lease that is still the newest of its scope; the token stays.
    ///
    /// # Errors
    /// [`LeaseError::Lost`] when it ended and was granted to another, or was released.
    async fn renew(&self, lease: &Lease) -> Result<Lease, LeaseError>;

    /// Succeeds exactly when the lease is alive now and its token is the newest of its scope.
    ///
    /// # Errors
    /// [`LeaseError::Lost`] otherwise.
    async fn check(&self, lease: &Lease) -> Result<(), LeaseError>;

    /// Ends the lease. Releasing a lease that is already lost is fine.
    async fn release(&self, lease: &Lease) -> Result<(), LeaseError>;
}

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
