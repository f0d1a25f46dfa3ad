//! Columns that every message has, whatever is in its value. They are read where the sources file lists them.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, TimeUnit};
use serde_json::{Map, Value};

use super::message::Message;

/// A column that every message has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageColumn {
    Partition,
    Offset,
    Timestamp,
    Key,
    Headers,
    IsTombstone,
}

impl MessageColumn {
    pub(crate) const ALL: [Self; 6] =
        [Self::Partition, Self::Offset, Self::Timestamp, Self::Key, Self::Headers, Self::IsTombstone];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Partition => "_partition",
            Self::Offset => "_offset",
            Self::Timestamp => "_timestamp",
            Self::Key => "_key",
            Self::Headers => "_headers",
            Self::IsTombstone => "_is_tombstone",
        }
    }

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }

    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Partition => DataType::Int32,
            Self::Offset => DataType::Int64,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Key | Self::Headers => DataType::Utf8,
            Self::IsTombstone => DataType::Boolean,
        }
    }

    /// Its values. Bytes that are no text come as `\\x` and their digits, so that different ones stay different.
    pub(crate) fn values(self, messages: &[Message]) -> ArrayRef {
        let each = messages.iter();
        match self {
            Self::Partition => Arc::new(each.map(|message| message.partition).collect::<Int32Array>()),
            Self::Offset => Arc::new(each.map(|message| message.offset).collect::<Int64Array>()),
            Self::Timestamp => {
                let micros = each.map(|message| {
                    Some(message.timestamp_ms).filter(|time| *time >= 0).and_then(|time| time.checked_mul(1_000))
                });
                Arc::new(micros.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
            }
            Self::Key => {
                let keys = each.map(|message| message.key.as_deref().map(text));
                Arc::new(keys.collect::<StringArray>())
            }
            Self::Headers => Arc::new(each.map(headers).collect::<StringArray>()),
            Self::IsTombstone => Arc::new(each.map(|message| Some(message.value.is_none())).collect::<BooleanArray>()),
        }
    }
}

/// Bytes as text, or as PostgreSQL writes bytes.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    let digits = || {
        bytes.iter().fold("\\x".to_owned(), |mut all, byte| {
            // Writing to a text cannot fail.
            let _ = write!(all, "{byte:02x}");
            all
        })
    };
    std::str::from_utf8(bytes).map_or_else(|_| Cow::Owned(digits()), Cow::Borrowed)
}

/// As an object of JSON; NULL where there are none.
fn headers(message: &Message) -> Option<String> {
    let value = |bytes: &Option<bytes::Bytes>| bytes.as_deref().map_or(Value::Null, |bytes| Value::from(text(bytes)));
    let all: Map<String, Value> = message.headers.iter().map(|(name, bytes)| (name.clone(), value(bytes))).collect();
    (!all.is_empty()).then(|| Value::Object(all).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_bytes_stay_different() {
        assert_eq!((text("Größe".as_bytes()), text(b"\xff\x00")), ("Größe".into(), "\\xff00".into()));
        assert_ne!(text(b"\xfe"), text(b"\xff"));
    }
}
