//! The schemas of all kinds of files, with what the connectors know.
//!
//! The reader of projects leaves the settings of a connection, and a table's options under `ingest:`, to the connectors.
//! Here both come together, so that an editor completes `delimiter:` as it completes `cursor:`.
use ade_connect::Registry;
use serde_json::{Value, json};

/// Name and JSON Schema (draft 2020-12) of every kind of file.
pub fn schemas() -> Vec<(&'static str, Value)> {
    let mut schemas = ade_project::file::schemas();
    for (_, schema) in &mut schemas {
        if let Some(connection) = schema.pointer_mut("/$defs/ConnectionDeclaration") {
            with_settings(connection);
        }
        if let Some(ingest) = schema.pointer_mut("/$defs/IngestDeclaration") {
            with_options(ingest);
        }
    }
    schemas
}

/// A connection is one of the connectors' connections.
fn with_settings(connection: &mut Value) {
    let kinds: Vec<Value> = Registry::builtin().connectors().map(|connector| connector.spec().json_schema()).collect();
    let (title, description) = (connection["title"].take(), connection["description"].take());
    *connection = json!({ "title": title, "description": description, "anyOf": kinds });
}

/// `ingest:` takes every connector's options; which of them fit is checked when the connection is known.
fn with_options(ingest: &mut Value) {
    let registry = Registry::builtin();
    let Some(properties) = ingest.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for connector in registry.connectors() {
        for (name, option) in connector.spec().json_schema_of_table_options() {
            properties.entry(name).or_insert(option);
        }
    }
    ingest["additionalProperties"] = json!(false);
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    #[test]
    fn connectors_complete_the_schemas() {
        let schemas: Map<String, Value> =
            schemas().into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
        let connections = schemas["ade"]["$defs"]["ConnectionDeclaration"]["anyOf"].as_array().unwrap();
        let types: Vec<&Value> = connections.iter().map(|kind| &kind["properties"]["type"]["const"]).collect();
        assert_eq!(types, ["events", "files", "kafka", "mysql", "postgres", "singer", "sqlite"]);
        let ingest = &schemas["properties"]["$defs"]["IngestDeclaration"];
        assert_eq!(ingest["properties"]["header"]["default"], true);
        assert!(ingest["properties"]["cursor"].is_object());
        assert_eq!(ingest["additionalProperties"], false);
    }
}
