//! How far a table has been read.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cursor::CursorValue;
use crate::ConnectError;

/// How far a table has been read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The cursor column; another one, or one of another kind, starts anew.
    pub(crate) cursor: String,
    /// The largest value that was read.
    #[serde(flatten)]
    pub(crate) value: CursorValue,
    /// Digest of the rows that the next read would begin with if nothing changed, so that it can tell.
    pub(crate) window: String,
}

impl Position {
    pub(crate) fn parse(from: &str, value: Option<&Value>) -> Result<Option<Self>, ConnectError> {
        let Some(value) = value else { return Ok(None) };
        let position: Option<Self> = serde_json::from_value(value.clone()).ok();
        match position.filter(|position| position.value.parameter().is_some()) {
            Some(position) => Ok(Some(position)),
            None => Err(ConnectError::Request {
                from: from.to_owned(),
                reason: "the stored position is not one of a MySQL table".to_owned(),
                advice: "load the table anew with `--full-refresh`".to_owned(),
            }),
        }
    }

    pub(crate) fn to_value(&self) -> Option<Value> {
        serde_json::to_value(self).ok()
    }
}
