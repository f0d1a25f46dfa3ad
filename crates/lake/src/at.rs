//! Which version of a table to read.

use std::fmt;

use chrono::{DateTime, Utc};

/// A point in a table's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum At {
    /// The newest committed version.
    #[default]
    Latest,
    /// This version of the Delta log.
    Version(u64),
    /// The newest version that was committed at or before this instant.
    Timestamp(DateTime<Utc>),
}

impl fmt::Display for At {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => write!(formatter, "the newest version"),
            Self::Version(version) => write!(formatter, "version {version}"),
            Self::Timestamp(time) => write!(formatter, "the version of {}", time.to_rfc3339()),
        }
    }
}
