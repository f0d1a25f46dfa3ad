//! Where the lake takes the time from.

use std::fmt;

use chrono::{DateTime, Utc};

/// The wall clock, given from outside so that tests can own it.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The current instant.
    fn now(&self) -> DateTime<Utc>;
}
