//! A CSV file that becomes a table.

use ade_diagnostic::Location;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{Column, Hook, Owner};
use crate::{NodeId, Relation};

/// A seed with all its configuration merged. Its rows are read again through the file tree when it is loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct Seed {
    /// `seed.<project>.<name>`.
    pub id: NodeId,
    /// Its name.
    pub name: String,
    /// The CSV file, relative to the project.
    pub path: String,
    /// BLAKE3 of the file's bytes.
    pub content_hash: [u8; 32],
    /// Project, folders and name.
    pub fqn: Vec<String>,
    /// Where it is written.
    pub relation: Relation,
    /// Types of columns by name, as written; the others are inferred.
    pub column_types: IndexMap<String, String>,
    /// What separates the fields.
    pub delimiter: char,
    /// dbt's `quote_columns`: names keep their case. Ours always do; tolerated.
    pub quote_columns: Option<bool>,
    /// The described columns.
    pub columns: Vec<Column>,
    /// Statements before.
    pub pre_hooks: Vec<Hook>,
    /// Statements after.
    pub post_hooks: Vec<Hook>,
    /// What it holds.
    pub description: String,
    /// Tags.
    pub tags: Vec<String>,
    /// The project's own facts.
    pub meta: Map<String, Value>,
    /// Who answers for it.
    pub owner: Option<Owner>,
    /// The whole configuration after merging.
    pub config: Map<String, Value>,
    /// Where YAML describes it.
    pub properties: Option<Location>,
}
