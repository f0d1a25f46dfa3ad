//! The columns that a stream's JSON Schema promises.

use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit};
use serde_json::Value;

/// A property of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StreamColumn {
    pub(crate) name: String,
    /// As which it is read where nobody promised anything.
    pub(crate) data_type: DataType,
    /// In the words of the schema.
    pub(crate) source_type: String,
    pub(crate) nullable: bool,
}

/// The properties of an object's schema, in its order.
pub(crate) fn columns(schema: &Value) -> Vec<StreamColumn> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().map(|(name, property)| column(name, property)).collect()
}

fn column(name: &str, property: &Value) -> StreamColumn {
    let mut kinds = Kinds::default();
    kinds.see(property, 0);
    let data_type = kinds.data_type();
    StreamColumn { name: name.to_owned(), data_type, source_type: kinds.words(), nullable: kinds.nullable }
}

/// What values may be, over all alternatives.
#[derive(Default)]
struct Kinds {
    nullable: bool,
    /// In order of appearance, each once.
    types: Vec<Kind>,
}

#[derive(Clone, PartialEq)]
enum Kind {
    Text,
    Instant,
    Day,
    Integer,
    /// Whole numbers beyond 64 bits with a sign.
    LongInteger,
    Number,
    /// With so many digits behind the point.
    Decimal(i8),
    Boolean,
    Object,
    List,
}

/// Alternatives within alternatives are looked at so deep.
const DEEPEST: usize = 8;

impl Kinds {
    fn see(&mut self, schema: &Value, depth: usize) {
        let alternatives = ["anyOf", "oneOf"].iter().filter_map(|word| schema.get(word)?.as_array());
        for alternative in alternatives.flatten().filter(|_| depth < DEEPEST) {
            self.see(alternative, depth + 1);
        }
        let words: Vec<&str> = match schema.get("type") {
            Some(Value::String(word)) => vec![word],
            Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
            // A list of properties or items is as good as the word.
            _ if schema.get("properties").is_some() => vec!["object"],
            _ if schema.get("items").is_some() => vec!["array"],
            _ => Vec::new(),
        };
        for word in words {
            let kind = match word {
                "null" => {
                    self.nullable = true;
                    continue;
                }
                "string" => match schema.get("format").and_then(Value::as_str) {
                    Some("date-time") => Kind::Instant,
                    Some("date") => Kind::Day,
                    _ => Kind::Text,
                },
                "integer" if is_long(schema) => Kind::LongInteger,
                "integer" => Kind::Integer,
                "number" => decimals(schema).map_or(Kind::Number, Kind::Decimal),
                "boolean" => Kind::Boolean,
                "object" => Kind::Object,
                "array" => Kind::List,
                _ => Kind::Text,
            };
            if !self.types.contains(&kind) {
                self.types.push(kind);
            }
        }
    }

    /// The type that holds all alternatives as they are written; text holds everything.
    fn data_type(&self) -> DataType {
        match self.types.as_slice() {
            // Taps add text for times that their library could not read, which do not come; the first one is what they mean.
            [Kind::Instant] | [Kind::Instant, Kind::Text] => {
                DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC")))
            }
            [Kind::Day] => DataType::Date32,
            [Kind::Integer] => DataType::Int64,
            [Kind::LongInteger] | [Kind::Integer, Kind::LongInteger] => DataType::Decimal128(20, 0),
            [Kind::Decimal(scale)] => DataType::Decimal128(38, *scale),
            [Kind::Boolean] => DataType::Boolean,
            [Kind::Number | Kind::Integer, ..]
                if self.types.iter().all(|kind| matches!(kind, Kind::Number | Kind::Integer)) =>
            {
                DataType::Float64
            }
            _ => DataType::Utf8,
        }
    }

    fn words(&self) -> String {
        let words = self.types.iter().map(|kind| match kind {
            Kind::Text => "string",
            Kind::Instant => "date-time",
            Kind::Day => "date",
            Kind::Integer | Kind::LongInteger => "integer",
            Kind::Number | Kind::Decimal(_) => "number",
            Kind::Boolean => "boolean",
            Kind::Object => "object",
            Kind::List => "array",
        });
        words.collect::<Vec<_>>().join(" or ")
    }
}

fn is_long(schema: &Value) -> bool {
    let bound = |word: &str| schema.get(word).and_then(Value::as_f64);
    let too_high = bound("maximum").is_some_and(|maximum| maximum >= 9_223_372_036_854_775_808.0);
    too_high && bound("minimum").is_none_or(|minimum| minimum > -9_223_372_036_854_775_809.0)
}

/// `multipleOf: 0.01` says that there are two digits behind the point.
fn decimals(schema: &Value) -> Option<i8> {
    const MOST: i8 = 18;
    let step = schema.get("multipleOf")?.as_f64()?;
    (0..=MOST).find(|scale| {
        let power = 10_f64.powi(-i32::from(*scale));
        (step - power).abs() < power * 1e-9
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::type_name;

    #[test]
    fn types_hold_every_alternative() {
        for (property, expected, nullable) in [
            (json!({"type": "string"}), "varchar", false),
            (json!({"type": ["null", "string"], "format": "date-time"}), "timestamptz", true),
            (json!({"type": ["string", "null"], "format": "date"}), "date", true),
            (json!({"type": ["null", "string"], "format": "time"}), "varchar", true),
            (json!({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}), "timestamptz", true),
            (
                json!({"anyOf": [{"type": "string", "format": "date-time"}, {"type": ["string", "null"]}]}),
                "timestamptz",
                true,
            ),
            (json!({"type": ["null", "integer"]}), "bigint", true),
            (json!({"anyOf": [{"type": "string"}, {"type": "string", "format": "date-time"}]}), "varchar", false),
            (
                json!({"type": "integer", "minimum": 0, "maximum": 18_446_744_073_709_551_615_u64}),
                "decimal(20,0)",
                false,
            ),
            (json!({"type": ["integer", "number", "null"]}), "double", true),
            (json!({"type": "number", "multipleOf": 0.01}), "decimal(38,2)", false),
            (json!({"type": "number", "multipleOf": 1e-10}), "decimal(38,10)", false),
            (json!({"type": ["null", "boolean"]}), "boolean", true),
            (json!({"type": ["boolean", "string"]}), "varchar", false),
            (json!({"type": ["null", "object"], "properties": {"a": {"type": "string"}}}), "varchar", true),
            (json!({"type": "array", "items": {"type": "integer"}}), "varchar", false),
            (json!({"properties": {}}), "varchar", false),
            (json!({}), "varchar", false),
        ] {
            let found = column("c", &property);
            assert_eq!((type_name(&found.data_type).as_str(), found.nullable), (expected, nullable), "{property}");
        }
        assert_eq!(column("c", &json!({"type": ["null", "integer", "string"]})).source_type, "integer or string");
    }
}
