//! `dbt_project.yml`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{FolderConfig, HookDeclaration, Many, OneOrMany};
use crate::yaml::{Node, Spanned};

/// A dbt project's own file. Keys that say "no effect" are accepted because dbt projects have them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "`dbt_project.yml`")]
pub struct DbtProjectFile {
    /// The project's name.
    pub name: Option<Spanned<String>>,
    /// The project's version: no effect.
    pub version: Option<String>,
    /// dbt's version of this layout: no effect.
    pub config_version: Option<u32>,
    /// dbt's connection profile: environments are in `ade.yml`.
    pub profile: Option<String>,
    /// Folders with models. Default: `models`.
    #[serde(default)]
    pub model_paths: Many<Spanned<String>>,
    /// Folders with seeds. Default: `seeds`.
    #[serde(default)]
    pub seed_paths: Many<Spanned<String>>,
    /// Folders with singular and generic tests. Default: `tests`.
    #[serde(default)]
    pub test_paths: Many<Spanned<String>>,
    /// Folders with macros. Default: `macros`.
    #[serde(default)]
    pub macro_paths: Many<Spanned<String>>,
    /// Folders with snapshots. Default: `snapshots`.
    #[serde(default)]
    pub snapshot_paths: Many<Spanned<String>>,
    /// Folders with analyses: no effect.
    #[serde(default)]
    pub analysis_paths: Many<Spanned<String>>,
    /// Folders with `{% docs %}` blocks. Default: all the others.
    #[serde(default)]
    pub docs_paths: Many<Spanned<String>>,
    /// Folders with assets: no effect.
    #[serde(default)]
    pub asset_paths: Many<String>,
    /// Folders with functions: no effect.
    #[serde(default)]
    pub function_paths: Many<String>,
    /// Configuration of models by folder.
    pub models: Option<FolderConfig>,
    /// Configuration of seeds by folder.
    pub seeds: Option<FolderConfig>,
    /// Configuration of sources by folder.
    pub sources: Option<FolderConfig>,
    /// Configuration of data tests by folder.
    #[serde(rename = "data_tests")]
    pub data_tests: Option<FolderConfig>,
    /// Older name of `data_tests`.
    pub tests: Option<FolderConfig>,
    /// Configuration of snapshots by folder: not supported yet.
    pub snapshots: Option<FolderConfig>,
    /// Configuration of exposures by folder: no effect.
    pub exposures: Option<FolderConfig>,
    /// dbt's unit tests: not supported yet.
    #[serde(rename = "unit_tests")]
    pub unit_tests: Option<FolderConfig>,
    /// dbt's semantic layer: no effect.
    pub metrics: Option<FolderConfig>,
    /// dbt's semantic layer: no effect.
    pub semantic_models: Option<FolderConfig>,
    /// dbt's semantic layer: no effect.
    pub saved_queries: Option<FolderConfig>,
    /// dbt's functions: no effect.
    pub functions: Option<FolderConfig>,
    /// Values for `var()`, for all or by package.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub vars: Option<Node>,
    /// Statements before everything else of a run.
    #[serde(default)]
    pub on_run_start: OneOrMany<HookDeclaration>,
    /// Statements after everything else of a run.
    #[serde(default)]
    pub on_run_end: OneOrMany<HookDeclaration>,
    /// Where dbt looks for a macro's implementations: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub dispatch: Option<Node>,
    /// Names are always quoted: no effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub quoting: Option<Node>,
    /// No effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub query_comment: Option<Node>,
    /// No effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub require_dbt_version: Option<Node>,
    /// No effect.
    pub target_path: Option<String>,
    /// No effect.
    pub log_path: Option<String>,
    /// Where dbt installs packages.
    pub packages_install_path: Option<String>,
    /// No effect.
    #[serde(default)]
    pub clean_targets: Many<String>,
    /// No effect.
    pub restrict_access: Option<bool>,
    /// No effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub dbt_cloud: Option<Node>,
    /// No effect.
    #[schemars(with = "Option<serde_json::Value>")]
    pub flags: Option<Node>,
    /// A place for anchors.
    #[schemars(with = "Option<serde_json::Value>")]
    pub anchors: Option<Node>,
}
