//! A node as a value of a declared type.

use std::fmt;

use ade_diagnostic::Span;
use serde::de::value::{StrDeserializer, UsizeDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{Entry, Node, NodeValue, spanned, tree};

/// Name of a newtype that is given a list for a list, a list of one for anything else, and nothing for nothing.
pub const ONE_OR_MANY: &str = "$ade::OneOrMany";

/// Why a node is not a value of the type, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// What is wrong.
    pub message: String,
    /// The innermost value that is wrong.
    pub span: Option<Span>,
}

/// Makes a value of the type.
pub fn decode<T: serde::de::DeserializeOwned>(node: &Node) -> Result<T, DecodeError> {
    T::deserialize(NodeDeserializer(node))
}

impl DecodeError {
    fn within(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

impl Error for DecodeError {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self { message: message.to_string(), span: None }
    }
}

#[derive(Clone, Copy)]
pub(super) struct NodeDeserializer<'de>(pub(super) &'de Node);

impl<'de> NodeDeserializer<'de> {
    fn any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.0.value {
            NodeValue::Null => visitor.visit_unit(),
            NodeValue::Bool(value) => visitor.visit_bool(*value),
            NodeValue::Number(number, _) => visit_number(number, visitor),
            NodeValue::Text(text, _) => visitor.visit_borrowed_str(text),
            NodeValue::Sequence(items) => visitor.visit_seq(Items(items.iter())),
            NodeValue::Mapping(mapping) => visitor.visit_map(Entries { rest: mapping.entries().iter(), value: None }),
        }
    }
}

fn visit_number<'de, V: Visitor<'de>>(number: &serde_json::Number, visitor: V) -> Result<V::Value, DecodeError> {
    if let Some(number) = number.as_u64() {
        return visitor.visit_u64(number);
    }
    if let Some(number) = number.as_i64() {
        return visitor.visit_i64(number);
    }
    visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
}

macro_rules! numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            match self.0.as_number() {
                Some(number) => visit_number(&number, visitor),
                None => self.any(visitor),
            }
            .map_err(|error| error.within(self.0.span))
        })*
    };
}

macro_rules! texts {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            match self.0.as_text() {
                Some(text) => visitor.visit_borrowed_str(text),
                None => self.any(visitor),
            }
            .map_err(|error| error.within(self.0.span))
        })*
    };
}

impl<'de> Deserializer<'de> for NodeDeserializer<'de> {
    type Error = DecodeError;

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64
    }

    texts! { deserialize_str deserialize_string deserialize_char deserialize_identifier }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.any(visitor).map_err(|error| error.within(self.0.span))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0.as_bool() {
            Some(value) => visitor.visit_bool(value),
            None => self.any(visitor),
        }
        .map_err(|error| error.within(self.0.span))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match name {
            spanned::MARKER => visitor.visit_seq(Place { node: self.0, given: 0 }),
            tree::MARKER => visitor.visit_seq(tree::Parts::new(self.0)),
            ONE_OR_MANY => match &self.0.value {
                NodeValue::Null | NodeValue::Sequence(_) => self.any(visitor),
                _ => visitor.visit_seq(Items(std::slice::from_ref(self.0).iter())),
            },
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let span = self.0.span;
        match (self.0.as_text(), self.0.as_mapping().map(super::Mapping::entries)) {
            (Some(text), _) => visitor.visit_enum(IntoDeserializer::<DecodeError>::into_deserializer(text)),
            (None, Some([entry])) => visitor.visit_enum(Variant(entry)),
            _ => Err(DecodeError::custom("expected the name of a variant")),
        }
        .map_err(|error| error.within(span))
    }

    serde::forward_to_deserialize_any! {
        i128 u128 bytes byte_buf unit unit_struct seq tuple tuple_struct map struct ignored_any
    }
}

/// The three parts of a [`super::Spanned`]: first byte, end, value.
struct Place<'de> {
    node: &'de Node,
    given: usize,
}

impl<'de> SeqAccess<'de> for Place<'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        self.given += 1;
        match self.given {
            1 => seed.deserialize(UsizeDeserializer::new(self.node.span.start)).map(Some),
            2 => seed.deserialize(UsizeDeserializer::new(self.node.span.end)).map(Some),
            3 => seed.deserialize(NodeDeserializer(self.node)).map(Some),
            _ => Ok(None),
        }
    }
}

struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        self.0.next().map(|node| seed.deserialize(NodeDeserializer(node))).transpose()
    }
}

struct Entries<'de> {
    rest: std::slice::Iter<'de, Entry>,
    value: Option<&'de Node>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let Some(entry) = self.rest.next() else { return Ok(None) };
        self.value = Some(&entry.value);
        seed.deserialize(KeyDeserializer(entry)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let node = self.value.take().ok_or_else(|| DecodeError::custom("a value was asked for before its key"))?;
        seed.deserialize(NodeDeserializer(node))
    }
}

/// A key of a mapping: text, with a place for who asks.
struct KeyDeserializer<'de>(&'de Entry);

impl<'de> Deserializer<'de> for KeyDeserializer<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_borrowed_str(&self.0.key).map_err(|error: DecodeError| error.within(self.0.key_span))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if name == spanned::MARKER {
            visitor.visit_seq(KeyPlace { entry: self.0, given: 0 })
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        StrDeserializer::new(&self.0.key).deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct KeyPlace<'de> {
    entry: &'de Entry,
    given: usize,
}

impl<'de> SeqAccess<'de> for KeyPlace<'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        self.given += 1;
        match self.given {
            1 => seed.deserialize(UsizeDeserializer::new(self.entry.key_span.start)).map(Some),
            2 => seed.deserialize(UsizeDeserializer::new(self.entry.key_span.end)).map(Some),
            3 => seed.deserialize(StrDeserializer::new(&self.entry.key)).map(Some),
            _ => Ok(None),
        }
    }
}

/// `name: content` as a variant with content.
struct Variant<'de>(&'de Entry);

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), DecodeError> {
        Ok((seed.deserialize(KeyDeserializer(self.0))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Err(DecodeError::custom("expected no value").within(self.0.value.span))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DecodeError> {
        seed.deserialize(NodeDeserializer(&self.0.value))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, DecodeError> {
        NodeDeserializer(&self.0.value).deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        NodeDeserializer(&self.0.value).deserialize_any(visitor)
    }
}
