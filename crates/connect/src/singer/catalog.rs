//! What a tap says it can read.

use std::collections::HashMap;

use serde_json::Value;

use super::json_schema::{StreamColumn, columns};
use crate::lake_name::lake_name;
use crate::{ColumnInfo, CursorProposal, RowCount, TableInfo, TableKind};

/// One stream of a catalog.
#[derive(Debug)]
pub(crate) struct CatalogStream {
    /// By what its catalog and its bookmarks know it.
    pub(crate) id: String,
    /// By what its rows come.
    pub(crate) name: String,
    pub(crate) columns: Vec<StreamColumn>,
    pub(crate) key: Vec<String>,
    /// The column that tells what has changed, if the tap goes by one.
    pub(crate) replication_key: Option<String>,
    /// `INCREMENTAL`, `FULL_TABLE`, `LOG_BASED`, where the tap says so.
    pub(crate) method: Option<String>,
    rows: Option<u64>,
}

/// The streams of a catalog, in its order.
pub(crate) fn streams(catalog: &Value) -> Vec<CatalogStream> {
    let streams = catalog.get("streams").and_then(Value::as_array).into_iter().flatten();
    streams.filter_map(stream).collect()
}

fn stream(entry: &Value) -> Option<CatalogStream> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let id = text("tap_stream_id").or_else(|| text("stream"))?;
    let name = text("stream").unwrap_or_else(|| id.clone());
    let metadata = of_stream(entry);
    let said = |name: &str| metadata.and_then(|metadata| metadata.get(name));
    let list = |value: Option<&Value>| -> Vec<String> {
        let items = value.and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let word = |value: Option<&Value>| value.and_then(Value::as_str).filter(|word| !word.is_empty()).map(str::to_owned);
    let mut key = list(said("table-key-properties"));
    if key.is_empty() {
        key = list(entry.get("key_properties"));
    }
    let valid = list(said("valid-replication-keys")).into_iter().next();
    let replication_key = word(said("replication-key")).or_else(|| text("replication_key")).or(valid);
    let method = ["forced-replication-method", "replication-method"].into_iter().find_map(|name| word(said(name)));
    Some(CatalogStream {
        id,
        name,
        columns: columns(entry.get("schema")?),
        key,
        replication_key,
        method: method.or_else(|| text("replication_method")),
        rows: said("row-count").and_then(Value::as_u64),
    })
}

/// What the catalog says of a stream as a whole.
fn of_stream(entry: &Value) -> Option<&Value> {
    let entries = entry.get("metadata")?.as_array()?;
    let of_all = |entry: &&Value| entry.get("breadcrumb").and_then(Value::as_array).is_some_and(Vec::is_empty);
    entries.iter().find(of_all)?.get("metadata")
}

impl CatalogStream {
    /// For a draft.
    pub(crate) fn info(&self) -> TableInfo {
        let columns = self.columns.iter().map(|column| ColumnInfo {
            name: column.name.clone(),
            source_type: column.source_type.clone(),
            data_type: column.data_type.clone(),
            // A schema says what values are like; that each row has one is promised of its key alone.
            nullable: !self.key.contains(&column.name),
            comment: None,
        });
        let is_whole = self.method.as_deref() == Some("FULL_TABLE");
        let known = |column: &&String| self.columns.iter().any(|known| known.name == **column);
        let cursor = self.replication_key.as_ref().filter(|_| !is_whole).filter(known);
        let mut notes = Vec::new();
        if self.method.as_deref() == Some("LOG_BASED") {
            notes.push("the tap follows a log: read it with `mode: incremental`".to_owned());
        }
        TableInfo {
            name: lake_name(&self.id),
            from: self.id.clone(),
            kind: TableKind::Table,
            columns: columns.collect(),
            primary_key: self.key.iter().filter(known).cloned().collect(),
            unique_keys: Vec::new(),
            indexed: Vec::new(),
            foreign_keys: Vec::new(),
            rows: self.rows.map(RowCount::Estimated),
            size_bytes: None,
            comment: None,
            cursors: cursor
                .map(|column| CursorProposal {
                    column: column.clone(),
                    reason: "the tap's own replication key".to_owned(),
                    indexed: false,
                    has_gaps: false,
                })
                .into_iter()
                .collect(),
            options: Vec::new(),
            notes,
        }
    }
}

/// The stream of each name under which rows may come: that of the catalog, that of its rows where only one has it.
pub(crate) fn names(streams: &[CatalogStream]) -> HashMap<String, String> {
    let mut names: HashMap<String, String> = HashMap::new();
    for stream in streams {
        let is_shared = streams.iter().filter(|other| other.name == stream.name).count() > 1;
        if !is_shared {
            names.insert(stream.name.clone(), stream.id.clone());
        }
    }
    names.extend(streams.iter().map(|stream| (stream.id.clone(), stream.id.clone())));
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_and_replication_keys_are_found_where_taps_write_them() {
        let schema = json!({"type": "object", "properties": {"id": {"type": "integer"}, "at": {"type": "string"}}});
        let catalog = json!({"streams": [
            {"tap_stream_id": "a", "stream": "a", "key_properties": ["id"], "schema": schema,
             "metadata": [{"breadcrumb": [], "metadata": {"valid-replication-keys": ["at"], "row-count": 5}}]},
            {"tap_stream_id": "x-b", "stream": "b", "schema": schema, "replication_key": "at", "metadata": [
                {"breadcrumb": ["properties", "id"], "metadata": {"inclusion": "automatic"}},
                {"breadcrumb": [], "metadata": {"table-key-properties": ["id"], "forced-replication-method": "FULL_TABLE"}}]},
            {"stream": "c", "schema": schema},
        ]});
        let found = streams(&catalog);
        let infos: Vec<TableInfo> = found.iter().map(CatalogStream::info).collect();
        assert_eq!(infos[0].keyed_cursor().map(|cursor| cursor.column.as_str()), Some("at"));
        assert_eq!((infos[1].name.as_str(), infos[1].from.as_str(), infos[1].cursors.len()), ("x_b", "x-b", 0));
        assert_eq!(infos[1].primary_key, ["id"]);
        assert!(infos[2].primary_key.is_empty());
        let names = names(&found);
        assert_eq!((names["b"].as_str(), names["x-b"].as_str(), names["c"].as_str()), ("x-b", "x-b", "c"));
    }
}
