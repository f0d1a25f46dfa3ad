//! YAML files beside models and sources.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{ExposureDeclaration, Many, ModelDeclaration, OwnerDeclaration, SeedDeclaration, SourceDeclaration};
use crate::yaml::{Node, Spanned};

/// What `sources/*.yml`, and every `.yml` below the folders of models, seeds, snapshots, tests and macros, may say.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "a properties file")]
pub struct PropertiesFile {
    /// dbt's version of this layout: 2.
    pub version: Option<u32>,
    /// Tables that come from outside.
    #[serde(default)]
    pub sources: Many<SourceDeclaration>,
    /// Models.
    #[serde(default)]
    pub models: Many<ModelDeclaration>,
    /// Seeds.
    #[serde(default)]
    pub seeds: Many<SeedDeclaration>,
    /// Who or what looks at tables.
    #[serde(default)]
    pub exposures: Many<ExposureDeclaration>,
    /// Groups of models.
    #[serde(default)]
    pub groups: Many<GroupDeclaration>,
    /// Singular tests: what is said about the files in `tests/`.
    #[serde(default)]
    pub data_tests: Many<SingularTestDeclaration>,
    /// Older name of `data_tests`.
    #[serde(default)]
    pub tests: Many<SingularTestDeclaration>,
    /// dbt's snapshots: not supported yet.
    #[schemars(with = "Option<serde_json::Value>")]
    pub snapshots: Option<Node>,
    /// dbt's unit tests: not supported yet.
    #[schemars(with = "Option<serde_json::Value>")]
    pub unit_tests: Option<Node>,
    /// Descriptions of macros.
    #[serde(default)]
    pub macros: Many<MacroDeclaration>,
    /// dbt's analyses: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub analyses: Option<Node>,
    /// dbt's semantic layer: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub semantic_models: Option<Node>,
    /// dbt's semantic layer: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub metrics: Option<Node>,
    /// dbt's semantic layer: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub saved_queries: Option<Node>,
    /// dbt's functions: not supported.
    #[schemars(with = "Option<serde_json::Value>")]
    pub functions: Option<Node>,
    /// A place for anchors.
    #[schemars(with = "Option<serde_json::Value>")]
    pub anchors: Option<Node>,
}

/// A group of models with one owner.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "a group")]
pub struct GroupDeclaration {
    /// Its name.
    pub name: Spanned<String>,
    /// Who answers for its models.
    pub owner: OwnerDeclaration,
    /// What it is.
    pub description: Option<String>,
    /// The project's own facts.
    #[schemars(with = "Option<serde_json::Value>")]
    pub config: Option<Node>,
}

/// What is said about a file in `tests/`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "a singular test")]
pub struct SingularTestDeclaration {
    /// The file's name without `.sql`.
    pub name: Spanned<String>,
    /// What it is for.
    pub description: Option<Spanned<String>>,
    /// Configuration.
    #[schemars(with = "Option<super::CheckConfig>")]
    pub config: Option<Node>,
    /// dbt's documentation site: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub docs: Option<Node>,
}

/// What is said about a macro.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "a macro")]
pub struct MacroDeclaration {
    /// Its name.
    pub name: Spanned<String>,
    /// What it does.
    pub description: Option<Spanned<String>>,
    /// Its arguments.
    #[schemars(with = "Option<serde_json::Value>")]
    pub arguments: Option<Node>,
    /// The project's own facts.
    #[schemars(with = "Option<serde_json::Value>")]
    pub meta: Option<Node>,
    /// Configuration.
    #[schemars(with = "Option<serde_json::Value>")]
    pub config: Option<Node>,
    /// dbt's documentation site: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub docs: Option<Node>,
}
