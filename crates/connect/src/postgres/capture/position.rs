//! How far a captured table has been read.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lsn::Lsn;
use super::publication::Published;
use super::shape::Shape;
use super::transaction_view::TransactionView;
use crate::ConnectError;

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
    pub(crate) fn parse(from: &str, value: Option<&Value>) -> Result<Option<Self>, ConnectError> {
        let Some(value) = value else { return Ok(None) };
        serde_json::from_value(value.clone()).map(Some).map_err(|_| ConnectError::Request {
            from: from.to_owned(),
            reason: "the stored position is not one of a PostgreSQL table that is captured".to_owned(),
            advice: "load the table anew with `--full-refresh`".to_owned(),
        })
    }

    pub(crate) fn to_value(&self) -> Option<Value> {
        serde_json::to_value(self).ok()
    }
}
