//! What is the same for all templates of one invocation.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json};

use super::Target;

/// The values that templates may ask for and that do not depend on the node: a template reads nothing else from
/// outside.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateSettings {
    /// The project's name (`project_name`), also the package of its own macros.
    pub project_name: String,
    /// The chosen environment.
    pub target: Target,
    /// Variables for `var()`, already merged: the command line's win over the project file's.
    pub vars: Map<String, Json>,
    /// The process environment for `env_var()`.
    pub env_vars: BTreeMap<String, String>,
    /// `flags.FULL_REFRESH`.
    pub full_refresh: bool,
    /// `invocation_id`.
    pub invocation_id: String,
    /// `run_started_at`, also what `modules.datetime.datetime.now()` says.
    pub run_started_at: DateTime<Utc>,
}

impl TemplateSettings {
    /// Settings without variables, at the Unix epoch.
    pub fn new(project_name: impl Into<String>, target: Target) -> Self {
        Self {
            project_name: project_name.into(),
            target,
            vars: Map::new(),
            env_vars: BTreeMap::new(),
            full_refresh: false,
            invocation_id: String::new(),
            run_started_at: DateTime::UNIX_EPOCH,
        }
    }
}
