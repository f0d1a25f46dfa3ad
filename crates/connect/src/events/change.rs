//! Change documents: what became of a row of some system, as the system tells it.
//!
//! Three shapes are understood: Debezium's envelope (`{before, after, op, source, ts_ms}`, alone or under `payload`), a record of
//! a DynamoDB stream (`{eventName, dynamodb: {Keys, NewImage, OldImage}}`), and plain `{table, before, after}` with, where it is
//! known, `op`, `key`, `ts` and `position`.

use chrono::DateTime;
use serde_json::{Map, Number, Value};

use super::message::Malformed;
use crate::value::{Instant, timestamp};

/// What became of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    /// The table, as its system calls it.
    pub(super) table: String,
    /// `create`, `update`, `delete` or `read`.
    pub(super) op: &'static str,
    /// What tells the row, where that is said beside the row.
    pub(super) key: Map<String, Value>,
    pub(super) before: Option<Map<String, Value>>,
    pub(super) after: Option<Map<String, Value>>,
    /// When its system says that it happened, in microseconds since 1970.
    pub(super) at: Option<i64>,
}

const NO_TABLE: Malformed = ("unknown_table", "it does not say which table it is of");
const NO_ROW: Malformed = ("broken_record", "it has neither a row before nor after the change, nor a key");

impl Change {
    /// Understands a document.
    pub(super) fn of(document: Value) -> Result<Self, Malformed> {
        let Value::Object(mut document) = document else { return Err(("broken_record", "it is no JSON object")) };
        if let Some(Value::Object(payload)) = document.shift_remove("payload") {
            document = payload;
        }
        let change =
            if document.contains_key("dynamodb") { Self::of_dynamodb(document) } else { Self::of_rows(document) }?;
        let is_empty = change.before.is_none() && change.after.is_none() && change.key.is_empty();
        if is_empty { Err(NO_ROW) } else { Ok(change) }
    }

    fn of_rows(mut document: Map<String, Value>) -> Result<Self, Malformed> {
        let source = object(document.shift_remove("source")).unwrap_or_default();
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let table = text(document.get("table"))
            .or_else(|| text(source.get("table")))
            .or_else(|| text(source.get("collection")));
        let (before, after) = (object(document.shift_remove("before")), object(document.shift_remove("after")));
        let said = document.get("op").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
        // Where nothing is said, what there is of the row speaks.
        let implied = match (&before, &after) {
            (_, None) => "delete",
            (None, Some(_)) => "create",
            (Some(_), Some(_)) => "update",
        };
        let op = match said.as_str() {
            "" => implied,
            "c" | "create" | "insert" => "create",
            "u" | "update" | "modify" => "update",
            "d" | "delete" | "remove" => "delete",
            "r" | "read" | "snapshot" => "read",
            _ => return Err(("unknown_change", "its `op` is none of create, update, delete and read")),
        };
        let at = ["ts", "ts_ms"].into_iter().find_map(|name| document.get(name)).or_else(|| source.get("ts_ms"));
        let at = at.and_then(moment);
        Ok(Self {
            table: table.filter(|table| !table.is_empty()).ok_or(NO_TABLE)?,
            op,
            key: object(document.shift_remove("key")).unwrap_or_default(),
            // A row that is deleted is not there after it.
            after: after.filter(|_| op != "delete"),
            before,
            at,
        })
    }

    fn of_dynamodb(mut document: Map<String, Value>) -> Result<Self, Malformed> {
        let op = match document.get("eventName").and_then(Value::as_str) {
            Some("INSERT") => "create",
            Some("MODIFY") => "update",
            Some("REMOVE") => "delete",
            _ => return Err(("unknown_change", "its `eventName` is none of INSERT, MODIFY and REMOVE")),
        };
        // arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000
        let arn = document.get("eventSourceARN").and_then(Value::as_str).unwrap_or_default();
        let of_arn = arn.split(":table/").nth(1).and_then(|rest| rest.split('/').next()).map(str::to_owned);
        let table = document.get("table").and_then(Value::as_str).map(str::to_owned).or(of_arn);
        let mut stream = object(document.shift_remove("dynamodb")).unwrap_or_default();
        let mut image = |name: &str| object(stream.shift_remove(name)).map(attributes);
        let (key, before, after) = (image("Keys"), image("OldImage"), image("NewImage"));
        Ok(Self {
            table: table.filter(|table| !table.is_empty()).ok_or(NO_TABLE)?,
            op,
            key: key.unwrap_or_default(),
            before,
            after: after.filter(|_| op != "delete"),
            at: stream.get("ApproximateCreationDateTime").and_then(moment),
        })
    }

    /// The row as it is known after the change, or was before one that deleted it.
    pub(super) fn row(&self) -> Map<String, Value> {
        let mut row = self.key.clone();
        let known = if self.op == "delete" { &self.before } else { &self.after };
        row.extend(known.clone().unwrap_or_default());
        row
    }
}

fn object(value: Option<Value>) -> Option<Map<String, Value>> {
    match value {
        Some(Value::Object(object)) => Some(object),
        _ => None,
    }
}

/// Seconds or milliseconds since 1970, or ISO 8601.
#[expect(clippy::cast_possible_truncation, reason = "a time beyond the range is none")]
fn moment(value: &Value) -> Option<i64> {
    /// Numbers beyond this are milliseconds: as seconds they would lie in the year 5138.
    const MOST_SECONDS: f64 = 1e11;
    match value {
        Value::String(text) => timestamp(text.as_bytes()).map(Instant::utc_micros),
        Value::Number(number) => {
            let number = number.as_f64()?;
            let micros = if number.abs() > MOST_SECONDS { number * 1e3 } else { number * 1e6 };
            DateTime::from_timestamp_micros(micros as i64).map(|time| time.timestamp_micros())
        }
        _ => None,
    }
}

/// Attributes of DynamoDB, of which each says its type: `{"id": {"N": "7"}}`.
fn attributes(image: Map<String, Value>) -> Map<String, Value> {
    image.into_iter().map(|(name, value)| (name, attribute(value))).collect()
}

fn attribute(value: Value) -> Value {
    let number = |text: String| match serde_json::from_str::<Number>(&text) {
        Ok(number) => Value::Number(number),
        Err(_) => Value::String(text),
    };
    let Value::Object(typed) = value else { return value };
    let Some((kind, value)) = typed.into_iter().next() else { return Value::Null };
    match (kind.as_str(), value) {
        ("N", Value::String(text)) => number(text),
        ("NULL", _) => Value::Null,
        ("M", Value::Object(object)) => Value::Object(attributes(object)),
        ("L", Value::Array(items)) => items.into_iter().map(attribute).collect(),
        ("NS", Value::Array(items)) => {
            let of = |item: Value| item.as_str().map_or(Value::Null, |text| number(text.to_owned()));
            items.into_iter().map(of).collect()
        }
        (_, value) => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_shape_tells_the_same() {
        let expected = |op| Change {
            table: "orders".to_owned(),
            op,
            key: Map::new(),
            before: json!({"id": 7, "paid": false}).as_object().cloned(),
            after: json!({"id": 7, "paid": true}).as_object().cloned(),
            at: Some(1_767_225_600_000_000),
        };
        let (before, after) = (json!({"id": 7, "paid": false}), json!({"id": 7, "paid": true}));
        let debezium = json!({"before": before, "after": after, "op": "u", "ts_ms": 1_767_225_600_000_i64, "source": {"table": "orders"}});
        assert_eq!(Change::of(debezium.clone()).unwrap(), expected("update"));
        assert_eq!(Change::of(json!({"schema": {}, "payload": debezium})).unwrap(), expected("update"));
        let plain = json!({"table": "orders", "before": before, "after": after, "ts": "2026-01-01T00:00:00Z"});
        assert_eq!(Change::of(plain).unwrap(), expected("update"));
        let dynamodb = json!({"eventName": "MODIFY", "eventSourceARN": "arn:aws:dynamodb:eu-west-1:1:table/orders/stream/x", "dynamodb": {
            "Keys": {"id": {"N": "7"}}, "ApproximateCreationDateTime": 1_767_225_600,
            "OldImage": {"id": {"N": "7"}, "paid": {"BOOL": false}}, "NewImage": {"id": {"N": "7"}, "paid": {"BOOL": true}}}});
        let key = json!({"id": 7}).as_object().cloned().unwrap();
        assert_eq!(Change::of(dynamodb).unwrap(), Change { key, ..expected("update") });
    }

    #[test]
    fn a_deletion_is_known_by_its_key_or_its_row() {
        for document in [
            json!({"table": "orders", "before": {"id": 7}}),
            json!({"table": "orders", "op": "d", "key": {"id": 7}, "after": {"id": 8}}),
            json!({"eventName": "REMOVE", "table": "orders", "dynamodb": {"Keys": {"id": {"N": "7"}}}}),
        ] {
            let change = Change::of(document).unwrap();
            assert_eq!((change.op, Value::Object(change.row())), ("delete", json!({"id": 7})));
        }
        for (document, rule) in [
            (json!(7), "broken_record"),
            (json!({"table": "orders"}), "broken_record"),
            (json!({"after": {"id": 7}}), "unknown_table"),
            (json!({"table": "orders", "after": {"id": 7}, "op": "x"}), "unknown_change"),
        ] {
            assert_eq!(Change::of(document).unwrap_err().0, rule);
        }
        let types = json!({"m": {"M": {"a": {"S": "x"}}}, "l": {"L": [{"N": "1"}]}, "ns": {"NS": ["1.5"]}, "n": {"NULL": true}});
        let plain = json!({"m": {"a": "x"}, "l": [1], "ns": [1.5], "n": null});
        assert_eq!(Value::Object(attributes(types.as_object().cloned().unwrap())), plain);
    }
}
