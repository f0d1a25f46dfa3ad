//! What can be asked of collected events without their log.

use std::sync::Arc;

use arrow::array::{RecordBatch, new_empty_array};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use async_trait::async_trait;

use crate::{ColumnInfo, ConnectError, Connection, Sample, Settings, Snapshot, TableInfo, TableKind};

/// Collected events. Their log is read by whoever has its key, round by round: see [`super::read_round`].
pub(super) struct EventsConnection;

/// What every call has, as far as its client says so.
const CALL: [&str; 7] =
    ["id", "received_at", "timestamp", "anonymous_id", "user_id", "context_ip", "context_library_name"];
/// The usual tables, and what the calls of each have besides.
const TABLES: [(&str, &[&str]); 7] = [
    ("all_events", &["type", "event"]),
    ("tracks", &["event", "event_text"]),
    ("identifies", &["email", "name"]),
    ("pages", &["name", "title", "url", "path", "referrer"]),
    ("screens", &["name"]),
    ("groups", &["group_id", "name"]),
    ("aliases", &["previous_id"]),
];

fn column(name: &str) -> ColumnInfo {
    let is_time = name == "timestamp" || name.ends_with("_at");
    let data_type =
        if is_time { DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())) } else { DataType::Utf8 };
    ColumnInfo { name: name.to_owned(), source_type: String::new(), data_type, nullable: name != "id", comment: None }
}

/// The tables that events usually have; a table for the events of each name is for people to list.
fn usual() -> Vec<TableInfo> {
    let calls = TABLES.iter().map(|(name, own)| {
        let mut table = TableInfo::new(*name, *name, TableKind::Table);
        table.columns = CALL.iter().chain(*own).map(|name| column(name)).collect();
        table
    });
    let mut users = TableInfo::new("users", "users", TableKind::Table);
    users.columns = ["id", "received_at", "email", "name"].iter().map(|name| column(name)).collect();
    users.primary_key = vec!["id".to_owned()];
    calls.chain([users]).collect()
}

#[async_trait]
impl Connection for EventsConnection {
    async fn browse(&self) -> Result<Vec<TableInfo>, ConnectError> {
        Ok(usual())
    }

    async fn sample(&self, from: &str, _options: &Settings, _rows: usize) -> Result<Sample, ConnectError> {
        let table = usual().into_iter().find(|table| table.from == from).ok_or_else(|| unasked(from))?;
        let fields = table.columns.iter().map(|column| Field::new(&column.name, column.data_type.clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let columns = schema.fields().iter().map(|field| new_empty_array(field.data_type())).collect();
        RecordBatch::try_new(schema, columns).map(Sample::from).map_err(|_| unasked(from))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, ConnectError> {
        Err(unasked("events"))
    }
}

fn unasked(from: &str) -> ConnectError {
    ConnectError::Request {
        from: from.to_owned(),
        reason: "events wait in an encrypted log and are looked at when they have landed".to_owned(),
        advice: "land them (`ade ingest`) and query the table".to_owned(),
    }
}
