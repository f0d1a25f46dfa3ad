//! A table that comes from outside.

use ade_diagnostic::Location;
use serde_json::{Map, Value};

use super::{Column, Drift, Freshness, Ingest, MaxRejects, OnDelete, Owner, RowCondition, RowRule};
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
    /// What happens when the source is no longer as promised.
    pub drift: Drift,
    /// How many rejects of a load are too many.
    pub max_rejects: MaxRejects,
    /// Rows that are not what the table is about.
    pub rows: Vec<RowRule>,
    /// When the source means that a row is deleted: a condition, or a column (true, not 0, or a time).
    pub deleted: Option<RowCondition>,
    /// What becomes of rows that are deleted.
    pub on_delete: OnDelete,
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
