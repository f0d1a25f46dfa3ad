//! Leases for one process: tests, and lakes that nobody else can reach.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::TimeDelta;

use crate::{Clock, Lease, LeaseError, LeaseKeeper};

/// A [`LeaseKeeper`] in memory.
#[derive(Debug)]
pub struct MemoryLeases {
    clock: Arc<dyn Clock>,
    duration: TimeDelta,
    scopes: Mutex<HashMap<String, Slot>>,
}

/// The newest lease of a scope; `alive` until it is released.
#[derive(Debug)]
struct Slot {
    lease: Lease,
    alive: bool,
}

impl MemoryLeases {
    /// Leases that last `duration` unless they are renewed.
    pub fn new(clock: Arc<dyn Clock>, duration: TimeDelta) -> Self {
        Self { clock, duration, scopes: Mutex::default() }
    }

    fn scopes(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lost(lease: &Lease, reason: &str) -> LeaseError {
        LeaseError::Lost { scope: lease.scope.clone(), token: lease.token, reason: reason.to_owned() }
    }
}

#[async_trait]
impl LeaseKeeper for MemoryLeases {
    async fn acquire(&self, scope: &str, holder: &str, above: u64) -> Result<Lease, LeaseError> {
        let now = self.clock.now();
        let mut scopes = self.scopes();
        let before = scopes.get(scope);
        if let Some(Slot { lease, alive: true }) = before
            && lease.expires_at > now
        {
            let Lease { scope, holder, expires_at, .. } = lease.clone();
            return Err(LeaseError::Held { scope, holder, expires_at });
        }
        let token = before.map_or(0, |slot| slot.lease.token).max(above) + 1;
        let lease = Lease { scope: scope.into(), holder: holder.into(), token, expires_at: now + self.duration };
        scopes.insert(scope.into(), Slot { lease: lease.clone(), alive: true });
        Ok(lease)
    }

    async fn renew(&self, lease: &Lease) -> Result<Lease, LeaseError> {
        let expires_at = self.clock.now() + self.duration;
        match self.scopes().get_mut(&lease.scope) {
            Some(slot) if slot.alive && slot.lease.token == lease.token => {
                slot.lease.expires_at = expires_at;
                Ok(slot.lease.clone())
            }
            Some(slot) if slot.alive => Err(Self::lost(lease, "it was granted to another writer")),
            _ => Err(Self::lost(lease, "it was released")),
        }
    }

    async fn check(&self, lease: &Lease) -> Result<(), LeaseError> {
        let now = self.clock.now();
        match self.scopes().get(&lease.scope) {
            Some(slot) if slot.lease.token != lease.token => Err(Self::lost(lease, "it was granted to another writer")),
            Some(slot) if slot.alive && slot.lease.expires_at > now => Ok(()),
            Some(slot) if slot.alive => Err(Self::lost(lease, "it was not renewed in time")),
            _ => Err(Self::lost(lease, "it was released")),
        }
    }

    async fn release(&self, lease: &Lease) -> Result<(), LeaseError> {
        if let Some(slot) = self.scopes().get_mut(&lease.scope)
            && slot.lease.token == lease.token
        {
            slot.alive = false;
        }
        Ok(())
    }
}
