//! Where the time comes from.

use std::fmt::Debug;

use chrono::{DateTime, Utc};

/// Tells the time; the program wires the system's clock, tests one that they turn by hand.
pub trait Clock: Debug + Send + Sync {
    /// The present instant. Lease expiry compares such instants of different processes, so they must share one time base.
    fn now(&self) -> DateTime<Utc>;
}
