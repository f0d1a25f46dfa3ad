//! The tree that a YAML file is.

use ade_diagnostic::Span;
use serde_json::{Map, Number, Value};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The bytes of the value in its file.
    pub span: Span,
    /// The value.
    pub value: NodeValue,
}

/// A value of YAML.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeValue {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, and how it is written: `1.10` may be meant as text.
    Number(Number, String),
    /// Text.
    Text(String, TextStyle),
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping.
    Mapping(Mapping),
}

/// How a text came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextStyle {
    /// Written without quotes: `yes` may be meant as a boolean.
    Plain,
    /// Written in quotes or as a block.
    Quoted,
    /// What a template in it came to: `True` may be meant as a boolean, `3` as a number.
    Rendered,
}

/// A mapping: entries in the order of the file, each key once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    entries: Vec<Entry>,
}

/// A key, where it stands, and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key; keys that are numbers or booleans are kept as they are written.
    pub key: String,
    /// The bytes of the key.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A value that stands at `span`.
    pub fn new(value: NodeValue, span: Span) -> Self {
        Self { span, value }
    }

    /// A value from elsewhere, all of it standing at `span`.
    pub fn from_json(value: &Value, span: Span) -> Self {
        let value = match value {
            Value::Null => NodeValue::Null,
            Value::Bool(value) => NodeValue::Bool(*value),
            Value::Number(number) => NodeValue::Number(number.clone(), number.to_string()),
            Value::String(text) => NodeValue::Text(text.clone(), TextStyle::Quoted),
            Value::Array(items) => NodeValue::Sequence(items.iter().map(|item| Self::from_json(item, span)).collect()),
            Value::Object(entries) => {
                let entries = entries.iter().map(|(key, value)| Entry {
                    key: key.clone(),
                    key_span: span,
                    value: Self::from_json(value, span),
                });
                NodeValue::Mapping(entries.collect())
            }
        };
        Self::new(value, span)
    }

    /// The value without places, as dbt would read it: `no` is a truth value.
    pub fn to_json(&self) -> Value {
        match &self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(value) => Value::Bool(*value),
            NodeValue::Number(number, _) => Value::Number(number.clone()),
            NodeValue::Text(text, TextStyle::Plain) => {
                super::scalar::boolean_1_1(text).map_or_else(|| Value::String(text.clone()), Value::Bool)
            }
            NodeValue::Text(text, _) => Value::String(text.clone()),
            NodeValue::Sequence(items) => items.iter().map(Self::to_json).collect(),
            NodeValue::Mapping(mapping) => Value::Object(mapping.to_json()),
        }
    }

    /// The mapping that it is.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.value {
            NodeValue::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The items of the list that it is.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            NodeValue::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The text that it is; a number as it is written.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Text(text, _) => Some(text),
            NodeValue::Number(_, written) => Some(written),
            _ => None,
        }
    }

    /// The boolean that it is or, to a reader of YAML 1.1 or of a rendered template, would be.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.value {
            NodeValue::Bool(value) => Some(*value),
            NodeValue::Text(text, TextStyle::Plain) => match text.to_ascii_lowercase().as_str() {
                "yes" | "on" => Some(true),
                "no" | "off" => Some(false),
                _ => None,
            },
            NodeValue::Text(text, TextStyle::Rendered) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => Some(true),
                "false" | "no" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The number that it is, or that a template in it came to.
    pub fn as_number(&self) -> Option<Number> {
        match &self.value {
            NodeValue::Number(number, _) => Some(number.clone()),
            NodeValue::Text(text, TextStyle::Plain | TextStyle::Rendered) => super::scalar::number(text.trim()),
            _ => None,
        }
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        self.value == NodeValue::Null
    }

    /// What it is, for messages.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            NodeValue::Null => "nothing",
            NodeValue::Bool(_) => "a boolean",
            NodeValue::Number(..) => "a number",
            NodeValue::Text(..) => "text",
            NodeValue::Sequence(_) => "a list",
            NodeValue::Mapping(_) => "a mapping",
        }
    }
}

impl Mapping {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// All entries.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// All entries, taken out.
    pub fn into_entries(self) -> impl Iterator<Item = Entry> {
        self.entries.into_iter()
    }

    /// All entries, to change their values.
    pub fn entries_mut(&mut self) -> &mut [Entry] {
        &mut self.entries
    }

    /// Adds an entry, whose key must be new.
    pub fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Keeps the entries for which `keep` says so.
    pub fn retain_mut(&mut self, keep: impl FnMut(&mut Entry) -> bool) {
        self.entries.retain_mut(keep);
    }

    /// Removes and returns the entry of a key.
    pub fn remove(&mut self, key: &str) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(at))
    }

    /// The entries without places.
    pub fn to_json(&self) -> Map<String, Value> {
        self.entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect()
    }
}

impl FromIterator<Entry> for Mapping {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self { entries: entries.into_iter().collect() }
    }
}
