//! How far a server may be burdened.

use crate::Settings;

/// How far a server may be burdened.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// The longest that one statement may take; 0: for ever.
    pub(crate) statement_timeout_ms: u64,
    /// The longest that a statement waits for a lock.
    pub(crate) lock_timeout_ms: u64,
    /// How many sessions read at once.
    pub(crate) streams: usize,
    pub(crate) rows_per_second: Option<u64>,
    pub(crate) bytes_per_second: Option<u64>,
}

/// One hour. A table is read in ranges of some megabytes, each a statement of seconds; what takes an hour is a view or a scan
/// without an index that somebody should know about, and for all of that time the server can clean up nothing.
pub(crate) const STATEMENT_TIMEOUT_MS: u64 = 3_600_000;
pub(crate) const LOCK_TIMEOUT_MS: u64 = 5_000;
/// As many readers as a production server is asked to serve at most, unless somebody says otherwise.
pub(crate) const MOST_STREAMS: usize = 8;

impl Limits {
    pub(crate) fn new(settings: &Settings, threads: usize) -> Self {
        let number = |name: &str| settings.integer(name).and_then(|value| u64::try_from(value).ok());
        let streams = number("streams").and_then(|streams| usize::try_from(streams).ok());
        Self {
            statement_timeout_ms: number("statement_timeout_ms").unwrap_or(STATEMENT_TIMEOUT_MS),
            lock_timeout_ms: number("lock_timeout_ms").unwrap_or(LOCK_TIMEOUT_MS),
            streams: streams.unwrap_or(threads.min(MOST_STREAMS)).max(1),
            rows_per_second: number("max_rows_per_second"),
            bytes_per_second: number("max_bytes_per_second"),
        }
    }

    /// What a transaction is told first. Within the transaction, so that a pooler hands nothing of it on to others.
    pub(crate) fn statements(&self) -> String {
        format!(
            "set local statement_timeout = {}; set local lock_timeout = {}; \
             set local idle_in_transaction_session_timeout = {IDLE_TIMEOUT_MS}; \
             set local \"DateStyle\" = 'ISO'; set local \"IntervalStyle\" = 'postgres'; set local \"TimeZone\" = 'UTC'; \
             set local extra_float_digits = 1; set local bytea_output = 'hex'; set local xmloption = 'content'; \
             set local synchronize_seqscans = off; set local max_parallel_workers_per_gather = 0",
            self.statement_timeout_ms, self.lock_timeout_ms
        )
    }
}

/// A transaction of ours that nobody keeps alive for so long ends by itself: its program is stopped or asleep.
const IDLE_TIMEOUT_MS: u64 = 900_000;
