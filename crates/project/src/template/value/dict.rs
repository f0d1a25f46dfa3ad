//! Dictionaries.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{Text, Value};

/// Entries in the order of their insertion.
pub(crate) type Dict = IndexMap<Key, Value>;

/// What a dictionary can be indexed by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    None,
    Bool(bool),
    Int(i64),
    Str(Arc<str>),
    Tuple(Vec<Key>),
}

impl Key {
    /// The key of a value; `None` for values that can change, which cannot be keys.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::None => Self::None,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Str(text) => Self::Str(Arc::clone(text.shared())),
            Value::Tuple(items) => Self::Tuple(items.iter().map(Self::of).collect::<Option<_>>()?),
            Value::Relation(relation) => Self::Str(relation.to_string().into()),
            Value::Float(value) => Self::Str(super::display::float(*value).into()),
            _ => return None,
        })
    }

    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::None => Value::None,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Str(text) => Value::Str(Text::from(text)),
            Self::Tuple(items) => Value::tuple(items.iter().map(Self::to_value)),
        }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::Str(text.into())
    }
}

impl From<&Arc<str>> for Key {
    fn from(text: &Arc<str>) -> Self {
        Self::Str(Arc::clone(text))
    }
}
