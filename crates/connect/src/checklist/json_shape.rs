//! The shape of documents in a column, as far as it is schema and not data.
//!
//! Documents are often used as maps, whose keys are data: identifiers, dates, addresses of mail, names of people. A key is told
//! only if it is a plain word and stands in several documents: how often it stands in one of them says nothing. Keys that are
//! rare at their place are told only where most keys are frequent, as fields of a record are. All others are counted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A key has to stand in at least this many documents to be told.
const TIMES: usize = 3;
/// … and in this share of the documents that have objects at its place: one in …
const SHARE: usize = 20;
/// Different keys of one place that are kept apart; what comes after them is counted.
const MOST_KEYS: usize = 200;
/// How deep documents are looked into.
const DEPTH: usize = 4;
/// Fields that are told of one column.
const SHOWN: usize = 24;

/// The shape of the documents in one column.
#[derive(Debug, Default)]
pub(crate) struct JsonShape {
    root: Place,
    /// Values that are no JSON.
    broken: usize,
}

/// What stands at one place of the documents.
#[derive(Debug, Default)]
struct Place {
    count: usize,
    kinds: BTreeSet<&'static str>,
    objects: usize,
    /// Documents with a value here.
    documents: Documents,
    /// Documents with an object here.
    with_objects: Documents,
    fields: BTreeMap<String, Place>,
    /// Keys beyond [`MOST_KEYS`].
    overflow: usize,
    items: Option<Box<Place>>,
}

/// How many documents something was seen in.
#[derive(Debug, Default)]
struct Documents {
    count: usize,
    last: Option<usize>,
}

impl Documents {
    /// Documents come one after the other, by their number.
    fn see(&mut self, document: usize) {
        if self.last.replace(document) != Some(document) {
            self.count += 1;
        }
    }
}

impl JsonShape {
    /// Looks at one document.
    pub(crate) fn add(&mut self, text: &str) {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => self.root.add(&value, 0, self.root.count),
            Err(_) => self.broken += 1,
        }
    }

    /// Documents seen.
    pub(crate) fn documents(&self) -> usize {
        self.root.count
    }

    /// Whether nearly all values are objects or lists: then the column is meant to hold documents, whatever its type.
    pub(crate) fn is_documents(&self) -> bool {
        let nested = self.root.kinds.iter().any(|kind| matches!(*kind, "object" | "list"));
        let plain = self.root.kinds.iter().any(|kind| !matches!(*kind, "object" | "list" | "null"));
        nested && !plain && self.root.count >= TIMES && self.broken * 10 <= self.root.count
    }

    /// `plan: text, seats: integer in 40 %, items[].sku: text; 3 keys are not shown: they look like data`.
    pub(crate) fn describe(&self) -> String {
        let mut fields = Vec::new();
        let mut hidden = 0;
        self.root.describe("", self.root.count, &mut fields, &mut hidden);
        let more = fields.len().saturating_sub(SHOWN);
        fields.truncate(SHOWN);
        let told = if fields.is_empty() { self.root.kind() } else { fields.join(", ") };
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let hidden = match hidden {
            0 => String::new(),
            1 => "; 1 key is not shown: it looks like data".to_owned(),
            _ => format!("; {hidden} keys are not shown: they look like data"),
        };
        format!("{told}{more}{hidden}")
    }
}

impl Place {
    fn add(&mut self, value: &Value, depth: usize, document: usize) {
        self.count += 1;
        self.documents.see(document);
        let _ = self.kinds.insert(kind(value));
        match value {
            Value::Object(fields) => {
                self.objects += 1;
                self.with_objects.see(document);
                for (key, value) in fields.iter().filter(|_| depth < DEPTH) {
                    let is_full = self.fields.len() >= MOST_KEYS;
                    match self.fields.get_mut(key) {
                        Some(field) => field.add(value, depth + 1, document),
                        None if !is_full => {
                            self.fields.entry(key.clone()).or_default().add(value, depth + 1, document);
                        }
                        None => self.overflow += 1,
                    }
                }
            }
            Value::Array(items) if depth < DEPTH => {
                let place = self.items.get_or_insert_default();
                for item in items.iter().take(MOST_KEYS) {
                    place.add(item, depth + 1, document);
                }
            }
            _ => {}
        }
    }

    fn kind(&self) -> String {
        let kinds: Vec<&str> = self.kinds.iter().copied().filter(|kind| *kind != "null").collect();
        if kinds == ["integer", "number"] {
            return "number".to_owned();
        }
        if kinds.is_empty() { "null".to_owned() } else { kinds.join(" or ") }
    }

    fn describe(&self, path: &str, of: usize, fields: &mut Vec<String>, hidden: &mut usize) {
        let told = fields.len();
        if let Some(items) = &self.items {
            items.describe(&format!("{path}[]"), items.count, fields, hidden);
        }
        let of_documents = self.with_objects.count;
        let is_frequent = |field: &Self| field.documents.count * 2 >= of_documents;
        let could_be_told = |key: &str, field: &Self| {
            is_word(key) && field.documents.count >= TIMES && field.documents.count * SHARE >= of_documents
        };
        let candidates = self.fields.iter().filter(|(key, field)| could_be_told(key, field));
        let (frequent, rare): (Vec<_>, Vec<_>) = candidates.partition(|(_, field)| is_frequent(field));
        // One field that all have does not make a record of a map: most of them must be such.
        let is_record = frequent.len() > rare.len();
        for (key, field) in &self.fields {
            if could_be_told(key, field) && (is_record || is_frequent(field)) {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                field.describe(&path, self.objects, fields, hidden);
            } else {
                *hidden += 1;
            }
        }
        *hidden += self.overflow;
        let is_leaf =
            self.kinds.iter().any(|kind| !matches!(*kind, "object" | "list" | "null")) || fields.len() == told;
        if is_leaf && !path.is_empty() {
            let share = self.count * 100 / of.max(1);
            let often = if share < 100 && !path.ends_with("[]") { format!(" in {share} %") } else { String::new() };
            fields.push(format!("{path}: {}{often}", self.kind()));
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// Whether a key could be a name that a programmer chose: a word, without the digits of identifiers, dates and hashes.
fn is_word(key: &str) -> bool {
    let starts = key.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '_' | '$'));
    let plain = key.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '$'));
    let digits = key.chars().filter(char::is_ascii_digit).count();
    let is_hash = key.len() >= 8 && digits > 0 && key.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-');
    starts && plain && key.len() <= 40 && digits <= 3 && !is_hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(documents: &[&str]) -> String {
        let mut shape = JsonShape::default();
        for document in documents {
            shape.add(document);
        }
        shape.describe()
    }

    #[test]
    fn fields_of_records_are_told_with_their_types() {
        let text = shape(&[
            r#"{"plan": "a", "seats": 1, "address": {"city": "x"}, "items": [{"sku": "q", "price": 1}]}"#,
            r#"{"plan": null, "seats": 2.5, "address": {"city": "y"}, "items": []}"#,
            r#"{"plan": "c", "seats": 4, "address": {"city": "z"}, "items": [{"sku": "s", "price": 3}]}"#,
            r#"{"plan": "c", "address": {"city": "z"}, "items": [{"sku": "q", "price": 2}, {"sku": "r", "price": 3}]}"#,
            r#"{"plan": "c", "seats": 4, "address": {"city": "z"}, "items": [{"sku": "s", "price": 3}]}"#,
        ]);
        assert_eq!(
            text,
            "address.city: text, items[].price: integer, items[].sku: text, plan: text, seats: number in 80 %"
        );
    }

    #[test]
    fn keys_that_are_data_are_counted_and_not_told() {
        let ids = shape(&[r#"{"ann@example.com": 1}"#, r#"{"ann@example.com": 2}"#, r#"{"ann@example.com": 1}"#]);
        assert_eq!(ids, "object; 1 key is not shown: it looks like data");
        let field = shape(&[r#"{"by": {"ann": 1}}"#, r#"{"by": {"bob": 1}}"#, r#"{"by": {"cem": 1}}"#]);
        assert_eq!(field, "by: object; 3 keys are not shown: they look like data");
        let map = shape(&[r#"{"ann": 1}"#, r#"{"bob": 1}"#, r#"{"cem": 1}"#, r#"{"ann": 1}"#, r#"{"dora": 1}"#]);
        assert_eq!(map, "object; 4 keys are not shown: they look like data");
        let once = shape(&[r#"{"kind": "x", "secret_of_ann": 1}"#, r#"{"kind": "y"}"#, r#"{"kind": "z"}"#]);
        assert_eq!(once, "kind: text; 1 key is not shown: it looks like data");
        let one = shape(&[r#"{"by": [{"ann": 1}, {"ann": 2}, {"ann": 3}]}"#, r#"{"by": []}"#, r#"{"by": []}"#]);
        assert_eq!(one, "by[]: object; 1 key is not shown: it looks like data");
        let two = shape(&[r#"{"ann": 1}"#, r#"{"ann": 2}"#]);
        assert_eq!(two, "object; 1 key is not shown: it looks like data");
        // A field that all have, among keys that are data: each of them in three documents of twelve.
        let names = ["ann", "bob", "cem", "dora"];
        let texts: Vec<String> =
            (0..12).map(|at| format!(r#"{{"kind": "x", "{}": {at}}}"#, names[at % names.len()])).collect();
        let mixed = shape(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(mixed, "kind: text; 4 keys are not shown: they look like data");
        for key in ["4f1c9a2e", "2024-01-01", "+4915112345", "user1234", "deadbeef1", "a b", ""] {
            assert!(!is_word(key), "{key}");
        }
        for key in ["plan", "utm_source", "addressLine1", "$schema", "x-forwarded-for"] {
            assert!(is_word(key), "{key}");
        }
    }

    #[test]
    fn text_that_happens_to_be_json_is_no_document() {
        let mut shape = JsonShape::default();
        for text in ["1", "true", "[1]", "x"] {
            shape.add(text);
        }
        assert!(!shape.is_documents());
    }
}
