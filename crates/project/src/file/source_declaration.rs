//! An entry of `sources:`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::check_declaration::CheckDeclaration;
use super::{
    ColumnDeclaration, ContractConfig, DriftDeclaration, EventsDeclaration, FreshnessDeclaration, IngestDeclaration,
    Inherited, Many, OneOrMany, OwnerDeclaration, RowRuleDeclaration, SourceConfig,
};
use crate::resource::OnDelete;
use crate::yaml::{Node, Spanned};

/// Tables that come from one place.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "a source")]
pub struct SourceDeclaration {
    /// Its name: the first argument of `source()`.
    pub name: Spanned<String>,
    /// What it is; may use `{{ doc('…') }}`.
    pub description: Option<Spanned<String>>,
    /// Connection of `ade.yml` that its tables are ingested from. Without one the tables are there already.
    pub connection: Option<Spanned<String>>,
    /// Schema of its tables in the lake. Default: the source's name.
    pub schema: Option<Spanned<String>>,
    /// What happens when a table is no longer as promised: `stop` (default), `evolve`, `quarantine_rows`, `quarantine_value` or
    /// `ignore`, for all kinds of drift or for each.
    pub drift: Option<DriftDeclaration>,
    /// How many rejects a load of a table may have: a number of records (`100`), or a share of them (`0.5 %`). With more, the load
    /// fails. Default: 1,000, or 1 % where that is more.
    #[schemars(with = "Option<MaxRejectsDeclaration>")]
    pub max_rejects: Option<Node>,
    /// Sources of events: what holds for all of them.
    pub events: Option<EventsDeclaration>,
    /// How late its tables may be.
    #[serde(default)]
    #[schemars(with = "Option<FreshnessDeclaration>")]
    pub freshness: Inherited<FreshnessDeclaration>,
    /// Column with the time of a row's last change.
    pub loaded_at_field: Option<Spanned<String>>,
    /// dbt's query for that time: not supported.
    pub loaded_at_query: Option<Spanned<String>>,
    /// Configuration.
    #[schemars(with = "Option<SourceConfig>")]
    pub config: Option<Node>,
    /// Who answers for it.
    pub owner: Option<OwnerDeclaration>,
    /// Tags; they also count for its tables.
    #[serde(default)]
    pub tags: OneOrMany<String>,
    /// The project's own facts; they also count for its tables.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub meta: Option<Node>,
    /// The tables.
    #[serde(default)]
    pub tables: Many<TableDeclaration>,
    /// Who fills it: no effect.
    pub loader: Option<String>,
    /// One catalog has no databases: no effect.
    pub database: Option<String>,
    /// dbt's overriding of a package's source: no effect.
    pub overrides: Option<String>,
    /// Names are always quoted: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub quoting: Option<Node>,
    /// Unity catalog: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub unrendered_config: Option<Node>,
}

/// A table of a source.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "a source table")]
pub struct TableDeclaration {
    /// Its name: the second argument of `source()`.
    pub name: Spanned<String>,
    /// What it holds; may use `{{ doc('…') }}`.
    pub description: Option<Spanned<String>>,
    /// Name of the table in the lake. Default: its name.
    pub identifier: Option<Spanned<String>>,
    /// How it comes into the lake.
    #[schemars(with = "Option<IngestDeclaration>")]
    pub ingest: Option<Node>,
    /// Whether the columns must be exactly the listed ones.
    pub contract: Option<ContractConfig>,
    /// What happens when it is no longer as promised; goes before what the source says.
    pub drift: Option<DriftDeclaration>,
    /// How many rejects a load may have, as a number of records (`100`) or a share of them (`0.5 %`); goes before what the
    /// source says.
    #[schemars(with = "Option<MaxRejectsDeclaration>")]
    pub max_rejects: Option<Node>,
    /// Rows that are not what the table is about: migrated, tests, dummies.
    #[serde(default)]
    pub rows: Many<RowRuleDeclaration>,
    /// When a row counts as deleted though it is there: a column (true, not 0, or a time), or an SQL condition over the
    /// columns as the source has them.
    pub deleted: Option<Spanned<String>>,
    /// What becomes of deleted rows: `remove` (default), or `mark`: they stay, and `_ade_is_deleted` is true.
    pub on_delete: Option<Spanned<OnDelete>>,
    /// The promised columns.
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
    /// How late it may be; `null` switches off what the source says.
    #[serde(default)]
    #[schemars(with = "Option<FreshnessDeclaration>")]
    pub freshness: Inherited<FreshnessDeclaration>,
    /// Column with the time of a row's last change.
    pub loaded_at_field: Option<Spanned<String>>,
    /// dbt's query for that time: not supported.
    pub loaded_at_query: Option<Spanned<String>>,
    /// Configuration.
    #[schemars(with = "Option<SourceConfig>")]
    pub config: Option<Node>,
    /// Who answers for it.
    pub owner: Option<OwnerDeclaration>,
    /// Tags.
    #[serde(default)]
    pub tags: OneOrMany<String>,
    /// The project's own facts.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub meta: Option<Node>,
    /// Who fills it: no effect.
    pub loader: Option<String>,
    /// dbt's external tables: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub external: Option<Node>,
    /// Names are always quoted: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub quoting: Option<Node>,
}

/// Either way of writing how many rejects are too many.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
#[schemars(untagged)]
enum MaxRejectsDeclaration {
    /// A number of records.
    Rows(u64),
    /// A share of them: `0.5 %`.
    Share(String),
}
