//! The catalog that a tap is given: which streams it is to read, and how.

use serde_json::{Map, Value, json};

use super::catalog::streams;
use crate::FedTable;

/// Selects in `catalog` the streams of the tables that are read, with all of their properties. The names of tables that it does
/// not have are given back.
pub(crate) fn select(catalog: &mut Value, tables: &[FedTable]) -> Vec<String> {
    let mut missing: Vec<String> =
        tables.iter().filter(|table| table.is_read).map(|table| table.from.clone()).collect();
    let streams = catalog.get_mut("streams").and_then(Value::as_array_mut).into_iter().flatten();
    for stream in streams.filter_map(Value::as_object_mut) {
        let id = ["tap_stream_id", "stream"].into_iter().find_map(|name| stream.get(name)?.as_str()).map(str::to_owned);
        let table = tables.iter().find(|table| table.is_read && Some(&table.from) == id.as_ref());
        missing.retain(|name| Some(name) != id.as_ref());
        set(stream, table);
    }
    missing
}

fn set(stream: &mut Map<String, Value>, table: Option<&FedTable>) {
    let selected = Value::Bool(table.is_some());
    // Older taps look here.
    stream.insert("selected".to_owned(), selected.clone());
    if let Some(schema) = stream.get_mut("schema").and_then(Value::as_object_mut) {
        schema.insert("selected".to_owned(), selected.clone());
    }
    let replication = match table {
        Some(table) if table.is_full => Some(("FULL_TABLE", None)),
        Some(FedTable { cursor: Some(cursor), .. }) => Some(("INCREMENTAL", Some(cursor.clone()))),
        // Some taps forget their bookmarks unless they are told so.
        Some(_) => replication_key(stream).map(|key| ("INCREMENTAL", Some(key))),
        None => None,
    };
    if let Some((method, key)) = &replication {
        stream.insert("replication_method".to_owned(), json!(method));
        stream.extend(key.clone().map(|key| ("replication_key".to_owned(), Value::String(key))));
    }
    let properties: Vec<String> = stream
        .get("schema")
        .and_then(|schema| schema.get("properties")?.as_object())
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default();
    let metadata = stream.entry("metadata").or_insert_with(|| Value::Array(Vec::new()));
    let Some(metadata) = metadata.as_array_mut() else { return };
    let of_stream = entry(metadata, &json!([]));
    of_stream.insert("selected".to_owned(), selected);
    if let Some((method, key)) = replication {
        of_stream.insert("replication-method".to_owned(), json!(method));
        of_stream.extend(key.map(|key| ("replication-key".to_owned(), Value::String(key))));
    }
    if table.is_none() {
        return;
    }
    for property in properties {
        let of_property = entry(metadata, &json!(["properties", property]));
        if of_property.get("inclusion").and_then(Value::as_str) != Some("unsupported") {
            of_property.insert("selected".to_owned(), Value::Bool(true));
        }
    }
}

/// The column that a stream could go by, where nothing else is said of how it is read.
fn replication_key(stream: &Map<String, Value>) -> Option<String> {
    let known = streams(&json!({ "streams": [Value::Object(stream.clone())] })).pop()?;
    known.replication_key.filter(|_| known.method.is_none())
}

/// What the catalog says of what a breadcrumb leads to.
fn entry<'a>(metadata: &'a mut Vec<Value>, breadcrumb: &Value) -> &'a mut Map<String, Value> {
    let place = metadata.iter().position(|entry| entry.get("breadcrumb") == Some(breadcrumb));
    let place = place.unwrap_or_else(|| {
        metadata.push(json!({ "breadcrumb": breadcrumb, "metadata": {} }));
        metadata.len() - 1
    });
    if !metadata[place].get("metadata").is_some_and(Value::is_object) {
        metadata[place] = json!({ "breadcrumb": breadcrumb, "metadata": {} });
    }
    match metadata[place].get_mut("metadata") {
        Some(Value::Object(entries)) => entries,
        _ => unreachable!("it was made so"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    #[test]
    fn what_is_read_is_selected_with_its_properties_and_nothing_else_is() {
        let mut catalog = json!({"streams": [
            {"tap_stream_id": "a", "schema": {"properties": {"id": {}, "blob": {}}}, "metadata": [
                {"breadcrumb": ["properties", "blob"], "metadata": {"inclusion": "unsupported"}}]},
            {"tap_stream_id": "b", "schema": {"properties": {}},
             "metadata": [{"breadcrumb": [], "metadata": {"selected": true}}]},
        ]});
        let table = |from: &str, is_read: bool| FedTable {
            from: from.to_owned(),
            options: Settings::default(),
            is_full: true,
            is_keyed: false,
            cursor: None,
            position: None,
            anew: false,
            is_read,
        };
        let missing = select(&mut catalog, &[table("a", true), table("b", false), table("gone", true)]);
        assert_eq!(missing, ["gone"]);
        let a = &catalog["streams"][0]["metadata"];
        assert_eq!(a[0]["metadata"].get("selected"), None);
        assert_eq!(a[1]["metadata"], json!({"selected": true, "replication-method": "FULL_TABLE"}));
        assert_eq!(a[2], json!({"breadcrumb": ["properties", "id"], "metadata": {"selected": true}}));
        assert_eq!(catalog["streams"][1]["metadata"][0]["metadata"]["selected"], json!(false));
    }
}
