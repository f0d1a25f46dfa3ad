//! An entry of `seeds:` in a properties file.

use schemars::JsonSchema;
use serde::Deserialize;

use super::check_declaration::CheckDeclaration;
use super::{ColumnDeclaration, Many, OneOrMany, OwnerDeclaration, SeedConfig};
use crate::yaml::{Node, Spanned};

/// What is said about a seed beside its CSV.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "a seed")]
pub struct SeedDeclaration {
    /// The seed's name: its file's name without `.csv`.
    pub name: Spanned<String>,
    /// What it holds; may use `{{ doc('…') }}`.
    pub description: Option<Spanned<String>>,
    /// Configuration.
    #[schemars(with = "Option<SeedConfig>")]
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
    /// Who answers for it.
    pub owner: Option<OwnerDeclaration>,
    /// Tags.
    #[serde(default)]
    pub tags: OneOrMany<String>,
    /// The project's own facts.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub meta: Option<Node>,
    /// dbt's group: its owner answers for the seed.
    pub group: Option<Spanned<String>>,
    /// dbt's documentation site: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub docs: Option<Node>,
}
