//! A table that comes from outside.

use ade_diagnostic::Location;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Column, Freshness, Ingest, Owner};
use crate::{NodeId, Relation};

/// One table of a `sources:` entry, with what the entry says for all its tables applied.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceTable {
    /// `source.<project>.<source>.<table>`.
    pub id: NodeId,
    /// Name of the source.
    pub source: String,
    /// Name of the table within the source.
    pub name: String,
    /// Where its rows are in the lake.
    pub relation: Relation,
    /// Connection it comes from; `None`: the table is there already (a plain dbt source).
    pub connection: Option<String>,
    /// How it comes in; `None` exactly when `connection` is.
    pub ingest: Option<Ingest>,
    /// Whether the columns listed are all that the table has, with exactly these types.
    pub contract_enforced: bool,
    /// The promised columns.
    pub columns: Vec<Column>,
    /// What happens when the source has a column that is not listed.
    pub on_new_column: OnNewColumn,
    /// How late it may be.
    pub freshness: Option<Freshness>,
    /// What it holds.
    pub description: String,
    /// Tags, the source's included.
    pub tags: Vec<String>,
    /// The project's own facts, the source's included.
    pub meta: Map<String, Value>,
    /// Who answers for it.
    pub owner: Option<Owner>,
    /// The whole configuration after merging.
    pub config: Map<String, Value>,
    /// Where the table is declared.
    pub origin: Location,
    /// File that declares it.
    pub path: String,
    /// Project, folders, source and name: what folder-level configuration and selectors go by.
    pub fqn: Vec<String>,
}

impl SourceTable {
    /// The promised column with this name, ASCII case ignored.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// The promised column that has this name in the source, ASCII case ignored.
    pub fn column_from(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.source_name().eq_ignore_ascii_case(name))
    }
}

/// What happens when a source has a column that nobody has listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnNewColumn {
    /// The table does not land until somebody decides.
    #[default]
    Stop,
    /// The column is left out.
    Drop,
    /// The column is left out; that it exists, and its type, is recorded for somebody to decide.
    Quarantine,
}
