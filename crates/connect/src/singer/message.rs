//! Lines of a tap, told apart.

use std::borrow::Cow;

use serde_json::Value;

use crate::files::members;

/// What a line is.
#[derive(Debug, PartialEq)]
pub(crate) enum Message {
    /// A row, read later by whoever lands its stream.
    Record(String),
    /// What the rows of a stream look like from here on.
    Schema { stream: String, schema: Value, key: Vec<String> },
    /// Up to where everything has been told.
    State(Value),
    /// Rows of a stream of another version are no more.
    ActivateVersion { stream: String, version: i64 },
    /// Rows that stand in files.
    Batch { stream: String, encoding: Value, manifest: Vec<String> },
    /// Something that later versions of the protocol may say.
    Other,
}

/// How records begin where a tap writes keys in the usual order, with and without blanks.
const USUAL: [&str; 2] = [r#"{"type": "RECORD", "stream": ""#, r#"{"type":"RECORD","stream":""#];

/// The stream of a record that is written as almost all taps do, without looking further into it.
pub(crate) fn usual_record(line: &[u8]) -> Option<&str> {
    let rest = USUAL.iter().find_map(|begin| line.strip_prefix(begin.as_bytes()))?;
    let end = memchr::memchr(b'"', rest)?;
    let name = std::str::from_utf8(&rest[..end]).ok()?;
    (!name.contains('\\')).then_some(name)
}

/// What a line is, or what is wrong with it.
pub(crate) fn message(line: &[u8]) -> Result<Message, &'static str> {
    if let Some(stream) = usual_record(line) {
        return Ok(Message::Record(stream.to_owned()));
    }
    let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
    if let Some(stream) = record(text) {
        return Ok(Message::Record(stream));
    }
    let value: Value = serde_json::from_str(text).map_err(|_| "it is not a line of JSON")?;
    let text_of = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let stream = || text_of("stream").ok_or("it names no stream");
    let texts = |name: &str| -> Vec<String> {
        let items = value.get(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    match value.get("type").and_then(Value::as_str) {
        Some("RECORD") => Err("a RECORD without a stream or a record"),
        Some("SCHEMA") => {
            let schema = value.get("schema").filter(|schema| schema.is_object()).ok_or("a SCHEMA without a schema")?;
            Ok(Message::Schema { stream: stream()?, schema: schema.clone(), key: texts("key_properties") })
        }
        Some("STATE") => Ok(Message::State(value.get("value").cloned().ok_or("a STATE without a value")?)),
        Some("ACTIVATE_VERSION") => {
            let version =
                value.get("version").and_then(Value::as_i64).ok_or("an ACTIVATE_VERSION without a version")?;
            Ok(Message::ActivateVersion { stream: stream()?, version })
        }
        Some("BATCH") => {
            let encoding = value.get("encoding").cloned().unwrap_or_default();
            Ok(Message::Batch { stream: stream()?, encoding, manifest: texts("manifest") })
        }
        Some(_) => Ok(Message::Other),
        None => Err("it has no type"),
    }
}

/// The stream of a record, wherever its keys stand.
fn record(text: &str) -> Option<String> {
    let (mut is_record, mut has_rows, mut stream) = (false, false, None);
    members(text, 0, text.len(), |key: Cow<'_, str>, member| {
        let raw = text.get(member.start..member.end).unwrap_or_default();
        match key.as_ref() {
            "type" => is_record = raw == "RECORD",
            "stream" => {
                stream = match member.kind {
                    crate::files::Kind::Escaped => crate::files::unescape(raw),
                    _ => Some(raw.to_owned()),
                };
            }
            "record" => has_rows = raw.starts_with('{'),
            _ => {}
        }
    })
    .ok()?;
    stream.filter(|_| is_record && has_rows)
}

/// How a STATE begins where a tap writes keys in the usual order.
const USUAL_STATE: [&str; 2] = [r#"{"type": "STATE", "value""#, r#"{"type":"STATE","value""#];

/// Whether a line is a STATE as almost all taps write it. Some write one behind each row, of which few are ever needed.
pub(crate) fn is_usual_state(line: &[u8]) -> bool {
    USUAL_STATE.iter().any(|begin| line.starts_with(begin.as_bytes()))
}

/// The version that a line of a record tells, if any.
pub(crate) fn version(line: &[u8]) -> Option<i64> {
    // Few taps tell one: a look for the word spares a walk through each line.
    let at = memchr::memmem::rfind(line, br#""version""#)?;
    if let Some(version) = usual_version(&line[at..]) {
        return Some(version);
    }
    let text = std::str::from_utf8(line).ok()?;
    let mut version = None;
    members(text, 0, text.len(), |key, member| {
        if key == "version" {
            version = text.get(member.start..member.end).and_then(|raw| raw.parse().ok());
        }
    })
    .ok()?;
    version
}

/// The version where it stands behind the row, alone or before the time: a row ends with a brace of its own.
fn usual_version(rest: &[u8]) -> Option<i64> {
    let rest = rest.strip_prefix(br#""version":"#)?.trim_ascii_start();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let version = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
    let rest = rest[digits..].trim_ascii();
    if rest == b"}" {
        return Some(version);
    }
    let rest = rest.strip_prefix(b",")?.trim_ascii_start().strip_prefix(br#""time_extracted":"#)?.trim_ascii_start();
    let time = rest.strip_prefix(b"\"")?.strip_suffix(b"\"}")?;
    time.iter().all(|byte| byte.is_ascii_alphanumeric() || b":-+.".contains(byte)).then_some(version)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Message, &'static str> {
        message(text.as_bytes())
    }

    #[test]
    fn lines_are_told_apart_however_their_keys_stand() {
        let record = || Ok(Message::Record("a b".to_owned()));
        assert_eq!(read(r#"{"type": "RECORD", "stream": "a b", "record": {"x": 1}}"#), record());
        assert_eq!(read(r#"{"type":"RECORD","stream":"a b","record":{"x":1}}"#), record());
        assert_eq!(read(r#" {"record":{"type":"STATE"},"stream":"a\u0020b","type":"RECORD"}"#), record());
        assert_eq!(read(r#"{"type": "STATE", "value": {"a": 1}}"#), Ok(Message::State(json!({"a": 1}))));
        assert_eq!(
            read(r#"{"type": "ACTIVATE_VERSION", "stream": "s", "version": 3}"#),
            Ok(Message::ActivateVersion { stream: "s".to_owned(), version: 3 })
        );
        assert_eq!(read(r#"{"type": "LOG"}"#), Ok(Message::Other));
        for broken in
            ["", "starting", "{", "[]", r#"{"a":1}"#, r#"{"type":"RECORD","record":{}}"#, r#"{"type":"STATE"}"#]
        {
            assert!(read(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_version_is_that_of_the_line_and_not_of_the_row() {
        assert_eq!(version(br#"{"type":"RECORD","stream":"s","record":{"version":1},"version":7}"#), Some(7));
        assert_eq!(version(br#"{"type":"RECORD","stream":"s","record":{"version":1}}"#), None);
        assert_eq!(version(br#"{"type":"RECORD","stream":"s","record":{}}"#), None);
        for (line, expected) in [
            (r#"{"record": {"a": {}}, "version": 3, "time_extracted": "2026-01-02T03:04:05.1Z"}"#, Some(3)),
            (r#"{"record": {"a": {}, "version": 3, "time_extracted": "2026"}}"#, None),
            (r#"{"record": {"a": {}, "version": 3}, "time_extracted": "2026"}"#, None),
            (r#"{"version": 4, "record": {"version": 3}, "x": 1}"#, Some(4)),
        ] {
            assert_eq!(version(line.as_bytes()), expected, "{line}");
        }
    }
}
