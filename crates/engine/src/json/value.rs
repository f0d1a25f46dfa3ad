//! One JSON value.

use std::fmt::Write as _;

use datafusion::common::Result;

use super::{number, read};
use crate::planning::carried;
use crate::{SqlError, SqlErrorKind};

/// A value as it was read: numbers with all their digits, keys in their order, also those that come twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// Without an exponent.
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The value that `text` is.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        Self::try_parse(text).map_err(|reason| {
            let mut start = text.chars().take(40).collect::<String>();
            if start.len() < text.len() {
                start.push('…');
            }
            let hint = "to_jsonb(x) makes a JSON string of a text; try_cast(x as jsonb) gives NULL for what is no JSON";
            let message = format!("\"{start}\" is no JSON: {reason}");
            carried(SqlError::new(SqlErrorKind::Data, message).with_hint(hint))
        })
    }

    /// The value that `text` is, or what is wrong with it.
    pub(crate) fn try_parse(text: &str) -> Result<Self, String> {
        read::read(text)
    }

    /// As `jsonb` keeps it: of keys that come twice the last, the shortest keys first.
    /// Source: PostgreSQL 15, `lengthCompareJsonbStringValue`.
    #[must_use]
    pub(crate) fn sorted(self) -> Self {
        match self {
            Self::Array(items) => Self::Array(items.into_iter().map(Self::sorted).collect()),
            Self::Object(pairs) => Self::Object(unique(pairs.into_iter().map(|(key, value)| (key, value.sorted())))),
            other => other,
        }
    }

    /// `jsonb`'s text of a value.
    pub(crate) fn written(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    /// Appends `jsonb`'s text.
    pub(crate) fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(digits) => out.push_str(digits),
            Self::Text(text) => write_text(text, out),
            Self::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(pairs) => {
                out.push('{');
                for (index, (key, value)) in pairs.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    write_text(key, out);
                    out.push_str(": ");
                    value.write(out);
                }
                out.push('}');
            }
        }
    }

    /// As `->>` gives it: strings without quotes, JSON null as NULL.
    pub(crate) fn into_text(self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Text(text) => Some(text),
            other => Some(other.written()),
        }
    }

    /// The value with numbers that are equal written alike, for comparisons.
    #[must_use]
    pub(crate) fn comparable(self) -> Self {
        match self {
            Self::Number(digits) => Self::Number(number::significant(&digits).to_owned()),
            Self::Array(items) => Self::Array(items.into_iter().map(Self::comparable).collect()),
            Self::Object(pairs) => {
                Self::Object(unique(pairs.into_iter().map(|(key, value)| (key, value.comparable()))))
            }
            other => other,
        }
    }

    /// The value of a key; of two the last.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(pairs) => pairs.iter().rev().find(|(known, _)| known == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// What `jsonb_typeof` says.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }
}

fn unique(pairs: impl Iterator<Item = (String, Json)>) -> Vec<(String, Json)> {
    let mut pairs = pairs.collect::<Vec<_>>();
    let order = |key: &str, other: &str| key.len().cmp(&other.len()).then_with(|| key.cmp(other));
    pairs.sort_by(|(left, _), (right, _)| order(left, right));
    pairs.reverse();
    pairs.dedup_by(|(left, _), (right, _)| left == right);
    pairs.reverse();
    pairs
}

/// Appends `text` in quotes.
pub(crate) fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jsonb(text: &str) -> String {
        Json::try_parse(text).map_or_else(|reason| reason, |value| value.sorted().written())
    }

    #[test]
    fn values_are_kept_exactly() {
        for (text, written) in [
            (" {\"b\":1,\"a\" : [1.50,true,null]} ", "{\"a\": [1.50, true, null], \"b\": 1}"),
            ("{\"long\":1,\"b\":2,\"b\":3}", "{\"b\": 3, \"long\": 1}"),
            ("12345678901234567890123", "12345678901234567890123"),
            ("\"\\u00e9\\ud83d\\ude00\\n\"", "\"é😀\\n\""),
            ("[]", "[]"),
            ("{}", "{}"),
        ] {
            assert_eq!(jsonb(text), written);
        }
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        for (text, reason) in [
            ("", "a value is expected where the text ends"),
            ("not", "a value is expected at character 1, not \"n\""),
            ("[1,]", "a value is expected at character 4, not \"]\""),
            ("{\"a\" 1}", "a colon is expected at character 6, not \"1\""),
            ("{a: 1}", "a key in double quotes is expected at character 2, not \"a\""),
            ("1 2", "the end is expected at character 3, not \"2\""),
            ("01", "a number is expected where the text ends"),
            ("\"a", "a closing double quote is expected where the text ends"),
            ("\"\\ud800\"", "a surrogate in a \\u escape stands alone"),
        ] {
            assert_eq!(jsonb(text), reason, "{text}");
        }
        assert!(jsonb(&"[".repeat(5000)).contains("nests deeper"));
    }

    #[test]
    fn equal_numbers_compare_equal() {
        let value = |text| Json::try_parse(text).map(Json::comparable);
        assert_eq!(value("{\"a\": 1.0, \"b\": 2}"), value("{\"b\": 2, \"a\": 1}"));
        assert_ne!(value("[1, 2]"), value("[2, 1]"));
    }
}
