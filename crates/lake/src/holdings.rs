//! What this process knows of the tables whose leases it holds.
//!
//! A table moves under a lease only by its holder. The lake notes the version at which a lease was taken, and each
//! version that the holder commits. A write that finds another one was planned on rows that are no longer the newest:
//! somebody wrote without this lease, because its keeper is another one (a second checkout with the same lake), or
//! because it was paused beyond the end of its own. Such a write is refused before it begins, and is to be planned again.
//!
//! What was staged under a lease and given up is noted as well, so that it goes when the lease is released.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::parquet_file::TableWriter;
use crate::{DataFile, Lease, TableName};

/// Scope and token of a lease.
type Key = (String, u64);

/// Leases that were taken through this lake and not yet released.
#[derive(Default)]
pub(crate) struct Holdings(Mutex<HashMap<Key, Holding>>);

/// What was staged and will not be committed.
pub(crate) struct Abandoned {
    /// Of which table.
    pub(crate) table: TableName,
    /// Files of which some are open.
    pub(crate) writer: Option<Box<TableWriter>>,
    /// Complete files.
    pub(crate) files: Vec<DataFile>,
}

struct Holding {
    /// To which the holder knows the table to have moved; `None` while there is none.
    version: Option<u64>,
    abandoned: Vec<Abandoned>,
}

impl Holdings {
    /// A lease was taken while the table was at `version`.
    pub(crate) fn taken(&self, lease: &Lease, version: Option<u64>) {
        self.lock().insert(key(lease), Holding { version, abandoned: Vec::new() });
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

    /// What was staged is given up. Under a lease that was not taken here, it is left to maintenance.
    pub(crate) fn abandon(&self, lease: &Lease, what: Abandoned) {
        if let Some(holding) = self.lock().get_mut(&key(lease)) {
            holding.abandoned.push(what);
        }
    }

    /// The lease is given back. Gives what was staged under it and given up.
    pub(crate) fn released(&self, lease: &Lease) -> Vec<Abandoned> {
        self.lock().remove(&key(lease)).map(|holding| holding.abandoned).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Holding>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(lease: &Lease) -> Key {
    (lease.scope.clone(), lease.token)
}
