//! `drift:` of a source, a table or a column.

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::Error;

use crate::resource::DriftPolicy;
use crate::yaml::{Node, Spanned, decode};

/// One word for every kind of drift, or a mapping.
#[derive(Clone, Debug, PartialEq)]
pub enum DriftDeclaration {
    /// One word for every kind for which it means something.
    Word(Spanned<DriftPolicy>),
    /// Each kind by itself.
    Kinds(Box<DriftKinds>),
}

/// The mapping form.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "`drift`")]
pub struct DriftKinds {
    /// A column that is not listed, and that no privacy rule classifies.
    pub new_column: Option<Spanned<DriftPolicy>>,
    /// A listed column that the source has not got any more.
    pub missing_column: Option<Spanned<DriftPolicy>>,
    /// A listed column that is missing, and a new one that looks like it.
    pub renamed_column: Option<Spanned<DriftPolicy>>,
    /// A column whose type, or a value, does not fit the promised type.
    pub retyped_column: Option<Spanned<DriftPolicy>>,
    /// NULLs where `nullable: false` is promised.
    pub newly_nullable: Option<Spanned<DriftPolicy>>,
    /// A record that no row can be made of: a line that is no JSON, a CSV record with another number of fields, bytes that
    /// are no text.
    pub broken_record: Option<Spanned<DriftPolicy>>,
    /// A column of JSON that lands as it is: keys that it never had, values of another kind, keys that are gone. `evolve`, the default,
    /// tells of it once.
    pub json: Option<Spanned<DriftPolicy>>,
    /// What holds instead for columns of a type, by its SQL name or the source's own: `jsonb: ignore`.
    #[serde(default)]
    pub types: Option<IndexMap<String, DriftDeclaration>>,
}

impl<'de> Deserialize<'de> for DriftDeclaration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        if node.as_mapping().is_some() {
            decode(&node).map(|kinds| Self::Kinds(Box::new(kinds))).map_err(D::Error::custom)
        } else {
            decode(&node).map(Self::Word).map_err(D::Error::custom)
        }
    }
}

impl JsonSchema for DriftDeclaration {
    fn schema_name() -> Cow<'static, str> {
        "Drift".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "One word for every kind of drift for which it means something, or a mapping from kinds to words.",
            "anyOf": [
                { "type": "string", "enum": ["stop", "evolve", "quarantine_rows", "quarantine_value", "ignore"] },
                generator.subschema_for::<DriftKinds>(),
            ],
        })
    }
}
