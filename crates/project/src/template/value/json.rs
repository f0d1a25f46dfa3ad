//! To and from JSON.

use serde_json::{Map, Value as Json};

use super::{Key, Value};

impl Value {
    pub(crate) fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::None,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(value) => Self::Int(value),
                None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::from(text.as_str()),
            Json::Array(items) => Self::list(items.iter().map(Self::from_json)),
            Json::Object(entries) => Self::from_map(entries),
        }
    }

    pub(crate) fn from_map(entries: &Map<String, Json>) -> Self {
        Self::dict(entries.iter().map(|(key, value)| (Key::from(key.as_str()), Self::from_json(value))))
    }

    /// The JSON of a value; what JSON has no word for becomes its text.
    pub(crate) fn to_json(&self) -> Json {
        match self {
            Self::Undefined(_) | Self::None => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Int(value) => Json::from(*value),
            Self::Float(value) => Json::from(*value),
            Self::Str(text) => Json::String(text.to_string()),
            // What is borrowed already is inside of itself.
            Self::List(items) | Self::Set(items) => match items.try_borrow_mut() {
                Ok(items) => items.iter().map(Self::to_json).collect(),
                Err(_) => Json::Null,
            },
            Self::Tuple(items) => items.iter().map(Self::to_json).collect(),
            Self::Dict(entries) => {
                let Ok(entries) = entries.try_borrow_mut() else { return Json::Null };
                entries.iter().map(|(key, value)| (key.to_value().to_string(), value.to_json())).collect()
            }
            other => Json::String(other.to_string()),
        }
    }
}
