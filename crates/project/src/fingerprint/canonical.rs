//! Content into bytes such that equal content, and only that, gives equal bytes.

use serde_json::Value as Json;

use super::Fingerprint;

/// Feeds values to a hash, each with its kind and length, so that no two sequences of values run together.
#[derive(Default)]
pub(super) struct Canonical(blake3::Hasher);

impl Canonical {
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        self
    }

    pub(super) fn str(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// The text of a file: line ends as `\n`, white space at the very end ignored.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        if text.contains('\r') {
            return self.str(text.replace("\r\n", "\n").trim_end());
        }
        self.str(text.trim_end())
    }

    /// A JSON value; the order of an object's keys does not matter, `1` and `1.0` are different.
    pub(super) fn json(&mut self, value: &Json) -> &mut Self {
        match value {
            Json::Null => self.bytes(b"z"),
            Json::Bool(value) => self.bytes(if *value { b"t" } else { b"f" }),
            Json::Number(number) => self.bytes(b"n").str(&number.to_string()),
            Json::String(text) => self.bytes(b"s").str(text),
            Json::Array(items) => {
                self.bytes(b"a").bytes(&(items.len() as u64).to_le_bytes());
                items.iter().fold(self, |hash, item| hash.json(item))
            }
            Json::Object(entries) => {
                let mut entries: Vec<_> = entries.iter().collect();
                entries.sort_by_key(|(key, _)| *key);
                self.bytes(b"o").bytes(&(entries.len() as u64).to_le_bytes());
                entries.into_iter().fold(self, |hash, (key, value)| hash.str(key).json(value))
            }
        }
    }

    pub(super) fn finish(&self) -> Fingerprint {
        Fingerprint::of(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(value: &Json) -> Fingerprint {
        Canonical::default().json(value).finish()
    }

    #[test]
    fn key_order_is_no_difference_and_everything_else_is() {
        assert_eq!(of(&json!({"a": 1, "b": [1, {"x": null}]})), of(&json!({"b": [1, {"x": null}], "a": 1})));
        let all = [
            json!(null),
            json!(""),
            json!("null"),
            json!(0),
            json!("0"),
            json!(false),
            json!([]),
            json!({}),
            json!([[]]),
            json!([[], []]),
            json!(["a", "b"]),
            json!(["ab"]),
            json!({"a": "b"}),
            json!({"ab": ""}),
            json!(1),
            json!(1.0),
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().map(of).collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn line_ends_and_a_last_empty_line_are_no_difference() {
        let text = |text: &str| Canonical::default().text(text).finish();
        assert_eq!(text("select 1\nfrom t"), text("select 1\r\nfrom t\r\n\n"));
        assert_ne!(text("select 1\nfrom t"), text("select 1 from t"));
        assert_ne!(text("select 1"), text(" select 1"));
    }
}
