//! What this process knows of the tables whose leases it holds.
//!
//! A table moves under a lease only by its holder. The lake notes the version at which a lease was taken, and each
//! version that the holder commits. A write that finds another one was planned on rows that are no longer the newest:
//! somebody wrote without this lease, because its keeper is another one (a second checkout with the same lake), or
//! because it was paused beyond the end of its own. Such a write is refused before it begins, and is to be planned again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Lease;

/// Scope and token of a lease.
type Key = (String, u64);

/// Leases that were taken through this lake and not yet released.
#[derive(Debug, Default)]
pub(crate) struct Holdings(Mutex<HashMap<Key, Holding>>);

#[derive(Debug)]
struct Holding {
    /// To which the holder knows the table to have moved; `None` while there is none.
    version: Option<u64>,
}

impl Holdings {
    /// A lease was taken while the table was at `version`.
    pub(crate) fn taken(&self, lease: &Lease, version: Option<u64>) {
        self.lock().insert(key(lease), Holding { version });
    }

    /// The holder committed a version.
    pub(crate) fn committed(&self, lease: &Lease, version: u64) {
        if let Some(holding) = self.lock().get_mut(&key(lease)) {
            holding.version = holding.version.max(Some(version));
        }
    }

    /// The holder removed the table.
    pub(crate) fn dropped(&self, lease: &Lease) {
        if let Some(holding) = self.lock().get_mut(&key(lease)) {
            holding.version = None;
        }
    }

    /// Whether the table is where its holder left it. Of a lease that was not taken here nothing is known.
    pub(crate) fn agrees(&self, lease: &Lease, version: Option<u64>) -> Result<(), Option<u64>> {
        match self.lock().get(&key(lease)) {
            Some(holding) if holding.version != version => Err(holding.version),
            _ => Ok(()),
        }
    }

    /// The lease is given back.
    pub(crate) fn released(&self, lease: &Lease) {
        self.lock().remove(&key(lease));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Holding>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(lease: &Lease) -> Key {
    (lease.scope.clone(), lease.token)
}
