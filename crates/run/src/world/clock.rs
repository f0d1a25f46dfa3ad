//! The time, as every crate of the house asks for it.
use std::fmt::Debug;
use std::sync::Arc;

use chrono::{DateTime, Utc};

/// Tells the time.
pub trait Clock: Debug + Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// One clock behind the traits of the crates below.
#[derive(Debug, Clone)]
pub(crate) struct Clocks(pub(crate) Arc<dyn Clock>);

impl ade_lake::Clock for Clocks {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }
}

impl ade_meta::Clock for Clocks {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }
}
