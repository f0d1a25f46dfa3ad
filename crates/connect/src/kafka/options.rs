//! How the messages of a topic are read.

use crate::{ConnectError, SettingKind, SettingSpec, Settings};

/// How the value of a message becomes columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// An object of JSON: a column for each of its keys.
    Json,
    /// Text: one column, `value`.
    Text,
    /// A record of Avro, behind the id of its schema in a registry: a column for each of its fields.
    Avro,
}

/// What the key of a message is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyUse {
    /// Nothing, besides the column `_key`.
    None,
    /// It is the value of this column, where the message's value has not got it.
    Column(String),
    /// An object of JSON: its keys are columns, where the message's value has not got them.
    Json,
    /// Avro behind the id of its schema: the fields of a record are columns, and a plain value is that of the column, where the
    /// message's value has not got them.
    Avro(Option<String>),
}

/// How the messages of a topic are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TopicOptions {
    pub(crate) format: Format,
    pub(crate) key: KeyUse,
    /// Whether a first read leaves out what is there already.
    pub(crate) from_end: bool,
}

impl TopicOptions {
    pub(crate) fn specs() -> Vec<SettingSpec> {
        vec![
            SettingSpec::optional(
                "format",
                SettingKind::Choice(&["json", "text", "avro"]),
                "What a message's value is: an object of JSON, whose keys are columns; text, which is the column `value`; or a \
                 record of Avro behind the id of its schema, which the connection's `schema_registry` knows.",
            )
            .with_default("json"),
            SettingSpec::optional(
                "message_key",
                SettingKind::Choice(&["none", "text", "json", "avro"]),
                "What a message's key is good for: `text` is the value of `message_key_column`, and the keys of a `json` object are \
                 columns, both where the message's value has not got them (as in a tombstone); so are the fields of a record of \
                 `avro`, for values of Avro. By default `none`: it is the column `_key` alone.",
            )
            .with_default("none"),
            SettingSpec::optional(
                "message_key_column",
                SettingKind::Text,
                "The column for `message_key: text`, and for `avro` where keys are no records.",
            ),
            SettingSpec::optional(
                "start",
                SettingKind::Choice(&["earliest", "latest"]),
                "Where a first incremental read begins: with all that the topic keeps, or with what comes from then on.",
            )
            .with_default("earliest")
            .beside_rows(),
        ]
    }

    pub(crate) fn new(from: &str, options: &Settings) -> Result<Self, ConnectError> {
        let format = match options.text("format") {
            Some("text") => Format::Text,
            Some("avro") => Format::Avro,
            _ => Format::Json,
        };
        let key = match (options.text("message_key"), options.text("message_key_column")) {
            (Some("avro"), column) if format == Format::Avro => KeyUse::Avro(column.map(str::to_owned)),
            (Some("avro"), _) => {
                let reason = "`message_key: avro` is for values of Avro alone";
                return Err(refused(from, reason, "set `format: avro`, or `message_key` to `text`, `json` or `none`"));
            }
            (Some("text"), Some(column)) => KeyUse::Column(column.to_owned()),
            (Some("text"), None) => {
                let reason = "`message_key: text` needs a column for the key";
                return Err(refused(from, reason, "add `message_key_column`"));
            }
            (_, Some(_)) => {
                let reason = "`message_key_column` is for `message_key: text` and `avro` alone";
                return Err(refused(from, reason, "set that, or leave it out"));
            }
            (Some("json"), None) => KeyUse::Json,
            (_, None) => KeyUse::None,
        };
        Ok(Self { format, key, from_end: options.text("start") == Some("latest") })
    }
}

fn refused(from: &str, reason: &str, advice: &str) -> ConnectError {
    ConnectError::Request { from: from.to_owned(), reason: reason.to_owned(), advice: advice.to_owned() }
}
