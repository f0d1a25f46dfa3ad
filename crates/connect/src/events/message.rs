//! A message, understood.

use chrono::DateTime;
use serde_json::{Map, Value};

use super::cell::{Cell, flatten};
use super::change::Change;
use super::feed::snake_case;
use super::{EventFeed, EventRecord};
use crate::value::{Instant, timestamp};

/// What the columns of every table of events are called; a property of such a name is set apart.
pub(super) const OWN: [&str; 12] = [
    "id",
    "received_at",
    "sent_at",
    "timestamp",
    "original_timestamp",
    "anonymous_id",
    "user_id",
    "event",
    "event_text",
    "type",
    "group_id",
    "previous_id",
];

/// A message, understood.
#[derive(Debug)]
pub(super) struct Message {
    /// `track`, `identify`, …
    pub(super) call: String,
    /// The name of a `track`.
    pub(super) event: Option<String>,
    /// What is particular to it lands there.
    pub(super) feed: EventFeed,
    /// What every table has.
    pub(super) shared: Vec<(String, Cell)>,
    /// What is particular to its type, and properties or traits.
    pub(super) own: Vec<(String, Cell)>,
    /// Whose it is, where it says so.
    pub(super) user_id: Option<String>,
    /// What became of a row, of a change document.
    pub(super) change: Option<Change>,
}

/// The type of a message that is a change document.
pub(super) const CHANGE: &str = "change";

/// Why a message is none: a rule in snake case, and words without a value.
pub(super) type Malformed = (&'static str, &'static str);

impl Message {
    /// Understands a record.
    pub(super) fn of(record: &EventRecord) -> Result<Self, Malformed> {
        if record.is_too_long {
            return Err(("too_long", "it is longer than 32 KB"));
        }
        let not_an_object = ("broken_record", "it is no JSON object");
        let Ok(Value::Object(mut body)) = serde_json::from_slice::<Value>(&record.body) else {
            return Err(not_an_object);
        };
        if body.get("type").and_then(Value::as_str) == Some(CHANGE) {
            return Self::of_change(body, record.received_at);
        }
        let mut text = |name: &str| match body.shift_remove(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let call = text("type").unwrap_or_default();
        let (event, id) = (text("event"), text("messageId"));
        let (user_id, anonymous_id) = (text("userId"), text("anonymousId"));
        let (group_id, previous_id) = (text("groupId"), text("previousId"));
        let (name, category) = (text("name"), text("category"));
        let client = text("originalTimestamp").or(text("timestamp"));
        let sent_at = text("sentAt").and_then(|sent| micros(&sent)).or(record.sent_at);
        if EventFeed::of_call(&call, Some("any")).is_none() {
            return Err(("unknown_type", "its `type` is none of track, identify, page, screen, group and alias"));
        }
        let Some(feed) = EventFeed::of_call(&call, event.as_deref()) else {
            return Err(("nameless_event", "it is a `track` without a name in `event`"));
        };
        if user_id.is_none() && anonymous_id.is_none() {
            return Err(("nobody", "it has neither `userId` nor `anonymousId`"));
        }
        let mut object = |name: &str| match body.shift_remove(name) {
            Some(Value::Object(object)) => object,
            _ => Map::new(),
        };
        let (context, properties, traits) = (object("context"), object("properties"), object("traits"));
        let mut shared = Vec::with_capacity(24);
        let mut put =
            |name: &str, text: Option<String>| shared.extend(text.map(|text| (name.to_owned(), Cell::Text(text))));
        let original = client.as_deref().and_then(micros);
        put("id", id);
        put("received_at", iso(record.received_at));
        put("sent_at", sent_at.and_then(iso));
        put("original_timestamp", original.and_then(iso));
        put("timestamp", iso(corrected(record.received_at, sent_at, original)));
        put("anonymous_id", anonymous_id);
        put("user_id", user_id.clone());
        flatten(context, "context", &mut shared);
        let mut own = Vec::with_capacity(16);
        let mut put =
            |name: &str, text: Option<String>| own.extend(text.map(|text| (name.to_owned(), Cell::Text(text))));
        put("group_id", group_id);
        put("previous_id", previous_id);
        if matches!(call.as_str(), "page" | "screen") {
            put("name", name);
            put("category", category);
        }
        let (said, prefix) =
            if matches!(call.as_str(), "identify" | "group") { (traits, "trait") } else { (properties, "property") };
        let (begin, named) = (own.len(), own.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
        flatten(said, "", &mut own);
        for (name, _) in &mut own[begin..] {
            if OWN.contains(&name.as_str()) || named.contains(name) {
                *name = format!("{prefix}_{name}");
            }
        }
        Ok(Self { call, event, feed, shared, own, user_id, change: None })
    }

    fn of_change(mut body: Map<String, Value>, received_at: i64) -> Result<Self, Malformed> {
        let change = Change::of(body.shift_remove("document").unwrap_or_default())?;
        let id = body.get("messageId").and_then(Value::as_str).map(str::to_owned);
        let (mut shared, mut own) = (Vec::new(), Vec::new());
        flatten(change.row(), "", &mut own);
        let mut put =
            |name: &str, text: Option<String>| shared.extend(text.map(|text| (name.to_owned(), Cell::Text(text))));
        put("change_id", id);
        put("change_op", Some(change.op.to_owned()));
        put("changed_at", iso(change.at.unwrap_or(received_at)));
        let feed = EventFeed::Changes(snake_case(&change.table));
        let call = CHANGE.to_owned();
        Ok(Self { call, event: None, feed, shared, own, user_id: None, change: Some(change) })
    }

    /// Of a change that gave a row another key, the deletion of the row with the key that it had before.
    pub(super) fn moved(&self, key: &[String]) -> Option<Vec<(String, Cell)>> {
        let change = self.change.as_ref()?;
        let mut before = Vec::new();
        flatten(change.before.clone().filter(|_| change.after.is_some())?, "", &mut before);
        before.retain(|(name, _)| key.contains(name));
        let is_same = |(name, cell): &(String, Cell)| self.own.iter().any(|(own, now)| own == name && now == cell);
        if before.len() < key.len() || before.iter().all(is_same) {
            return None;
        }
        let told = self.shared.iter().filter(|(name, _)| name != "change_op").cloned();
        before.extend(told);
        before.push(("change_op".to_owned(), Cell::Text("delete".to_owned())));
        Some(before)
    }

    /// The columns that tell a `track` in the tables that have its name, or every message in the table of all.
    pub(super) fn naming(&self, with_type: bool) -> Vec<(String, Cell)> {
        let mut cells = Vec::new();
        if with_type {
            cells.push(("type".to_owned(), Cell::Text(self.call.clone())));
        }
        if let (EventFeed::Event(name), Some(event)) = (&self.feed, &self.event) {
            cells.push(("event".to_owned(), Cell::Text(name.clone())));
            cells.push(("event_text".to_owned(), Cell::Text(event.clone())));
        }
        cells
    }
}

/// When it happened by the clock of the collector, which the clocks of clients differ from: as long before it was received as it
/// happened before it was sent.
fn corrected(received_at: i64, sent_at: Option<i64>, original: Option<i64>) -> i64 {
    match (sent_at, original) {
        (Some(sent_at), Some(original)) => received_at.saturating_sub(sent_at.saturating_sub(original)),
        (None, Some(original)) => original,
        (_, None) => received_at,
    }
}

fn micros(text: &str) -> Option<i64> {
    timestamp(text.as_bytes()).map(Instant::utc_micros)
}

fn iso(micros: i64) -> Option<String> {
    DateTime::from_timestamp_micros(micros).map(|time| time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(body: &Value, sent_at: Option<i64>) -> Result<Message, Malformed> {
        let body = body.to_string().into_bytes();
        let (source, received_at) = ("web".to_owned(), 1_767_225_600_000_000);
        Message::of(&EventRecord {
            source,
            received_at,
            sent_at,
            digest: 1,
            is_duplicate: false,
            is_too_long: false,
            body,
        })
    }

    fn cell<'a>(cells: &'a [(String, Cell)], name: &str) -> Option<&'a str> {
        cells.iter().find(|(known, _)| known == name).map(|(_, cell)| cell.text())
    }

    #[test]
    fn a_clock_that_is_wrong_is_corrected_by_when_it_was_sent() {
        let body = json!({"type": "track", "event": "A", "userId": 7, "timestamp": "2020-01-01T00:00:00Z", "sentAt": "2020-01-01T00:01:00Z"});
        let found = message(&body, Some(5)).unwrap();
        assert_eq!(cell(&found.shared, "timestamp"), Some("2025-12-31T23:59:00.000000Z"));
        assert_eq!(cell(&found.shared, "original_timestamp"), Some("2020-01-01T00:00:00.000000Z"));
        assert_eq!(cell(&found.shared, "user_id"), Some("7"));
        let imported =
            message(&json!({"type": "track", "event": "A", "userId": "u", "timestamp": "2020-01-01"}), None).unwrap();
        assert_eq!(cell(&imported.shared, "timestamp"), Some("2020-01-01T00:00:00.000000Z"));
        let silent = message(&json!({"type": "track", "event": "A", "userId": "u"}), Some(5)).unwrap();
        assert_eq!(cell(&silent.shared, "timestamp"), Some("2026-01-01T00:00:00.000000Z"));
    }

    #[test]
    fn properties_are_columns_and_do_not_take_the_names_of_others() {
        let body = json!({"type": "page", "name": "Home", "anonymousId": "a", "context": {"page": {"url": "/x"}},
            "properties": {"name": "other", "id": 3, "Title": "T", "userId": "evil"}});
        let found = message(&body, None).unwrap();
        assert_eq!(cell(&found.shared, "context_page_url"), Some("/x"));
        let own: Vec<_> = found.own.iter().map(|(name, cell)| (name.as_str(), cell.text())).collect();
        let expected = [
            ("name", "Home"),
            ("property_name", "other"),
            ("property_id", "3"),
            ("title", "T"),
            ("property_user_id", "evil"),
        ];
        assert_eq!(own, expected);
    }

    #[test]
    fn what_is_no_message_says_why() {
        for (body, rule) in [
            (json!(7), "broken_record"),
            (json!({"userId": "u"}), "unknown_type"),
            (json!({"type": "dance", "userId": "u"}), "unknown_type"),
            (json!({"type": "track", "userId": "u"}), "nameless_event"),
            (json!({"type": "track", "event": "A"}), "nobody"),
        ] {
            assert_eq!(message(&body, None).unwrap_err().0, rule, "{body}");
        }
    }
}
