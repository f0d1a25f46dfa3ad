//! Change capture: a source's own log, folded into what became of each row.
//!
//! A [`Capture`] is a snapshot of several tables at once. A table that was never captured is read whole, like any other; one
//! that was goes on with the changes since, up to one place in the log for all of them. What a capture gave has to be
//! committed with its position before the source may forget it ([`Capture::confirm`]): until then, everything is given
//! again, and nothing is lost whoever dies when.
//!
//! `changes` folds the changes of one table, so that memory goes by rows that changed and not by how often; `fold_batches` makes
//! batches of them.

mod capture_stream;
mod cell;
mod change_columns;
mod changes;
mod fold_batches;
mod folded_table;
mod refusal;
mod row_key;

use async_trait::async_trait;
use serde_json::Value;

use crate::{ConnectError, Note, Snapshot};

pub(crate) use capture_stream::{changes, with_position};
pub(crate) use cell::{Cell, Row};
pub use change_columns::{BEFORE, CHANGED_AT, ChangeColumns, DELETED, UNCHANGED};
pub(crate) use changes::Changes;
#[cfg(test)]
pub(crate) use changes::Fate;
pub(crate) use fold_batches::FoldBatches;
pub(crate) use folded_table::FoldedTable;
pub(crate) use refusal::{Refusal, UNREADABLE};

/// What is to be captured.
#[derive(Debug, Clone)]
pub struct CaptureRequest {
    /// Who captures: a name of letters, digits and `_` that nobody else uses for this source. What the source keeps for it
    /// goes under this name.
    pub consumer: String,
    /// All tables that are captured under this name, also those that are not read now: the source keeps its log for them.
    pub tables: Vec<CapturedTable>,
    /// About how much memory changes may take, in bytes.
    pub memory_bytes: usize,
}

/// A table that is captured.
#[derive(Debug, Clone)]
pub struct CapturedTable {
    /// The table in the source.
    pub from: String,
    /// The columns by which its rows are told apart; empty: its primary key.
    pub key: Vec<String>,
    /// What the last commit of it says of where it was read to; `None` for one that was never captured.
    pub position: Option<Value>,
    /// The same of one that is to be read whole nevertheless.
    pub passed: Option<Value>,
    /// Whether it is read now.
    pub is_read: bool,
}

/// Several tables of a source at one place of its log. A [`crate::ReadPlan`] for [`crate::ReadMode::Capture`] that does not
/// replace all gives changes: batches with the columns of the plan, followed by [`ChangeColumns`].
#[async_trait]
pub trait Capture: Snapshot {
    /// Whether the source had more changes than fit into the memory: another capture goes on behind this one.
    fn has_more(&self) -> bool;

    /// What a person should know of the source's side: how much log it keeps for us, and why.
    fn notes(&self) -> Vec<Note>;

    /// Lets the source forget what all tables have: `positions` are those that their last commits have now.
    async fn confirm(&self, positions: &[Value]) -> Result<(), ConnectError>;
}
