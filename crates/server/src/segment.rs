//! Requests of the Segment HTTP API, as messages of the log.
//!
//! `POST /v1/track` and its kin carry one message, `/v1/batch` and `/v1/import` many. Clients of browsers use shorter names and
//! send JSON as `text/plain`, which asks nobody for permission first. The write key is the user name of Basic
//! authentication, or a member of the body. See <https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use serde_json::{Map, Value};

use crate::http::Head;

/// A message is never longer, as it stands in its request.
pub(crate) const MOST_MESSAGE_BYTES: usize = 32 << 10;
/// A batch is never longer.
pub(crate) const MOST_BATCH_BYTES: usize = 500 << 10;

/// What a path takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// One message of this type.
    One(&'static str),
    /// Several, of any type.
    Batch,
    /// What clients tell of themselves: nothing is done with it.
    Telemetry,
}

impl Endpoint {
    /// Of a path, if it has one.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let name = path.strip_prefix("/v1/")?;
        Some(match name.strip_suffix('/').unwrap_or(name) {
            "track" | "t" => Self::One("track"),
            "identify" | "i" => Self::One("identify"),
            "page" | "p" => Self::One("page"),
            "screen" | "s" => Self::One("screen"),
            "group" | "g" => Self::One("group"),
            "alias" | "a" => Self::One("alias"),
            "batch" | "b" | "import" => Self::Batch,
            "m" => Self::Telemetry,
            _ => return None,
        })
    }
}

/// Messages of one request.
#[derive(Debug)]
pub(crate) struct Sent {
    /// The write key in the body.
    pub(crate) write_key: Option<String>,
    /// When the request says that it left its client, in microseconds since 1970.
    pub(crate) left_at: Option<i64>,
    /// A message that is kept with more bytes was too long when it was sent.
    pub(crate) most_bytes: usize,
    pub(crate) messages: Vec<Message>,
}

/// One message of a request.
#[derive(Debug)]
pub(crate) struct Message {
    /// Its id, if it has one.
    pub(crate) id: Option<String>,
    /// What is kept of it: a JSON object, unless something else came in its place.
    pub(crate) value: Value,
}

/// A message gets its type and an id, which are not of its length.
const ADDED_BYTES: usize = 128;

/// Reads JSON. Programs that cut a text off in the middle of a character send half of it (`\ud83d`): what stands around it is not lost
/// for that.
pub(crate) fn parse(body: &[u8]) -> Result<Value, &'static str> {
    let read = serde_json::from_slice(body);
    read.or_else(|_| serde_json::from_slice(&without_halves(body))).map_err(|_| "the body is not JSON")
}

/// The same JSON, with halves of pairs of surrogates replaced, as encoders of UTF-8 do.
fn without_halves(body: &[u8]) -> Vec<u8> {
    let unit = |at: usize| {
        let digits = body.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let digits =
            std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        u16::from_str_radix(digits, 16).ok()
    };
    let (mut whole, mut at) = (Vec::with_capacity(body.len()), 0);
    while at < body.len() {
        let length = match (unit(at), unit(at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                whole.extend_from_slice(b"\\ufffd");
                at += 6;
                continue;
            }
            // What stands behind a backslash belongs to it.
            _ if body[at] == b'\\' => 2.min(body.len() - at),
            _ => 1,
        };
        whole.extend_from_slice(&body[at..at + length]);
        at += length;
    }
    whole
}

/// Reads the body of a request; gives what is wrong with it.
pub(crate) fn read(endpoint: Endpoint, body: &[u8]) -> Result<Sent, &'static str> {
    let Value::Object(mut body) = parse(body)? else { return Err("the body is not a JSON object") };
    let write_key = match body.shift_remove("writeKey") {
        Some(Value::String(key)) => Some(key),
        _ => None,
    };
    let left_at = body.get("sentAt").and_then(Value::as_str).and_then(micros);
    let mut most_bytes = usize::MAX;
    let messages = match endpoint {
        Endpoint::One(kind) => {
            body.insert("type".to_owned(), kind.into());
            vec![Message::new(Value::Object(body))]
        }
        Endpoint::Telemetry => Vec::new(),
        Endpoint::Batch => {
            let Some(Value::Array(batch)) = body.shift_remove("batch") else {
                return Err("the body has no list `batch`");
            };
            let shared: Vec<(String, Value)> = ["context", "integrations"]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), body.shift_remove(name)?)))
                .collect();
            let shared_bytes: usize = shared.iter().map(|(name, value)| name.len() + 4 + value.to_string().len()).sum();
            most_bytes = MOST_MESSAGE_BYTES + ADDED_BYTES + shared_bytes;
            batch.into_iter().map(|message| Message::new(with_shared(message, &shared))).collect()
        }
    };
    Ok(Sent { write_key, left_at, most_bytes, messages })
}

impl Message {
    fn new(mut value: Value) -> Self {
        let id = value.as_object_mut().and_then(|message| {
            // Of a batch each message may have it, too, and it must not be kept.
            message.shift_remove("writeKey");
            let id = message.get("messageId").and_then(Value::as_str);
            id.filter(|id| !id.is_empty()).map(str::to_owned)
        });
        Self { id, value }
    }

    /// The same with an id.
    pub(crate) fn identified(&mut self, id: String) {
        if let Some(message) = self.value.as_object_mut() {
            message.insert("messageId".to_owned(), Value::String(id));
        }
    }
}

/// A message of a batch with what the batch says of all of them; what it says itself goes before.
fn with_shared(mut message: Value, shared: &[(String, Value)]) -> Value {
    if let Value::Object(own) = &mut message {
        for (name, value) in shared {
            match own.get_mut(name) {
                Some(Value::Object(own)) => lay_under(own, value),
                Some(_) => {}
                None => {
                    own.insert(name.clone(), value.clone());
                }
            }
        }
    }
    message
}

fn lay_under(own: &mut Map<String, Value>, shared: &Value) {
    for (name, value) in shared.as_object().into_iter().flatten() {
        if !own.contains_key(name) {
            own.insert(name.clone(), value.clone());
        }
    }
}

/// The user name of Basic authentication.
pub(crate) fn key_of(head: &Head) -> Option<String> {
    let (scheme, code) = head.header("authorization")?.split_once(' ')?;
    let text = STANDARD.decode(code.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(text).ok()?;
    let key = text.split(':').next().unwrap_or_default();
    (!key.is_empty()).then(|| key.to_owned())
}

/// A time in ISO 8601, in microseconds since 1970.
fn micros(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_micros())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_batch_shares_its_context_and_its_key_is_not_kept() {
        let body = json!({
            "writeKey": "w", "sentAt": "2026-01-01T00:00:01.5Z", "context": {"ip": "1.2.3.4", "app": "a"},
            "batch": [
                {"type": "track", "event": "A", "messageId": "1", "context": {"app": "b"}, "writeKey": "w"},
                {"type": "identify"}, 7,
            ],
        });
        let sent = read(Endpoint::Batch, body.to_string().as_bytes()).unwrap();
        assert_eq!(sent.write_key.as_deref(), Some("w"));
        assert_eq!(sent.left_at, Some(1_767_225_601_500_000));
        let values: Vec<&Value> = sent.messages.iter().map(|message| &message.value).collect();
        assert_eq!(
            values,
            [
                &json!({"type": "track", "event": "A", "messageId": "1", "context": {"app": "b", "ip": "1.2.3.4"}}),
                &json!({"type": "identify", "context": {"ip": "1.2.3.4", "app": "a"}}),
                &json!(7),
            ]
        );
        assert_eq!(sent.messages[0].id.as_deref(), Some("1"));
        assert_eq!(sent.messages[1].id, None);
    }

    #[test]
    fn half_a_character_does_not_cost_the_rest() {
        for (sent, kept) in [
            (r#"{"a":"\ud83d"}"#, "\u{fffd}"),
            (r#"{"a":"x\uDE00\ud83d\ud83d\uDE00"}"#, "x\u{fffd}\u{fffd}😀"),
            (r#"{"a":"\\ud83d\ud83dz"}"#, "\\ud83d\u{fffd}z"),
        ] {
            assert_eq!(parse(sent.as_bytes()).unwrap(), json!({ "a": kept }), "{sent}");
        }
        for broken in [&br#"{"a":"\ud83"#[..], b"{\"a\":\"\\", b"\xff"] {
            assert!(parse(broken).is_err());
        }
    }

    #[test]
    fn one_message_has_the_type_of_its_path() {
        let one = Endpoint::of("/v1/t").unwrap();
        let sent = read(one, br#"{"event":"A","type":"page","writeKey":"w"}"#).unwrap();
        assert_eq!(sent.messages[0].value, json!({"event": "A", "type": "track"}));
        assert_eq!(Endpoint::of("/v1/track/"), Some(one));
        assert_eq!(Endpoint::of("/v2/track"), None);
        for body in ["", "7", "[]", "{", r#"{"batch":{}}"#, r#"{"event":"A"}"#] {
            assert!(read(Endpoint::Batch, body.as_bytes()).is_err(), "{body}");
        }
    }
}
