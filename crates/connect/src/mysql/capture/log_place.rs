//! A place in a server's log.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// A place in a server's log, between two of its events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LogPlace {
    /// A file of the log: `binlog.000012`.
    pub(crate) file: String,
    /// In bytes from its beginning.
    pub(crate) offset: u64,
}

/// Where the first event of every file is.
pub(crate) const FIRST_EVENT: u64 = 4;

impl LogPlace {
    pub(crate) fn new(file: impl Into<String>, offset: u64) -> Self {
        Self { file: file.into(), offset }
    }

    /// The number that a file's name ends with; it grows from file to file, and gets more digits when it has to.
    fn number(&self) -> u64 {
        self.file.rsplit('.').next().and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    /// How far `self` is behind `other`, as far as that can be told: the file's border counts as much as a large file.
    pub(crate) fn bytes_behind(&self, other: &Self) -> u64 {
        match self.number().cmp(&other.number()) {
            Ordering::Less => u64::MAX,
            Ordering::Equal => other.offset.saturating_sub(self.offset),
            Ordering::Greater => 0,
        }
    }
}

impl Ord for LogPlace {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.number(), &self.file, self.offset).cmp(&(other.number(), &other.file, other.offset))
    }
}

impl PartialOrd for LogPlace {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_follow_each_other_by_number() {
        let place = |file: &str, offset| LogPlace::new(file, offset);
        assert!(place("a.000009", 900) < place("a.000010", 4));
        assert!(place("a.999999", 4) < place("a.1000000", 4));
        assert!(place("a.000001", 4) < place("a.000001", 5));
        assert_eq!(place("a.000001", 4).bytes_behind(&place("a.000001", 104)), 100);
        assert_eq!(place("a.000001", 4).bytes_behind(&place("a.000002", 4)), u64::MAX);
        assert_eq!(place("a.000002", 4).bytes_behind(&place("a.000001", 900)), 0);
    }
}
