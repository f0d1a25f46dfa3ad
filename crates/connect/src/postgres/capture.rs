//! Change capture from PostgreSQL's log, by logical replication.
//!
//! A `slot` keeps the log until what is in it has landed; a `publication` says which tables are in it. A `round` begins with
//! the two and with a snapshot (`open`), reads the log from the place to which the tables were read up to where it ends now
//! (`replication` speaks the protocol, `message` reads the output plugin's words), and folds what happened to each table
//! (`follower`, `followed_table`). A table that was never read is copied through the snapshot, and goes on with exactly the
//! transactions that the snapshot does not see (`transaction_view`): no gap, no overlap, whatever was running meanwhile. Its
//! `position` is committed with its rows, and only when every table has them the slot lets the log go.

mod capture_settings;
mod folded_rows;
mod followed_table;
mod follower;
mod log_end;
mod lsn;
mod message;
mod open;
mod position;
mod publication;
mod publishing;
mod replication;
mod round;
mod shape;
mod slot;
mod slot_keeper;
mod target;
mod transaction_view;
mod wanted;
mod writers;

pub(crate) use capture_settings::{CaptureSettings, SLOT_WARN_MB};
pub(crate) use open::{Moment, open};
