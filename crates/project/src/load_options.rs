//! What reading a project depends on beside its files.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// What somebody chose on the command line, and what templates may see of the outside.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// `--env`; `None`: the project's `default_environment`.
    pub environment: Option<String>,
    /// `--vars`: win over the project's.
    pub vars: Map<String, Value>,
    /// Environment variables that `env_var()` sees.
    pub environment_variables: BTreeMap<String, String>,
    /// `run_started_at`.
    pub started_at: DateTime<Utc>,
    /// `invocation_id`.
    pub invocation_id: String,
    /// `--full-refresh`.
    pub full_refresh: bool,
    /// How many threads read files; 0 means one.
    pub threads: usize,
}
