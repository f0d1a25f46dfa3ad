//! Events that wait to land: what the collector needs of a project.
pub use ade_connect::{EventLog, EventLogKey, EventLogLock, EventLogOptions, EventLogWriter, EventRecord, LogPlace};

pub use crate::source::Collection;
