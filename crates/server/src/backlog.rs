//! How much of a log has not landed.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use ade_run::events::{EventLog, LogPlace};

/// How much of a log has not landed, and how much may be.
#[derive(Debug)]
pub(crate) struct Backlog {
    /// Bytes that were written since the program began.
    written: AtomicU64,
    measured: Mutex<Measured>,
    most: u64,
}

/// What was there when somebody looked.
#[derive(Debug, Clone, Copy, Default)]
struct Measured {
    bytes: u64,
    /// What had been written before that.
    written: u64,
}

impl Backlog {
    pub(crate) fn new(most: u64) -> Self {
        Self { written: AtomicU64::new(0), measured: Mutex::default(), most }
    }

    /// Measures it: what lies behind the place up to which everything has landed.
    pub(crate) fn measure(&self, log: &EventLog, landed: LogPlace) -> io::Result<()> {
        self.measure_by(|| log.bytes_after(landed))
    }

    /// What is written meanwhile may be counted twice until the next time, and is never missed: it would wait until somebody
    /// sends more.
    fn measure_by(&self, look: impl FnOnce() -> io::Result<u64>) -> io::Result<()> {
        let written = self.written.load(Ordering::SeqCst);
        let bytes = look()?;
        *self.measured.lock().unwrap_or_else(PoisonError::into_inner) = Measured { bytes, written };
        Ok(())
    }

    /// So many bytes were written since.
    pub(crate) fn grow(&self, bytes: u64) {
        self.written.fetch_add(bytes, Ordering::SeqCst);
    }

    pub(crate) fn bytes(&self) -> u64 {
        let Measured { bytes, written } = *self.measured.lock().unwrap_or_else(PoisonError::into_inner);
        bytes + self.written.load(Ordering::SeqCst).saturating_sub(written)
    }

    /// Whether no more may be taken until some of it has landed.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes() >= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_while_somebody_looks_is_not_missed() {
        let backlog = Backlog::new(100);
        backlog.grow(70);
        let looked = backlog.measure_by(|| {
            backlog.grow(30);
            Ok(0)
        });
        looked.unwrap();
        assert_eq!(backlog.bytes(), 30);
        backlog.grow(70);
        assert!(backlog.is_full());
        backlog.measure_by(|| Ok(0)).unwrap();
        assert_eq!(backlog.bytes(), 0);
    }
}
