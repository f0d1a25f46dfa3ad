//! Leases: the right to write to one thing, for a while.
//!
//! A lease is a row with a *fencing token*. Every acquisition gives out a greater token than any before, across the loss of
//! the whole database too (tokens start at the clock's microseconds), so whoever held the lease before and wakes up late is
//! told apart by its token. A holder renews its lease from a heartbeat ([`crate::LeaseGuard`]). The lease of a process that has
//! ended on this machine is free at once; any other is free when it has expired.
//! Martin Kleppmann, "How to do distributed locking" (2016), says why the token is needed.

use std::{
    fmt::{self, Display},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::{
    LeaseGuard, Liveness, Meta, MetaError, Process,
    database::Write,
    record::{Columns, count, later, micros},
    step,
};

/// How often somebody who waits looks again.
const POLL: Duration = Duration::from_millis(50);

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseRequest {
    /// What the lease is on, such as `dev:table main.orders`. Whoever agrees on the text excludes each other.
    pub scope: String,
    /// The run that wants to write.
    pub run_id: Option<Uuid>,
    /// What the holder does, for those who wait: `ade build`.
    pub purpose: String,
    /// How long the lease holds without being renewed.
    pub ttl: Duration,
    /// The token given out is greater than this too: the one that the protected thing last saw, as it may remember more than
    /// a database that was lost.
    pub above: u64,
}

impl LeaseRequest {
    /// The time a lease holds without a heartbeat: long enough for a busy or paused process, short enough to wait for.
    pub const DEFAULT_TTL: Duration = Duration::from_mins(1);

    /// A request with the usual time to live.
    pub fn new(scope: impl Into<String>, run_id: Option<Uuid>, purpose: impl Into<String>) -> Self {
        Self { scope: scope.into(), run_id, purpose: purpose.into(), ttl: Self::DEFAULT_TTL, above: 0 }
    }
}

/// A lease that was acquired. It may have been lost since: see [`Meta::check_lease`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What it is on.
    pub scope: String,
    /// Greater than every token given out for the scope before.
    pub token: u64,
    /// How long it holds without being renewed.
    pub ttl: Duration,
    /// When it becomes free unless it is renewed.
    pub expires_at: DateTime<Utc>,
}

/// A lease as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeaseRecord {
    /// What it is on.
    pub scope: String,
    /// Its fencing token.
    pub token: u64,
    /// The run that holds it.
    pub run_id: Option<Uuid>,
    /// What the holder does.
    pub purpose: String,
    /// The process that holds it.
    pub process: Process,
    /// When it was acquired.
    pub acquired_at: DateTime<Utc>,
    /// The last heartbeat.
    pub renewed_at: DateTime<Utc>,
    /// When it becomes free without a further heartbeat.
    pub expires_at: DateTime<Utc>,
    /// When it was given back.
    pub released_at: Option<DateTime<Utc>>,
}

impl Display for LeaseRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.purpose, self.process)?;
        if let Some(run_id) = self.run_id {
            write!(f, ", run {run_id}")?;
        }
        write!(f, ", since {} UTC)", self.acquired_at.format("%Y-%m-%d %H:%M:%S"))
    }
}

/// The outcome of one attempt to acquire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseAttempt {
    /// It is ours.
    Acquired(Lease),
    /// Somebody else holds it.
    Held(Box<LeaseRecord>),
}

impl Meta {
    /// Tries once. The lease is durable when this returns; nobody renews it but the caller ([`Self::renew_lease`]).
    pub async fn try_acquire_lease(&self, request: &LeaseRequest) -> Result<LeaseAttempt, MetaError> {
        let mut write = self.database.begin(&step::LEASE_ACQUIRE).await?;
        let last = find(&mut write, &request.scope).await?;
        let now = self.now();
        if let Some(last) = &last
            && self.is_held(last, now)
        {
            return Ok(LeaseAttempt::Held(Box::new(last.clone())));
        }
        let token = last
            .map_or(0, |last| last.token)
            .max(request.above)
            .saturating_add(1)
            .max(now.timestamp_micros().unsigned_abs());
        let expires_at = later(now, request.ttl);
        let upsert = sqlx::query(
            "insert into leases (scope, token, run_id, purpose, host, machine, pid, process_started,
                 acquired_at, renewed_at, expires_at, released_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, null)
             on conflict (scope) do update set token = excluded.token, run_id = excluded.run_id,
                 purpose = excluded.purpose, host = excluded.host, machine = excluded.machine, pid = excluded.pid,
                 process_started = excluded.process_started, acquired_at = excluded.acquired_at,
                 renewed_at = excluded.renewed_at, expires_at = excluded.expires_at, released_at = null",
        )
        .bind(&request.scope)
        .bind(count(token))
        .bind(request.run_id.map(|id| id.to_string()))
        .bind(&request.purpose)
        .bind(&self.process.host)
        .bind(&self.process.machine)
        .bind(i64::from(self.process.pid))
        .bind(count(self.process.started))
        .bind(micros(now))
        .bind(micros(expires_at));
        write.run(upsert).await?;
        let lease = Lease { scope: request.scope.clone(), token, ttl: request.ttl, expires_at };
        if let Err(error) = write.commit().await {
            // The commit may have happened all the same; a lease that nobody knows of would block everybody.
            if let Err(release) = self.release_lease(&lease).await {
                tracing::debug!(scope = lease.scope, %release, "a lease of unknown fate was not released");
            }
            return Err(error);
        }
        Ok(LeaseAttempt::Acquired(lease))
    }

    /// Acquires a lease and keeps it alive until the guard is released or dropped. Waits for at most `patience` for the one
    /// who holds it (zero fails at once) and calls `notice` each time that is somebody new.
    ///
    /// # Errors
    /// [`MetaError::LeaseHeld`] when `patience` is over, or what the database says.
    pub async fn acquire_lease(
        &self,
        request: &LeaseRequest,
        patience: Duration,
        mut notice: impl FnMut(&LeaseRecord) + Send,
    ) -> Result<LeaseGuard, MetaError> {
        let started = Instant::now();
        let mut noticed = None;
        loop {
            let record = match self.try_acquire_lease(request).await? {
                LeaseAttempt::Acquired(lease) => return Ok(LeaseGuard::new(self.clone(), lease)),
                LeaseAttempt::Held(record) => record,
            };
            let waited = started.elapsed();
            if waited >= patience {
                let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
                return Err(MetaError::LeaseHeld { record, waited_ms });
            }
            if noticed != Some(record.token) {
                noticed = Some(record.token);
                notice(&record);
            }
            tokio::time::sleep(POLL.min(patience.saturating_sub(waited))).await;
        }
    }

    /// Says whether the lease is still ours, and if so extends it by its whole time to live: what follows within that time is
    /// safe. A lease that has expired but that nobody took is still ours.
    ///
    /// # Errors
    /// [`MetaError::LeaseLost`] if it was taken over or given back.
    pub async fn renew_lease(&self, lease: &Lease) -> Result<Lease, MetaError> {
        let mut write = self.database.begin(&step::LEASE_RENEW).await?;
        let expires_at = self.check_within(&mut write, lease).await?;
        write.commit().await?;
        Ok(Lease { expires_at, ..lease.clone() })
    }

    /// The check before a commit that the lease protects; the same as [`Self::renew_lease`].
    pub async fn check_lease(&self, lease: &Lease) -> Result<(), MetaError> {
        self.renew_lease(lease).await.map(drop)
    }

    /// Gives the lease back. Does nothing if it is no longer ours.
    pub async fn release_lease(&self, lease: &Lease) -> Result<(), MetaError> {
        let mut write = self.database.begin(&step::LEASE_RELEASE).await?;
        let update =
            sqlx::query("update leases set released_at = $3 where scope = $1 and token = $2 and released_at is null");
        write.run(update.bind(&lease.scope).bind(count(lease.token)).bind(micros(self.now()))).await?;
        write.commit().await
    }

    /// The leases that are held, by scope.
    pub async fn leases(&self) -> Result<Vec<LeaseRecord>, MetaError> {
        let select = sqlx::query("select * from leases where released_at is null order by scope");
        let leases = self.database.records("read leases", select, lease_record).await?;
        let now = self.now();
        Ok(leases.into_iter().filter(|lease| self.is_held(lease, now)).collect())
    }

    /// [`Self::renew_lease`] as part of a greater transaction.
    pub(crate) async fn check_within(&self, write: &mut Write<'_>, lease: &Lease) -> Result<DateTime<Utc>, MetaError> {
        let now = self.now();
        let expires_at = later(now, lease.ttl);
        let update = sqlx::query(
            "update leases set renewed_at = $3, expires_at = $4 where scope = $1 and token = $2 and released_at is null",
        );
        let update = update.bind(&lease.scope).bind(count(lease.token)).bind(micros(now)).bind(micros(expires_at));
        if write.run(update).await? > 0 {
            return Ok(expires_at);
        }
        let holder = find(write, &lease.scope).await?.filter(|holder| self.is_held(holder, now));
        Err(MetaError::LeaseLost { scope: lease.scope.clone(), token: lease.token, now_held_by: holder.map(Box::new) })
    }

    fn is_held(&self, lease: &LeaseRecord, now: DateTime<Utc>) -> bool {
        lease.released_at.is_none() && lease.expires_at > now && self.probe.liveness(&lease.process) != Liveness::Dead
    }
}

async fn find(write: &mut Write<'_>, scope: &str) -> Result<Option<LeaseRecord>, MetaError> {
    let select = sqlx::query("select * from leases where scope = $1").bind(scope);
    Ok(write.records(select, lease_record).await?.pop())
}

fn lease_record(row: &SqliteRow) -> sqlx::Result<LeaseRecord> {
    let columns = Columns(row);
    Ok(LeaseRecord {
        scope: columns.text("scope")?,
        token: columns.count("token")?,
        run_id: columns.optional_uuid("run_id")?,
        purpose: columns.text("purpose")?,
        process: columns.process()?,
        acquired_at: columns.instant("acquired_at")?,
        renewed_at: columns.instant("renewed_at")?,
        expires_at: columns.instant("expires_at")?,
        released_at: columns.optional_instant("released_at")?,
    })
}
