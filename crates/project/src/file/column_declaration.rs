//! An entry of `columns:`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{ColumnPrivacyDeclaration, DriftDeclaration, Many, OneOrMany, check_declaration::CheckDeclaration};
use crate::yaml::{Node, Spanned};

/// A column of a source, model, seed or snapshot.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "a column")]
pub struct ColumnDeclaration {
    /// Its name.
    pub name: Spanned<String>,
    /// Columns of sources: the name that it has there, if that is another one.
    pub from: Option<Spanned<String>>,
    /// What it means; may use `{{ doc('…') }}`.
    pub description: Option<Spanned<String>>,
    /// The promised SQL type: `bigint`, `varchar`, `decimal(12,2)`, `timestamp`, …
    pub data_type: Option<Spanned<String>>,
    /// `false` promises that there are no nulls.
    pub nullable: Option<bool>,
    /// Privacy class, and overrides of it; columns of sources need one to land.
    #[serde(default, deserialize_with = "even_if_empty")]
    pub privacy: Option<ColumnPrivacyDeclaration>,
    /// Columns of sources: what happens when it is no longer as promised; goes before what the table says.
    pub drift: Option<DriftDeclaration>,
    /// Promises that are held when the table is written.
    #[serde(default)]
    pub constraints: Many<ConstraintDeclaration>,
    /// Checks of the column.
    #[serde(default)]
    #[schemars(with = "OneOrMany<CheckDeclaration>")]
    pub data_tests: OneOrMany<Node>,
    /// Older name of `data_tests`.
    #[serde(default)]
    #[schemars(with = "OneOrMany<CheckDeclaration>")]
    pub tests: OneOrMany<Node>,
    /// Tags; they also count for the column's checks.
    #[serde(default)]
    pub tags: OneOrMany<String>,
    /// The project's own facts.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub meta: Option<Node>,
    /// Tags and meta, as dbt 1.10 writes them.
    pub config: Option<ColumnConfig>,
    /// Whether the name must be quoted. Ours always are.
    pub quote: Option<bool>,
    /// dbt's semantic layer: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub granularity: Option<Node>,
    /// BigQuery: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub policy_tags: Option<Node>,
    /// dbt's semantic layer: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub dimension: Option<Node>,
    /// dbt's semantic layer: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub entity: Option<Node>,
    /// dbt's older word for what a column is: no effect.
    pub r#type: Option<String>,
}

/// A key with nothing after it is there all the same: it is where a person has to decide.
fn even_if_empty<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ColumnPrivacyDeclaration>, D::Error> {
    ColumnPrivacyDeclaration::deserialize(deserializer).map(Some)
}

/// `config:` of a column.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "`config` of a column")]
pub struct ColumnConfig {
    /// Tags.
    #[serde(default)]
    pub tags: OneOrMany<String>,
    /// The project's own facts.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub meta: Option<Node>,
}

/// A promise of a model's or column's contract.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "a constraint")]
pub struct ConstraintDeclaration {
    /// What is promised.
    pub r#type: Spanned<ConstraintKind>,
    /// The condition of a `check`.
    pub expression: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// The columns of a constraint at a model.
    #[serde(default)]
    pub columns: Many<Spanned<String>>,
    /// The other table of a foreign key.
    pub to: Option<String>,
    /// The columns of the other table.
    #[serde(default)]
    pub to_columns: Many<String>,
    /// Whether dbt warns that a database does not hold it.
    pub warn_unenforced: Option<bool>,
    /// Whether dbt warns that a database does not know it.
    pub warn_unsupported: Option<bool>,
}

/// The kinds of constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintKind {
    /// No nulls.
    NotNull,
    /// No value twice.
    Unique,
    /// Neither.
    PrimaryKey,
    /// Every value is in another table.
    ForeignKey,
    /// An SQL condition.
    Check,
    /// A database's own: no effect.
    Custom,
}
