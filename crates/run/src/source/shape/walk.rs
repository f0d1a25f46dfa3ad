//! Goes through a document, place by place, without keeping any of it.
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::kinds::Kinds;

/// Somebody who is told what a document has.
pub(super) trait Visit {
    /// A place of documents.
    type At: Copy;

    /// There is a value of this kind.
    fn value(&mut self, at: Self::At, kind: Kinds);

    /// The place of a key of an object; `None` where nobody looks further.
    fn member(&mut self, at: Self::At, key: &str) -> Option<Self::At>;

    /// The place of the elements of a list.
    fn item(&mut self, at: Self::At) -> Option<Self::At>;
}

/// The document in a text, if it is one: an object or a list.
pub(super) fn document(text: &str) -> Option<&str> {
    let text = text.trim_ascii();
    let is_nested = text.starts_with(['{', '[']);
    (is_nested && serde_json::from_str::<IgnoredAny>(text).is_ok()).then_some(text)
}

/// Goes through a document.
pub(super) fn walk<V: Visit>(document: &str, root: V::At, visit: &mut V) {
    let mut reader = serde_json::Deserializer::from_str(document);
    // It is a document, as was looked at before.
    let _ = At { at: root, visit }.deserialize(&mut reader);
}

struct At<'v, V: Visit> {
    at: V::At,
    visit: &'v mut V,
}

impl<'de, V: Visit> DeserializeSeed<'de> for At<'_, V> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, V: Visit> Visitor<'de> for At<'_, V> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value of JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.visit.value(self.at, Kinds::BOOLEAN);
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.visit.value(self.at, Kinds::NUMBER);
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.visit.value(self.at, Kinds::NUMBER);
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.visit.value(self.at, Kinds::NUMBER);
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.visit.value(self.at, Kinds::TEXT);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.visit.value(self.at, Kinds::NONE);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { at, visit } = self;
        visit.value(at, Kinds::LIST);
        loop {
            let next = match visit.item(at) {
                Some(at) => list.next_element_seed(At { at, visit: &mut *visit })?,
                None => list.next_element::<IgnoredAny>()?.map(|_| ()),
            };
            if next.is_none() {
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self { at, visit } = self;
        visit.value(at, Kinds::OBJECT);
        while let Some(member) = object.next_key_seed(Key { at, visit: &mut *visit })? {
            match member {
                Some(at) => object.next_value_seed(At { at, visit: &mut *visit })?,
                None => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// A key, which is looked up where it stands.
struct Key<'v, V: Visit> {
    at: V::At,
    visit: &'v mut V,
}

impl<'de, V: Visit> DeserializeSeed<'de> for Key<'_, V> {
    type Value = Option<V::At>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<V: Visit> Visitor<'_> for Key<'_, V> {
    type Value = Option<V::At>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.visit.member(self.at, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Told(Vec<String>);

    impl Visit for Told {
        type At = usize;

        fn value(&mut self, at: usize, kind: Kinds) {
            self.0.push(format!("{at} {}", kind.words()));
        }

        fn member(&mut self, at: usize, key: &str) -> Option<usize> {
            (key != "skipped").then_some(at + key.len())
        }

        fn item(&mut self, at: usize) -> Option<usize> {
            (at < 100).then_some(at + 10)
        }
    }

    #[test]
    fn every_value_is_told_with_its_place() {
        let mut told = Told::default();
        walk(r#"{"a": [1, "x", null, [true]], "skipped": {"b": 1}, "\u0062b": -1.5e3}"#, 0, &mut told);
        let expected = ["0 object", "1 list", "11 number", "11 text", "11 null", "11 list", "21 boolean", "2 number"];
        assert_eq!(told.0, expected);
    }

    #[test]
    fn a_document_is_an_object_or_a_list() {
        for text in ["{}", " [1]\n", "{\"a\": [{}]}"] {
            assert!(document(text).is_some(), "{text}");
        }
        for text in ["", "1", "\"{}\"", "{", "[1,]", "{} {}", "[note] call back"] {
            assert!(document(text).is_none(), "{text}");
        }
    }
}
