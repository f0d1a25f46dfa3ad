//! Which columns messages have, and what their values have in common.

use arrow::datatypes::DataType;

use super::parse::VALUE;
use crate::ConnectError;
use crate::files::json_lines;

/// Which columns messages have, and what their values have in common.
#[derive(Debug)]
pub(crate) enum Seen {
    /// Text alone.
    Text,
    /// Objects of JSON.
    Json(json_lines::Seen),
}

impl Seen {
    /// With what was seen after it.
    pub(crate) fn merge(&mut self, topic: &str, other: &Self) -> Result<(), ConnectError> {
        match (self, other) {
            (Self::Json(seen), Self::Json(other)) => seen.merge(topic, other),
            _ => Ok(()),
        }
    }

    /// Each column with the narrowest type that holds all of its values, in the order of their first appearance.
    pub(crate) fn into_columns(self) -> Vec<(String, DataType)> {
        match self {
            Self::Text => vec![(VALUE.to_owned(), DataType::Utf8)],
            Self::Json(seen) => {
                seen.into_columns().map(|(name, evidence, _)| (name, evidence.data_type(false))).collect()
            }
        }
    }
}
