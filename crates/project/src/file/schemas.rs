//! The JSON Schemas of all kinds of files.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::{AdeFile, DbtProjectFile, PropertiesFile};

/// Name (of the schema's file, without `.json`) and JSON Schema (draft 2020-12) of every kind of file, for editors.
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("ade", schema::<AdeFile>()),
        ("dbt_project", schema::<DbtProjectFile>()),
        ("properties", schema::<PropertiesFile>()),
    ]
}

fn schema<T: JsonSchema>() -> Value {
    let schema: Schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    schema.to_value()
}
