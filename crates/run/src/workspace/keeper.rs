//! The lake's writer leases, kept in the metadata database.
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ade_lake::{Lease, LeaseError, LeaseKeeper};
use ade_meta::{LeaseGuard, LeaseRequest, Meta, MetaError};
use async_trait::async_trait;
use uuid::Uuid;

use crate::event::{Event, Observer};

/// Keeps the lake's leases: each is renewed in the background until it is released.
pub(crate) struct Keeper {
    meta: Meta,
    observer: Arc<dyn Observer>,
    writer: Mutex<Writer>,
    guards: Mutex<HashMap<(String, u64), Arc<LeaseGuard>>>,
}

#[derive(Clone)]
struct Writer {
    run_id: Option<Uuid>,
    purpose: String,
    patience: Duration,
}

impl Keeper {
    pub(crate) fn new(meta: Meta, observer: Arc<dyn Observer>) -> Self {
        let writer = Writer { run_id: None, purpose: "ade".to_owned(), patience: Duration::ZERO };
        Self { meta, observer, writer: Mutex::new(writer), guards: Mutex::default() }
    }

    pub(crate) fn write_as(&self, run_id: Uuid, purpose: &str, patience: Duration) {
        let writer = Writer { run_id: Some(run_id), purpose: purpose.to_owned(), patience };
        *self.writer.lock().unwrap_or_else(PoisonError::into_inner) = writer;
    }

    fn guard(&self, lease: &Lease) -> Option<Arc<LeaseGuard>> {
        let guards = self.guards.lock().unwrap_or_else(PoisonError::into_inner);
        guards.get(&(lease.scope.clone(), lease.token)).cloned()
    }

    /// The guard of a lease that this process holds, for view switches.
    pub(crate) async fn hold(&self, scope: &str) -> Result<LeaseGuard, MetaError> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let request = LeaseRequest::new(scope, writer.run_id, writer.purpose);
        self.acquire_guard(&request, writer.patience).await
    }

    async fn acquire_guard(&self, request: &LeaseRequest, patience: Duration) -> Result<LeaseGuard, MetaError> {
        let notice = |record: &ade_meta::LeaseRecord| {
            let relation = relation(&record.scope);
            self.observer.on(&Event::LeaseWaiting { node: String::new(), relation, holder: record.to_string() });
        };
        self.meta.acquire_lease(request, patience, notice).await
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keeper").field("meta", &self.meta.path()).finish_non_exhaustive()
    }
}

#[async_trait]
impl LeaseKeeper for Keeper {
    async fn acquire(&self, scope: &str, holder: &str, above: u64) -> Result<Lease, LeaseError> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let request = LeaseRequest { above, ..LeaseRequest::new(scope, writer.run_id, writer.purpose) };
        let guard = self.acquire_guard(&request, writer.patience).await.map_err(|error| translated(scope, 0, error))?;
        let held = guard.lease();
        let lease = Lease {
            scope: scope.to_owned(),
            holder: holder.to_owned(),
            token: held.token,
            expires_at: held.expires_at,
        };
        let key = (scope.to_owned(), held.token);
        self.guards.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::new(guard));
        Ok(lease)
    }

    async fn renew(&self, lease: &Lease) -> Result<Lease, LeaseError> {
        let Some(guard) = self.guard(lease) else { return Err(unknown(lease)) };
        let renewed =
            self.meta.renew_lease(guard.lease()).await.map_err(|error| translated(&lease.scope, lease.token, error))?;
        Ok(Lease { expires_at: renewed.expires_at, ..lease.clone() })
    }

    async fn check(&self, lease: &Lease) -> Result<(), LeaseError> {
        let Some(guard) = self.guard(lease) else { return Err(unknown(lease)) };
        guard.check().await.map_err(|error| translated(&lease.scope, lease.token, error))
    }

    async fn release(&self, lease: &Lease) -> Result<(), LeaseError> {
        let key = (lease.scope.clone(), lease.token);
        let guard = self.guards.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        match guard.map(Arc::try_unwrap) {
            Some(Ok(guard)) => guard.release().await.map_err(|error| translated(&lease.scope, lease.token, error)),
            // Somebody checks it at this moment; dropping the last handle releases it.
            Some(Err(_)) | None => Ok(()),
        }
    }
}

/// What people call a scope: `app.customers` for the place of that table in a lake.
fn relation(scope: &str) -> String {
    let mut parts = scope.rsplit('/');
    match (scope.contains("://"), parts.next(), parts.next()) {
        (true, Some(table), Some(schema)) => format!("{schema}.{table}"),
        _ => scope.to_owned(),
    }
}

fn unknown(lease: &Lease) -> LeaseError {
    LeaseError::Lost {
        scope: lease.scope.clone(),
        token: lease.token,
        reason: "this process does not hold it any more".to_owned(),
    }
}

fn translated(scope: &str, token: u64, error: MetaError) -> LeaseError {
    match error {
        MetaError::LeaseHeld { record, .. } => {
            LeaseError::Held { scope: relation(scope), holder: record.to_string(), expires_at: record.expires_at }
        }
        MetaError::LeaseLost { now_held_by, .. } => LeaseError::Lost {
            scope: scope.to_owned(),
            token,
            reason: match now_held_by {
                Some(record) => format!("it is now held by {record}"),
                None => "it expired".to_owned(),
            },
        },
        other => LeaseError::Unavailable { scope: scope.to_owned(), reason: other.to_string() },
    }
}
