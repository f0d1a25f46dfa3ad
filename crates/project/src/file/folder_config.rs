//! Folder-level configuration.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::yaml::Node;

/// Configuration of folders: `{project: {folder: {+materialized: table}}}`. Which keys are folders and which are
/// configuration depends on the project, so it is looked at when the project is known.
#[derive(Clone, Debug, PartialEq)]
pub struct FolderConfig(pub Node);

impl<'de> Deserialize<'de> for FolderConfig {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Node::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for FolderConfig {
    fn schema_name() -> Cow<'static, str> {
        "FolderConfig".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Configuration by folder: names of the project, its folders and files; keys of configuration begin with `+`.",
            "type": ["object", "null"],
        })
    }
}
