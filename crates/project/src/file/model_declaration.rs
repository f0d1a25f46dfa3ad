//! An entry of `models:` in a properties file.

use schemars::JsonSchema;
use serde::Deserialize;

use super::check_declaration::CheckDeclaration;
use super::{ColumnDeclaration, ConstraintDeclaration, Many, ModelConfig, OneOrMany, OwnerDeclaration};
use crate::resource::{Access, Maturity};
use crate::yaml::{Node, Spanned};

/// What is said about a model beside its SQL.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "a model")]
pub struct ModelDeclaration {
    /// The model's name: its file's name without `.sql`.
    pub name: Spanned<String>,
    /// What it holds; may use `{{ doc('…') }}`.
    pub description: Option<Spanned<String>>,
    /// Configuration.
    #[schemars(with = "Option<ModelConfig>")]
    pub config: Option<Node>,
    /// Its columns.
    #[serde(default)]
    pub columns: Many<ColumnDeclaration>,
    /// Checks of the table.
    #[serde(default)]
    #[schemars(with = "OneOrMany<CheckDeclaration>")]
    pub data_tests: OneOrMany<Node>,
    /// Older name of `data_tests`.
    #[serde(default)]
    #[schemars(with = "OneOrMany<CheckDeclaration>")]
    pub tests: OneOrMany<Node>,
    /// Promises that are held when the table is written.
    #[serde(default)]
    pub constraints: Many<ConstraintDeclaration>,
    /// Who answers for it.
    pub owner: Option<OwnerDeclaration>,
    /// How far one may rely on it.
    pub maturity: Option<Maturity>,
    /// Tags.
    #[serde(default)]
    pub tags: OneOrMany<String>,
    /// The project's own facts.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub meta: Option<Node>,
    /// dbt's group.
    pub group: Option<Spanned<String>>,
    /// dbt's access.
    pub access: Option<Access>,
    /// dbt's documentation site: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub docs: Option<Node>,
    /// dbt's versions of a model: not supported.
    #[schemars(with = "Option<serde_json::Value>")]
    pub versions: Option<Node>,
    /// dbt's versions of a model: not supported.
    #[schemars(with = "Option<serde_json::Value>")]
    pub latest_version: Option<Node>,
    /// When it goes away: no effect.
    pub deprecation_date: Option<String>,
    /// dbt's semantic layer: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub time_spine: Option<Node>,
    /// dbt's semantic layer: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub primary_key: Option<Node>,
}
