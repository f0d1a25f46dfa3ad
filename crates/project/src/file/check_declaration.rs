//! An entry of `data_tests:`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::OneOrMany;
use crate::resource::CheckSeverity;
use crate::yaml::{Node, Spanned};

/// How a check is carried out: under `config:` of a data test, in `{{ config() }}` of a file in `tests/`, or for a
/// folder in `dbt_project.yml`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "`config` of a data test")]
pub struct CheckConfig {
    /// `false` switches it off.
    pub enabled: Option<bool>,
    /// What failing means.
    pub severity: Option<Spanned<CheckSeverity>>,
    /// Number of failing rows that is worth a warning, for instance `"> 10"`.
    pub warn_if: Option<Spanned<String>>,
    /// Number of failing rows that fails it.
    pub error_if: Option<Spanned<String>>,
    /// SQL expression for the number of failing rows. Default: `count(*)`.
    pub fail_calc: Option<String>,
    /// Only rows for which this SQL condition holds are looked at.
    pub r#where: Option<String>,
    /// At most this many failing rows are counted.
    pub limit: Option<u64>,
    /// Whether the failing rows are kept in a table.
    pub store_failures: Option<bool>,
    /// `table` or `view` keeps them, `ephemeral` does not.
    pub store_failures_as: Option<Spanned<StoreFailuresAs>>,
    /// Schema of that table.
    pub schema: Option<String>,
    /// Name of that table.
    pub alias: Option<String>,
    /// One catalog has no databases: no effect.
    pub database: Option<String>,
    /// Tags.
    #[serde(default)]
    pub tags: OneOrMany<String>,
    /// The project's own facts.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub meta: Option<Node>,
    /// dbt's group: no effect.
    pub group: Option<String>,
    /// dbt's materialization of checks: no effect.
    pub materialized: Option<String>,
    /// dbt's statements before the query: not supported.
    pub sql_header: Option<String>,
}

/// How failing rows are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StoreFailuresAs {
    /// As a table.
    Table,
    /// dbt's view; ours is a table, which shows the rows as they were.
    View,
    /// Not at all.
    Ephemeral,
}

/// A data test: its name, or `{name: {arguments}}`, or `{test_name: …, arguments}`. What it may hold depends on the
/// test, so it is looked at when the test is known.
pub struct CheckDeclaration;

impl JsonSchema for CheckDeclaration {
    fn schema_name() -> Cow<'static, str> {
        "DataTest".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A data test: its name (`unique`, `not_null`), or `{accepted_values: {arguments: {values: [a, b]}, config: {severity: warn}}}`.",
            "type": ["string", "object"],
        })
    }
}
