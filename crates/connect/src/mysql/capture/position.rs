//! How far a captured table has been read.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::log_place::LogPlace;
use crate::mysql::catalog::Table;

/// How far a captured table has been read. Stored in the commit of its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The server, by its own name of itself.
    pub(crate) server: String,
    /// Everything that was written before here is in the lake …
    #[serde(flatten)]
    pub(crate) place: LogPlace,
    /// … and something of what was written up to here may be: the place is from before the copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) copied: Option<LogPlace>,
    /// When the server said so, by its own clock, in seconds since 1970; nothing was read before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) copied_at_s: Option<u32>,
    /// When the server began the place's file, by its own clock: a log that was begun anew has the same names.
    pub(crate) begun: u32,
    /// All of the table's columns then, in order …
    pub(crate) columns: Vec<KnownColumn>,
    /// … less those that went and with those that came, without any row of it since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_altered: bool,
}

/// A column as a position remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KnownColumn {
    pub(crate) name: String,
    /// As in `create table`.
    #[serde(rename = "type")]
    pub(crate) source_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) character_set: Option<String>,
}

impl Position {
    /// From a commit. `None`: there is none, or it is of another kind.
    pub(crate) fn parse(value: Option<&Value>) -> Option<Self> {
        serde_json::from_value(value?.clone()).ok()
    }

    pub(crate) fn to_value(&self) -> Option<Value> {
        serde_json::to_value(self).ok()
    }

    /// Why the changes since then are not all that happened, as far as the table itself tells.
    pub(crate) fn gap(&self, server: &str, table: &Table) -> Option<String> {
        if self.server != server {
            return Some("it is another server than the one that it was read from".to_owned());
        }
        let retyped = known_columns(table).into_iter().find(|column| {
            let before = self.columns.iter().find(|before| before.name == column.name);
            before.is_some_and(|before| before != column)
        });
        retyped.map(|column| format!("its column `{}` has another type now", column.name))
    }
}

/// A table's columns as a position remembers them.
pub(crate) fn known_columns(table: &Table) -> Vec<KnownColumn> {
    let known = table.columns.iter().map(|column| KnownColumn {
        name: column.name.clone(),
        source_type: column.source_type.clone(),
        character_set: column.character_set.clone(),
    });
    known.collect()
}
