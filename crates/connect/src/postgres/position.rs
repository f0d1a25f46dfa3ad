//! How far a table has been read.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cursor::CursorKind;
use crate::ConnectError;

/// How far a table has been read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The cursor column; another one starts anew.
    pub(crate) cursor: String,
    /// What kind of values it had; another kind starts anew.
    pub(crate) kind: CursorKind,
    /// The largest value that was read, as the server writes it.
    pub(crate) value: String,
    /// Digest of the rows that the next read would begin with if nothing changed, so that it can tell.
    pub(crate) window: String,
}

impl Position {
    pub(crate) fn parse(from: &str, value: Option<&Value>) -> Result<Option<Self>, ConnectError> {
        let Some(value) = value else { return Ok(None) };
        serde_json::from_value(value.clone()).map(Some).map_err(|_| ConnectError::Request {
            from: from.to_owned(),
            reason: "the stored position is not one of a PostgreSQL table".to_owned(),
            advice: "load the table anew with `--full-refresh`".to_owned(),
        })
    }

    pub(crate) fn to_value(&self) -> Option<Value> {
        serde_json::to_value(self).ok()
    }
}
