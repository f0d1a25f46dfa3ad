//! `ade.yml`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    ConnectionDeclaration, EnvironmentDeclaration, FolderConfig, HookDeclaration, Many, OneOrMany, PrivacyDeclaration,
};
use crate::yaml::{Node, Spanned};

/// The project's own file: where its tables live, where its data comes from and what is sensitive. What
/// `dbt_project.yml` says about folders, variables and hooks may also be said here, for projects without one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "`ade.yml`")]
pub struct AdeFile {
    /// The project's name.
    pub name: Option<Spanned<String>>,
    /// Where its tables live, by name of the environment. Default: `dev` in the folder `lake`.
    #[schemars(with = "Option<IndexMap<String, Option<EnvironmentDeclaration>>>")]
    pub environments: Option<Node>,
    /// The environment without `--env`. Default: the first one.
    pub default_environment: Option<Spanned<String>>,
    /// The systems that data comes from, by name.
    #[schemars(with = "Option<IndexMap<String, ConnectionDeclaration>>")]
    pub connections: Option<Node>,
    /// What is sensitive and what happens to it.
    pub privacy: Option<PrivacyDeclaration>,
    /// Values for `var()`.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub vars: Option<Node>,
    /// Configuration of models by folder.
    pub models: Option<FolderConfig>,
    /// Configuration of seeds by folder.
    pub seeds: Option<FolderConfig>,
    /// Configuration of sources by folder.
    pub sources: Option<FolderConfig>,
    /// Configuration of data tests by folder.
    pub data_tests: Option<FolderConfig>,
    /// Statements before everything else of a run.
    #[serde(default)]
    pub on_run_start: OneOrMany<HookDeclaration>,
    /// Statements after everything else of a run.
    #[serde(default)]
    pub on_run_end: OneOrMany<HookDeclaration>,
    /// Folders with models. Default: `models`.
    #[serde(default)]
    pub model_paths: Many<Spanned<String>>,
    /// Folders with seeds. Default: `seeds`.
    #[serde(default)]
    pub seed_paths: Many<Spanned<String>>,
    /// Folders with tests. Default: `tests`.
    #[serde(default)]
    pub test_paths: Many<Spanned<String>>,
    /// Folders with macros. Default: `macros`.
    #[serde(default)]
    pub macro_paths: Many<Spanned<String>>,
}
