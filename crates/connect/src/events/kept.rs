//! Messages that do not land, as they are kept until somebody decides: with what the collector knows of them.

use serde_json::{Map, Value, json};

use super::EventRecord;

/// A record in JSON. Whoever keeps it seals it.
pub(super) fn kept(record: &EventRecord) -> Vec<u8> {
    let message: Value = serde_json::from_slice(&record.body).unwrap_or_default();
    let EventRecord { received_at, sent_at, is_too_long, .. } = record;
    let kept =
        json!({ "received_at": received_at, "sent_at": sent_at, "is_too_long": is_too_long, "message": message });
    kept.to_string().into_bytes()
}

impl EventRecord {
    /// The record of a source that was kept. What earlier builds kept is the message alone: it counts as received at `since`, in
    /// microseconds since 1970. `None`: it was never kept.
    pub fn of_kept(source: &str, kept: &[u8], since: i64) -> Option<Self> {
        let mut object: Map<String, Value> = serde_json::from_slice(kept).ok()?;
        let (received_at, message) =
            match (object.get("received_at").and_then(Value::as_i64), object.shift_remove("message")) {
                (Some(received_at), Some(message)) => (received_at, message),
                (_, None) => (since, Value::Object(std::mem::take(&mut object))),
                _ => return None,
            };
        Some(Self {
            source: source.to_owned(),
            received_at,
            sent_at: object.get("sent_at").and_then(Value::as_i64),
            digest: 0,
            is_duplicate: false,
            is_too_long: object.get("is_too_long").and_then(Value::as_bool).unwrap_or(false),
            body: message.to_string().into_bytes(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_the_same_when_it_comes_back() {
        let record = EventRecord {
            source: "web".to_owned(),
            received_at: 7,
            sent_at: Some(5),
            digest: 0,
            is_duplicate: false,
            is_too_long: true,
            body: br#"{"type":"track","event":"A","message":"m"}"#.to_vec(),
        };
        assert_eq!(EventRecord::of_kept("web", &kept(&record), 9).unwrap(), record);
        let early = EventRecord {
            received_at: 9,
            sent_at: None,
            is_too_long: false,
            body: br#"{"type":"track"}"#.to_vec(),
            ..record
        };
        assert_eq!(EventRecord::of_kept("web", &early.body, 9).unwrap(), early);
        assert!(EventRecord::of_kept("web", b"7", 9).is_none());
    }
}
