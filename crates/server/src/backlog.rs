//! How much of a log has not landed.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use ade_run::events::{EventLog, LogPlace};

/// How much of a log has not landed, and how much may be.
#[derive(Debug)]
pub(crate) struct Backlog {
    bytes: AtomicU64,
    most: u64,
}

impl Backlog {
    pub(crate) fn new(most: u64) -> Self {
        Self { bytes: AtomicU64::new(0), most }
    }

    /// Measures it: what lies behind the place up to which everything has landed.
    pub(crate) fn measure(&self, log: &EventLog, landed: LogPlace) -> io::Result<()> {
        self.bytes.store(log.bytes_after(landed)?, Ordering::Relaxed);
        Ok(())
    }

    /// So many bytes were written since.
    pub(crate) fn grow(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whether no more may be taken until some of it has landed.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes() >= self.most
    }
}
