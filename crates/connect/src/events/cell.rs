//! Values of messages as text, with what kind of value each is.

use serde_json::{Map, Value};

use super::feed::snake_case;
use crate::value::{Evidence, Kinds};

/// Objects are taken apart so far; what is deeper stays JSON.
const MOST_DEPTH: usize = 4;

/// A value that is not null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// A text.
    Text(String),
    /// A number or a truth value, as it stands.
    Plain(String),
    /// A list, or an object that is not taken apart, in JSON.
    Nested(String),
}

impl Cell {
    fn of(value: Value) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::String(text) => Some(Self::Text(text)),
            Value::Bool(_) | Value::Number(_) => Some(Self::Plain(value.to_string())),
            Value::Array(_) | Value::Object(_) => Some(Self::Nested(value.to_string())),
        }
    }

    /// As it lands.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Plain(text) | Self::Nested(text) => text,
        }
    }

    /// Adds what it says of its column's type.
    pub(super) fn tell(&self, evidence: &mut Evidence) {
        match self {
            Self::Text(text) => evidence.see_time(text.as_bytes()),
            Self::Plain(text) => evidence.see(text.as_bytes()),
            Self::Nested(_) => evidence.add(Kinds::TEXT),
        }
    }
}

/// The members of an object as cells, by names in snake case: those of objects within it behind the names of these.
pub(super) fn flatten(object: Map<String, Value>, prefix: &str, into: &mut Vec<(String, Cell)>) {
    flatten_to(object, prefix, MOST_DEPTH, into);
}

fn flatten_to(object: Map<String, Value>, prefix: &str, depth: usize, into: &mut Vec<(String, Cell)>) {
    for (name, value) in object {
        let mut name = snake_case(&name);
        if name.is_empty() {
            "_".clone_into(&mut name);
        }
        let name = if prefix.is_empty() { name } else { format!("{prefix}_{}", name.trim_start_matches('_')) };
        match value {
            Value::Object(inner) if depth > 1 && !inner.is_empty() => flatten_to(inner, &name, depth - 1, into),
            value => into.extend(Cell::of(value).map(|cell| (name, cell))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_taken_apart_and_lists_are_not() {
        let value = json!({"orderId": 7, "Address": {"city": "Rome", "geo": {"lat": 1.5}}, "tags": ["a"], "gone": null, "e": {}});
        let mut cells = Vec::new();
        flatten(value.as_object().unwrap().clone(), "", &mut cells);
        let cells: Vec<_> = cells.iter().map(|(name, cell)| (name.as_str(), cell.text())).collect();
        let expected =
            [("order_id", "7"), ("address_city", "Rome"), ("address_geo_lat", "1.5"), ("tags", "[\"a\"]"), ("e", "{}")];
        assert_eq!(cells, expected);
    }
}
