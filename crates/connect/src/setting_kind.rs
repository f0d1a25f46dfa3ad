//! What a setting takes.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use crate::value::TimeForm;

/// What a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    /// Any text.
    Text,
    /// A path; relative ones start at the project's folder.
    Path,
    /// One ASCII character; `\t` is a tab.
    Character,
    /// The same, or `none`.
    CharacterOrNone,
    /// `true` or `false`.
    Boolean,
    /// A whole number within bounds, both inclusive.
    Integer {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// A list of whole numbers within bounds, both inclusive; a single one is a list of one.
    IntegerList {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of texts; a single text is a list of one.
    TextList,
    /// Texts by names.
    TextMap,
    /// The form of a date or a point in time, in the words of `strftime`.
    TimeForm,
    /// Such forms by names.
    TimeForms,
    /// Names with values of any kind, which somebody else understands.
    Mapping,
}

impl SettingKind {
    /// What is wrong with `value`, if anything: message and hint. Never quotes the value.
    pub(crate) fn problem(self, value: &Value) -> Option<(String, Option<String>)> {
        let wrong = |hint: Option<String>| Some((format!("expected {self}, found {}", kind_of(value)), hint));
        match (self, value) {
            (Self::Text | Self::Path, Value::String(text)) if !text.is_empty() => None,
            (Self::CharacterOrNone, Value::String(text)) if text == "none" => None,
            (Self::Character | Self::CharacterOrNone, Value::String(text)) if character(text).is_some() => None,
            (Self::Character | Self::CharacterOrNone, Value::String(_)) => {
                wrong(Some("write one ASCII character, or \"\\t\"".to_owned()))
            }
            (Self::Boolean, Value::Bool(_))
            | (Self::TextList, Value::String(_))
            | (Self::Mapping, Value::Object(_)) => None,
            (Self::Boolean, _) => wrong(Some("write `true` or `false` without quotes".to_owned())),
            (Self::Integer { min, max }, Value::Number(number)) => match number.as_i64() {
                Some(number) if (min..=max).contains(&number) => None,
                _ => Some((format!("expected {self}, found another number"), None)),
            },
            (Self::IntegerList { min, max }, value) => {
                let is_within = |item: &Value| item.as_i64().is_some_and(|number| (min..=max).contains(&number));
                let fits = value.as_array().map_or_else(|| is_within(value), |items| items.iter().all(is_within));
                if fits { None } else { wrong(None) }
            }
            (Self::Choice(words), Value::String(text)) if words.contains(&text.as_str()) => None,
            (Self::Choice(words), Value::String(text)) => {
                let hint = ade_diagnostic::did_you_mean(text, words.iter().copied());
                Some((format!("expected {self}"), hint))
            }
            (Self::TextList, Value::Array(items)) if items.iter().all(Value::is_string) => None,
            (Self::TextMap, Value::Object(items)) if !items.is_empty() && items.values().all(Value::is_string) => None,
            (Self::TimeForm, Value::String(text)) => time_form_problem(text),
            (Self::TimeForms, Value::Object(items)) if !items.is_empty() => {
                items.values().find_map(|item| item.as_str().map_or_else(|| wrong(None), time_form_problem))
            }
            _ => wrong(None),
        }
    }

    pub(crate) fn json_schema(self) -> Value {
        match self {
            Self::Text | Self::Path | Self::Character | Self::CharacterOrNone | Self::TimeForm => {
                json!({ "type": "string" })
            }
            Self::Boolean => json!({ "type": "boolean" }),
            Self::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
            Self::IntegerList { min, max } => {
                let integer = json!({ "type": "integer", "minimum": min, "maximum": max });
                json!({ "anyOf": [integer, { "type": "array", "items": integer }] })
            }
            Self::Choice(words) => json!({ "enum": words }),
            Self::TextMap | Self::TimeForms => {
                json!({ "type": "object", "additionalProperties": { "type": "string" } })
            }
            Self::TextList => {
                json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
            }
            Self::Mapping => json!({ "type": "object" }),
        }
    }
}

impl fmt::Display for SettingKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => formatter.write_str("text"),
            Self::Path => formatter.write_str("a path"),
            Self::Character => formatter.write_str("one character"),
            Self::CharacterOrNone => formatter.write_str("one character, or none"),
            Self::Boolean => formatter.write_str("true or false"),
            Self::Integer { min, max } => write!(formatter, "a whole number from {min} to {max}"),
            Self::IntegerList { min, max } => write!(formatter, "a list of whole numbers from {min} to {max}"),
            Self::Choice(words) => write!(formatter, "one of {}", words.join(", ")),
            Self::TextList => formatter.write_str("a list of texts"),
            Self::TimeForm => formatter.write_str("a form such as `%d.%m.%Y`"),
            Self::TimeForms => formatter.write_str("a mapping of columns to forms such as `%d.%m.%Y`"),
            Self::TextMap => formatter.write_str("a mapping of names to texts"),
            Self::Mapping => formatter.write_str("a mapping"),
        }
    }
}

fn time_form_problem(text: &str) -> Option<(String, Option<String>)> {
    let why = TimeForm::new(text).err()?;
    let hint = "the words are those of `strftime`: `%d` day, `%m` month, `%Y` year, `%y` its last two digits, `%H` hour, `%M` minute, \
                `%S` second, `%b` name of the month, `%I` and `%p` hours of twelve, `%z` distance from UTC";
    Some((format!("expected {}: {why}", SettingKind::TimeForm), Some(hint.to_owned())))
}

/// The byte that a [`SettingKind::Character`] stands for.
pub(crate) fn character(text: &str) -> Option<u8> {
    match text.as_bytes() {
        b"\\t" => Some(b'\t'),
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0) => Some(*byte),
        _ => None,
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "other text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
