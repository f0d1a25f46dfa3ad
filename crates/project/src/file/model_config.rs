//! Configuration of a model.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Many, OneOrMany, OwnerDeclaration};
use crate::resource::{Access, BatchSize, IncrementalStrategy, Materialization, Maturity, OnSchemaChange};
use crate::yaml::{Node, Spanned};

/// What a model may be told in `{{ config() }}`, under `config:` in YAML, or for a folder in `dbt_project.yml`. Keys of
/// dbt's own adapters for other databases ([`ADAPTER_CONFIG_KEYS`]) are accepted and have no effect.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "`config` of a model", transform = add_adapter_keys)]
pub struct ModelConfig {
    /// `false` leaves the model out of the project.
    pub enabled: Option<bool>,
    /// What becomes of its rows. Default: `view`.
    pub materialized: Option<Spanned<Materialization>>,
    /// Name of its table. Default: the model's name.
    pub alias: Option<Spanned<String>>,
    /// Its own schema; see `custom_schema` of environments.
    pub schema: Option<Spanned<String>>,
    /// One catalog has no databases: no effect.
    pub database: Option<String>,
    /// Tags; those of folders and files add up.
    #[serde(default)]
    pub tags: OneOrMany<String>,
    /// The project's own facts; those of folders and files are merged.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub meta: Option<Node>,
    /// How new rows of an incremental model meet old ones. Default: `merge` with a `unique_key`, else `append`.
    pub incremental_strategy: Option<Spanned<IncrementalStrategy>>,
    /// Columns that identify a row of an incremental model.
    #[serde(default)]
    pub unique_key: OneOrMany<Spanned<String>>,
    /// Columns of the table's partitions.
    #[schemars(with = "Option<PartitionBy>")]
    pub partition_by: Option<Node>,
    /// What happens when the columns of an incremental model are no longer those of its table.
    pub on_schema_change: Option<OnSchemaChange>,
    /// dbt's conditions on which old rows are looked at: no effect.
    #[serde(default)]
    pub incremental_predicates: OneOrMany<String>,
    /// Older name of `incremental_predicates`: no effect.
    #[serde(default)]
    pub predicates: OneOrMany<String>,
    /// `merge`: only these columns of a known row change.
    #[serde(default)]
    pub merge_update_columns: OneOrMany<String>,
    /// `merge`: these columns of a known row never change.
    #[serde(default)]
    pub merge_exclude_columns: OneOrMany<String>,
    /// Overrides `--full-refresh`.
    pub full_refresh: Option<bool>,
    /// Column with the time of what a row tells, for replacing by time.
    pub event_time: Option<Spanned<String>>,
    /// Length of an interval.
    pub batch_size: Option<Spanned<BatchSize>>,
    /// How many intervals before the current one are made again.
    pub lookback: Option<u32>,
    /// Start of the first interval.
    pub begin: Option<Spanned<String>>,
    /// dbt's parallel batches: no effect.
    pub concurrent_batches: Option<bool>,
    /// Whether the columns must be exactly the listed ones.
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
    /// dbt's group.
    pub group: Option<Spanned<String>>,
    /// dbt's access.
    pub access: Option<Access>,
    /// Who answers for it.
    pub owner: Option<OwnerDeclaration>,
    /// How far one may rely on it.
    pub maturity: Option<Maturity>,
    /// dbt's statements before the query: not supported.
    pub sql_header: Option<String>,
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
    /// dbt's packages of a model: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub packages: Option<Node>,
    /// dbt's state-aware builds: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub freshness: Option<Node>,
    /// dbt's materialized views: no effect.
    pub on_configuration_change: Option<String>,
    /// dbt Fusion: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub static_analysis: Option<Node>,
}

/// Configuration keys of dbt's adapters for other databases.
pub const ADAPTER_CONFIG_KEYS: &[&str] = &[
    "auto_refresh",
    "automatic_clustering",
    "backup",
    "base_location",
    "bind",
    "buckets",
    "catalog",
    "catalog_name",
    "clustered_by",
    "cluster_by",
    "copy_grants",
    "databricks_compute",
    "databricks_tags",
    "dist",
    "enable_refresh",
    "external_volume",
    "file_format",
    "grant_access_to",
    "hours_to_expiration",
    "include_full_name_in_path",
    "indexes",
    "intermediate_format",
    "kms_key_name",
    "labels",
    "liquid_clustered_by",
    "location",
    "location_root",
    "max_staleness",
    "on_table_exists",
    "options",
    "partition_expiration_days",
    "partitions",
    "query_tag",
    "refresh_interval_minutes",
    "refresh_mode",
    "require_partition_filter",
    "row_access_policy",
    "secure",
    "snowflake_warehouse",
    "sort",
    "sort_type",
    "table_format",
    "table_tag",
    "table_type",
    "target_lag",
    "tblproperties",
    "tmp_relation_type",
    "transient",
    "unlogged",
];

/// Adds [`ADAPTER_CONFIG_KEYS`] to the schema of a configuration.
pub(super) fn add_adapter_keys(schema: &mut schemars::Schema) {
    let properties = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut);
    if let Some(properties) = properties {
        for key in ADAPTER_CONFIG_KEYS {
            properties
                .insert((*key).to_owned(), serde_json::json!({ "description": "Another database's: no effect." }));
        }
    }
}

/// `contract:`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "`contract`")]
pub struct ContractConfig {
    /// Whether the columns must be exactly the listed ones.
    pub enforced: Option<bool>,
    /// Whether dbt may use alias types: no effect.
    pub alias_types: Option<bool>,
}

/// A statement, or `{sql: …, transaction: …}`.
#[derive(Clone, Debug, PartialEq)]
pub struct HookDeclaration(pub Node);

impl HookDeclaration {
    /// The statement.
    pub fn sql(&self) -> &str {
        let inner = self.0.as_mapping().and_then(|mapping| mapping.get("sql"));
        inner.unwrap_or(&self.0).as_text().unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for HookDeclaration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Node::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for HookDeclaration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Hook".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, generator.subschema_for::<HookMapping>()] })
    }
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
#[serde(deny_unknown_fields)]
#[schemars(title = "a hook")]
struct HookMapping {
    /// The statement.
    sql: String,
    /// Whether dbt runs it inside the model's transaction: no effect.
    transaction: Option<bool>,
}

/// `partition_by:`: columns; of BigQuery's mapping the `field` counts.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
#[serde(untagged)]
enum PartitionBy {
    /// A column.
    One(String),
    /// Several columns.
    Many(Many<String>),
    /// BigQuery's form.
    Field {
        /// The column.
        field: String,
    },
}
