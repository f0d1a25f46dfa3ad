//! A `select` that becomes a table or view.

use std::sync::Arc;

use ade_diagnostic::{Location, SourceFile};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Column, Hook, Incremental, Maturity, Owner};
use crate::{NodeId, Relation};

/// A model with all its configuration merged.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// `model.<project>.<name>`.
    pub id: NodeId,
    /// Its name: what `ref()` says.
    pub name: String,
    /// The file with its SQL template.
    pub file: Arc<SourceFile>,
    /// Project, folders and name: what folder-level configuration and selectors go by.
    pub fqn: Vec<String>,
    /// Where it is written; an ephemeral model has one too, and never writes it.
    pub relation: Relation,
    /// What becomes of its rows.
    pub materialized: Materialization,
    /// Set exactly when `materialized` is [`Materialization::Incremental`].
    pub incremental: Option<Incremental>,
    /// Partitions of a table or incremental model.
    pub partition_by: Vec<String>,
    /// The model's own `full_refresh`: overrides the command line's.
    pub full_refresh: Option<bool>,
    /// Whether its columns must be exactly the listed ones.
    pub contract_enforced: bool,
    /// The described columns.
    pub columns: Vec<Column>,
    /// Statements before.
    pub pre_hooks: Vec<Hook>,
    /// Statements after.
    pub post_hooks: Vec<Hook>,
    /// What it holds; `doc()` is resolved.
    pub description: String,
    /// Tags.
    pub tags: Vec<String>,
    /// The project's own facts.
    pub meta: Map<String, Value>,
    /// Who answers for it.
    pub owner: Option<Owner>,
    /// How far one may rely on it.
    pub maturity: Maturity,
    /// dbt's group.
    pub group: Option<String>,
    /// dbt's access: who may refer to it.
    pub access: Access,
    /// The whole configuration after merging, for `config.…:` selectors and `{{ model.config }}`.
    pub config: Map<String, Value>,
    /// Where YAML describes it.
    pub properties: Option<Location>,
}

/// What becomes of a model's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Materialization {
    /// Nothing is stored but the query.
    #[default]
    View,
    /// The table is replaced whole.
    Table,
    /// The table is changed by the rows of each run.
    Incremental,
    /// A common table expression inside those that refer to it.
    Ephemeral,
}

impl Materialization {
    /// dbt's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Table => "table",
            Self::Incremental => "incremental",
            Self::Ephemeral => "ephemeral",
        }
    }
}

/// Who may refer to a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Only models of its group.
    Private,
    /// Everybody in the project.
    #[default]
    Protected,
    /// Everybody.
    Public,
}

impl Model {
    /// The model's file, relative to the project.
    pub fn path(&self) -> &str {
        self.file.path()
    }

    /// The file inside its folder of models: what dbt calls `model.path`.
    pub fn path_in_folder(&self) -> String {
        path_in_folder(&self.fqn, self.file.path())
    }
}

/// A file below the folder that its kind of resource has: the folders of its `fqn`, and its name.
pub(crate) fn path_in_folder(fqn: &[String], path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let folders = fqn.get(1..fqn.len().saturating_sub(1)).unwrap_or_default();
    folders.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join("/")
}
