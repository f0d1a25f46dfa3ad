//! JSON documents in a column of text: what the names and values of their fields give away.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{name::Name, sample::Sample};
use crate::{DataFamily, Kind};

/// Documents that are looked at, and values of each field.
const LOOKED_AT: usize = 500;
/// Fields that are looked at: documents whose fields are called after values have no end of them.
const FIELDS: usize = 2_000;

/// What was found in the documents of a column.
pub(super) struct Documents {
    /// What they hold, in words; empty when nothing was recognised.
    pub(super) found: Vec<String>,
}

impl Documents {
    /// `None` unless most texts are objects or lists.
    pub(super) fn of(texts: &[String]) -> Option<Self> {
        let looked_at = &texts[..texts.len().min(LOOKED_AT)];
        let is_shaped = |text: &&String| text.starts_with(['{', '[']) && text.ends_with(['}', ']']);
        if looked_at.len() < 3 || looked_at.iter().filter(is_shaped).count() * 5 < looked_at.len() * 4 {
            return None;
        }
        let documents: Vec<Value> = looked_at.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
        if documents.len() * 5 < looked_at.len() * 4 {
            return None;
        }
        let mut fields = BTreeMap::new();
        for document in &documents {
            collect("", document, &mut fields);
        }
        let mut found: Vec<String> = Vec::new();
        for (name, values) in fields {
            let sample = Sample::of_texts(values);
            let by_value = sample.kind().map(|(kind, _)| kind).filter(|kind| *kind != Kind::Url);
            let name = Name::new(&name);
            let what = match (by_value, name.sensitive(DataFamily::Text)) {
                (Some(kind), _) => kind.description().to_owned(),
                (None, Some(class)) => format!("what a field calls {}", super::describe(&class)),
                (None, None) => match (name.special_category(), sample.contains_forms(super::SOME)) {
                    (Some(topic), _) => format!("what a field says of {topic}"),
                    (None, Some((what, _))) => what.to_owned(),
                    (None, None) => continue,
                },
            };
            if !found.contains(&what) {
                found.push(what);
            }
        }
        Some(Self { found })
    }
}

/// The values at the ends of a document, by the name of the field that they are in, whatever the depth.
fn collect(name: &str, value: &Value, fields: &mut BTreeMap<String, Vec<String>>) {
    let text = match value {
        Value::Object(object) => return object.iter().for_each(|(name, value)| collect(name, value, fields)),
        Value::Array(list) => return list.iter().for_each(|value| collect(name, value, fields)),
        Value::Null | Value::Bool(_) => return,
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
    };
    if fields.len() >= FIELDS && !fields.contains_key(name) {
        return;
    }
    let values = fields.entry(name.to_owned()).or_default();
    if values.len() < LOOKED_AT && !text.is_empty() {
        values.push(text);
    }
}
