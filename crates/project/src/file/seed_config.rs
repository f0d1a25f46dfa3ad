//! Configuration of a seed.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ContractConfig, HookDeclaration, OneOrMany, OwnerDeclaration};
use crate::yaml::{Node, Spanned};

/// What a seed may be told under `config:` in YAML, or for a folder in `dbt_project.yml`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "`config` of a seed", transform = super::model_config::add_adapter_keys)]
pub struct SeedConfig {
    /// `false` leaves the seed out of the project.
    pub enabled: Option<bool>,
    /// dbt's only materialization of seeds: no effect.
    pub materialized: Option<String>,
    /// Name of its table. Default: the seed's name.
    pub alias: Option<Spanned<String>>,
    /// Its own schema.
    pub schema: Option<Spanned<String>>,
    /// One catalog has no databases: no effect.
    pub database: Option<String>,
    /// Types of columns by name; the others are inferred.
    pub column_types: Option<IndexMap<String, Spanned<String>>>,
    /// What separates the fields: one character. Default: a comma.
    pub delimiter: Option<Spanned<String>>,
    /// Whether names of columns are quoted. Ours always are.
    pub quote_columns: Option<bool>,
    /// Tags.
    #[serde(default)]
    pub tags: OneOrMany<String>,
    /// The project's own facts.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub meta: Option<Node>,
    /// Seeds have no contracts: not supported.
    pub contract: Option<ContractConfig>,
    /// Statements before.
    #[serde(default)]
    pub pre_hook: OneOrMany<HookDeclaration>,
    /// The same, as `dbt_project.yml` spells it.
    #[serde(default, rename = "pre-hook")]
    pub pre_hook_dashed: OneOrMany<HookDeclaration>,
    /// Statements after.
    #[serde(default)]
    pub post_hook: OneOrMany<HookDeclaration>,
    /// The same, as `dbt_project.yml` spells it.
    #[serde(default, rename = "post-hook")]
    pub post_hook_dashed: OneOrMany<HookDeclaration>,
    /// Who answers for it.
    pub owner: Option<OwnerDeclaration>,
    /// Seeds are always replaced: no effect.
    pub full_refresh: Option<bool>,
    /// dbt's group: its owner answers for the seed.
    pub group: Option<Spanned<String>>,
    /// Column with the time of what a row tells: no effect.
    pub event_time: Option<String>,
    /// dbt's documentation site: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub docs: Option<Node>,
    /// dbt's comments in databases: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub persist_docs: Option<Node>,
    /// dbt's grants: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub grants: Option<Node>,
    /// Names are always quoted: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub quoting: Option<Node>,
}
