//! The Delta log of one table: reading versions and states, writing entries.

mod commit_state;
mod delta_actions;
mod entry;
mod newest;
mod protocol;
mod table_log;

pub(crate) use commit_state::CommitState;
pub(crate) use delta_actions::{add_line, metadata_line, protocol_line, remove_line, transaction_line};
pub(crate) use entry::{Entry, batch_transaction};
pub(crate) use protocol::{check_readable, check_writable, needed_protocol};
pub(crate) use table_log::TableLog;
