//! Who grants writer leases.

use std::fmt;

use async_trait::async_trait;

use crate::{Lease, LeaseError};

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
