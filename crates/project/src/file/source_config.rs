//! Configuration of a source or one of its tables.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{FreshnessDeclaration, Inherited, OneOrMany};
use crate::yaml::{Node, Spanned};

/// What a source may be told under `config:` in YAML, or for a folder in `dbt_project.yml`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "`config` of a source")]
pub struct SourceConfig {
    /// `false` leaves it out of the project.
    pub enabled: Option<bool>,
    /// Tags.
    #[serde(default)]
    pub tags: OneOrMany<String>,
    /// The project's own facts.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub meta: Option<Node>,
    /// How late it may be; `null` switches off what would be inherited.
    #[serde(default)]
    #[schemars(with = "Option<FreshnessDeclaration>")]
    pub freshness: Inherited<FreshnessDeclaration>,
    /// Column with the time of a row's last change.
    pub loaded_at_field: Option<Spanned<String>>,
    /// dbt's query for that time: not supported.
    pub loaded_at_query: Option<Spanned<String>>,
    /// Column with the time of what a row tells: no effect.
    pub event_time: Option<String>,
    /// dbt's schema of a source in configuration.
    pub schema: Option<Spanned<String>>,
    /// One catalog has no databases: no effect.
    pub database: Option<String>,
    /// Names are always quoted: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub quoting: Option<Node>,
}
