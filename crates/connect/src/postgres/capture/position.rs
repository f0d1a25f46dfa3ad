//! How far a captured table has been read.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lsn::Lsn;
use super::publication::Published;
use super::shape::Shape;
use super::transaction_view::TransactionView;

/// How far a captured table has been read. Stored in the commit of its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The database: the server's own number of itself, and the database's.
    pub(crate) database: String,
    /// The slot that keeps the log for it.
    pub(crate) slot: String,
    /// How the publication gave its changes.
    pub(crate) published: Published,
    /// The table's number: one that is made anew under the same name has another.
    pub(crate) table: u32,
    /// Everything that committed before here is in the lake …
    pub(crate) lsn: Lsn,
    /// … and what this sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) copied: Option<TransactionView>,
    /// What it looked like then.
    pub(crate) shape: Shape,
}

impl Position {
    /// From a commit. `None`: there is none, or it is of another kind.
    pub(crate) fn parse(value: Option<&Value>) -> Option<Self> {
        serde_json::from_value(value?.clone()).ok()
    }

    pub(crate) fn to_value(&self) -> Option<Value> {
        serde_json::to_value(self).ok()
    }
}
