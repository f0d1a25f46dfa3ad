//! A log on disk: segments of encrypted blocks, each block what one write made durable.
//!
//! A segment is a file of a number (`00000000000000000012.log`) that only grows. A block is its length and then records,
//! compressed and sealed with the place where they are: a block that was moved, cut off or altered does not open. What a
//! crash left half written at the end of the newest segment was never acknowledged; it is cut off when the log is opened to
//! be written, and whoever only reads stops before it. A writer always begins a segment of its own, so that a place that
//! somebody has read to is never written again.
//!
//! Beside a segment that is complete lies a file with digests of the messages in it (`….ids`), which stays when the segment
//! goes: a message that is sent again is known as such.

mod folder;
mod key;
mod place;
mod reader;
mod record;
mod scrub;
mod seen;
mod segment;
mod writer;

pub use folder::{EventLog, EventLogLock};
pub use key::EventLogKey;
pub use place::LogPlace;
pub use reader::{LogRound, read_round};
pub use record::EventRecord;
pub use writer::{EventLogOptions, EventLogWriter};
