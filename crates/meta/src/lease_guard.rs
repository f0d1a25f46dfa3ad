//! A lease with its heartbeat.

use tokio::task::JoinHandle;

use crate::{Lease, Meta, MetaError};

/// Keeps a lease alive: renews it three times within its time to live, from a task of the runtime it was acquired on.
///
/// [`Self::release`] gives the lease back. A guard that is dropped does so in the background where a runtime is still there;
/// otherwise the lease ends with the process.
#[derive(Debug)]
pub struct LeaseGuard {
    meta: Meta,
    lease: Option<Lease>,
    heartbeat: JoinHandle<()>,
}

impl LeaseGuard {
    pub(crate) fn new(meta: Meta, lease: Lease) -> Self {
        let heartbeat = tokio::spawn(beat(meta.clone(), lease.clone()));
        Self { meta, lease: Some(lease), heartbeat }
    }

    /// The lease, for its token and for [`Meta::switch_views`].
    pub fn lease(&self) -> &Lease {
        self.lease.as_ref().expect("a guard has its lease until it is released, which consumes it")
    }

    /// To be called right before what the lease protects: see [`Meta::check_lease`].
    ///
    /// # Errors
    /// [`MetaError::LeaseLost`], or what the database says.
    pub async fn check(&self) -> Result<(), MetaError> {
        self.meta.check_lease(self.lease()).await
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// What the database says; the lease then ends by expiry.
    pub async fn release(mut self) -> Result<(), MetaError> {
        self.heartbeat.abort();
        match self.lease.take() {
            Some(lease) => self.meta.release_lease(&lease).await,
            None => Ok(()),
        }
    }
}

impl Drop for LeaseGuard {
    fn drop(&mut self) {
        self.heartbeat.abort();
        let (Some(lease), Ok(runtime)) = (self.lease.take(), tokio::runtime::Handle::try_current()) else { return };
        let meta = self.meta.clone();
        runtime.spawn(async move {
            if let Err(error) = meta.release_lease(&lease).await {
                tracing::debug!(scope = lease.scope, %error, "a dropped lease was not released");
            }
        });
    }
}

async fn beat(meta: Meta, lease: Lease) {
    loop {
        tokio::time::sleep(lease.ttl / 3).await;
        match meta.renew_lease(&lease).await {
            Ok(_) => {}
            // The check before a commit finds the same.
            Err(MetaError::LeaseLost { .. }) => return,
            // Two more attempts are left before the lease expires, and the check before a commit decides.
            Err(error) => tracing::warn!(scope = lease.scope, %error, "the lease was not renewed"),
        }
    }
}
