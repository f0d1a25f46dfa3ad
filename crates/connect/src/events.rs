//! Events that clients send: kept in a log of the program's own until they have landed.
//!
//! The collector (`ade serve`) writes what it accepts into a [`log`](EventLogWriter) before it acknowledges it. The log is
//! encrypted, since nothing in it has been treated yet. A [`round`](read_round) of it is read, told apart by tables, and
//! landed like the rows of any other source (as an [`EventRound`]); then the log is [forgotten](EventLog::forget) up to there.

mod cell;
mod change;
mod connection;
mod connector;
mod feed;
mod kept;
mod log;
mod message;
mod round;
mod snapshot;
mod table;

pub use connector::EventsConnector;
pub use feed::{EventFeed, snake_case};
pub use log::{
    EventLog, EventLogKey, EventLogLock, EventLogOptions, EventLogWriter, EventRecord, LogPlace, LogRound, read_round,
};
pub use round::{EventCount, EventRound, EventSource, NewEvent};
pub use snapshot::STOPPED;
