//! A declared type can keep a part of its file as it is: as a [`Node`].
//!
//! A node goes through serde as a list of five parts: first byte, end, kind, number or text as written, content.

use std::borrow::Cow;
use std::fmt;

use ade_diagnostic::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::{StrDeserializer, U8Deserializer, UsizeDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::decode::NodeDeserializer;
use super::{DecodeError, Entry, Mapping, Node, NodeValue, Spanned, TextStyle};

/// Name of the newtype by which a [`Node`] asks our deserializer for itself.
pub(super) const MARKER: &str = "$ade::Node";

/// The parts of a node, given one after the other.
pub(super) struct Parts<'de> {
    node: &'de Node,
    given: usize,
}

impl<'de> Parts<'de> {
    pub(super) fn new(node: &'de Node) -> Self {
        Self { node, given: 0 }
    }
}

impl<'de> SeqAccess<'de> for Parts<'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        self.given += 1;
        match self.given {
            1 => seed.deserialize(UsizeDeserializer::new(self.node.span.start)).map(Some),
            2 => seed.deserialize(UsizeDeserializer::new(self.node.span.end)).map(Some),
            3 => seed.deserialize(U8Deserializer::new(kind(self.node))).map(Some),
            4 => seed.deserialize(StrDeserializer::new(self.node.as_text().unwrap_or_default())).map(Some),
            5 => seed.deserialize(NodeDeserializer(self.node)).map(Some),
            _ => Ok(None),
        }
    }
}

fn kind(node: &Node) -> u8 {
    match &node.value {
        NodeValue::Text(_, TextStyle::Plain) => 1,
        NodeValue::Text(_, TextStyle::Rendered) => 2,
        _ => 0,
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(MARKER, NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a part of a YAML file")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Node, A::Error> {
        let missing = || A::Error::custom("parts of files are known in YAML only");
        let start = parts.next_element()?.ok_or_else(missing)?;
        let end = parts.next_element()?.ok_or_else(missing)?;
        let style = match parts.next_element::<u8>()?.ok_or_else(missing)? {
            1 => TextStyle::Plain,
            2 => TextStyle::Rendered,
            _ => TextStyle::Quoted,
        };
        let written = parts.next_element::<String>()?.ok_or_else(missing)?;
        let value = parts.next_element_seed(Content { style, written })?.ok_or_else(missing)?;
        Ok(Node { span: Span { start, end }, value })
    }
}

struct Content {
    style: TextStyle,
    written: String,
}

impl<'de> DeserializeSeed<'de> for Content {
    type Value = NodeValue;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<NodeValue, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Content {
    type Value = NodeValue;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a YAML value")
    }

    fn visit_unit<E: Error>(self) -> Result<NodeValue, E> {
        Ok(NodeValue::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<NodeValue, E> {
        Ok(NodeValue::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<NodeValue, E> {
        Ok(NodeValue::Number(value.into(), self.written))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<NodeValue, E> {
        Ok(NodeValue::Number(value.into(), self.written))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<NodeValue, E> {
        let number = serde_json::Number::from_f64(value).ok_or_else(|| E::custom("not a finite number"))?;
        Ok(NodeValue::Number(number, self.written))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<NodeValue, E> {
        Ok(NodeValue::Text(text.to_owned(), self.style))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<NodeValue, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = items.next_element()? {
            out.push(item);
        }
        Ok(NodeValue::Sequence(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<NodeValue, A::Error> {
        let mut out = Mapping::default();
        while let Some((key, value)) = entries.next_entry::<Spanned<String>, Node>()? {
            out.push(Entry { key: key.value, key_span: key.span, value });
        }
        Ok(NodeValue::Mapping(out))
    }
}

impl JsonSchema for Node {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Anything".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        true.into()
    }
}
