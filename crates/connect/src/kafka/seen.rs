//! Which columns messages have, and what their values have in common.

use arrow::datatypes::DataType;

use super::parse::VALUE;
use crate::ConnectError;
use crate::files::{json_lines, wider};

/// Which columns messages have, and what their values have in common.
#[derive(Debug)]
pub(crate) enum Seen {
    /// Text alone.
    Text,
    /// Objects of JSON.
    Json(json_lines::Seen),
    /// Columns with the types that their schemas say.
    Typed(Vec<(String, DataType)>),
}

impl Seen {
    /// With what was seen after it.
    pub(crate) fn merge(&mut self, topic: &str, other: &Self) -> Result<(), ConnectError> {
        match (self, other) {
            (Self::Json(seen), Self::Json(other)) => seen.merge(topic, other),
            (Self::Typed(seen), Self::Typed(other)) => {
                for (name, data_type) in other {
                    add(seen, name, data_type);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Each column with the narrowest type that holds all of its values, in the order of their first appearance.
    pub(crate) fn into_columns(self) -> Vec<(String, DataType)> {
        match self {
            Self::Text => vec![(VALUE.to_owned(), DataType::Utf8)],
            Self::Typed(columns) => columns,
            Self::Json(seen) => {
                seen.into_columns().map(|(name, evidence, _)| (name, evidence.data_type(false))).collect()
            }
        }
    }
}

/// One more column, or a type that holds both where it is there already.
pub(crate) fn add(columns: &mut Vec<(String, DataType)>, name: &str, data_type: &DataType) {
    match columns.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => *known = wider(known, data_type),
        None => columns.push((name.to_owned(), data_type.clone())),
    }
}
