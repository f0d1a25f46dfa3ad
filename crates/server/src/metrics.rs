//! What the collector counts of itself.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters since the program began.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) requests: AtomicU64,
    pub(crate) received: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    /// Requests that were refused: the client's fault.
    pub(crate) refused: AtomicU64,
    /// Requests that were put off: 429.
    pub(crate) put_off: AtomicU64,
    /// Requests that could not be written: 503.
    pub(crate) unwritten: AtomicU64,
    /// Writes to the log, each of which one or several requests shared.
    pub(crate) writes: AtomicU64,
    pub(crate) landings: AtomicU64,
    pub(crate) failed_landings: AtomicU64,
}

impl Metrics {
    pub(crate) fn add(counter: &AtomicU64, amount: u64) {
        counter.fetch_add(amount, Ordering::Relaxed);
    }

    /// In the text format of Prometheus.
    pub(crate) fn to_text(&self, backlog_bytes: u64) -> String {
        let counters = [
            ("requests", "Requests that were answered.", &self.requests),
            ("events_received", "Events that were acknowledged, duplicates included.", &self.received),
            ("events_duplicate", "Events whose message id was there before.", &self.duplicates),
            ("requests_refused", "Requests that were refused as malformed or unauthorized.", &self.refused),
            ("requests_put_off", "Requests that were told to come again later.", &self.put_off),
            ("requests_unwritten", "Requests that could not be written to disk.", &self.unwritten),
            ("log_writes", "Writes to the log made durable.", &self.writes),
            ("landings", "Runs that landed what was in the log.", &self.landings),
            ("landings_failed", "Runs that could not land everything.", &self.failed_landings),
        ];
        let mut text = String::new();
        for (name, help, counter) in counters {
            let value = counter.load(Ordering::Relaxed);
            let _ = writeln!(
                text,
                "# HELP ade_{name}_total {help}\n# TYPE ade_{name}_total counter\nade_{name}_total {value}"
            );
        }
        let help = "Bytes of the log that have not landed.";
        let _ = writeln!(
            text,
            "# HELP ade_backlog_bytes {help}\n# TYPE ade_backlog_bytes gauge\nade_backlog_bytes {backlog_bytes}"
        );
        text
    }
}
