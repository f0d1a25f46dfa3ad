//! What a failing check means.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a failing check stops the table from becoming visible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckSeverity {
    /// It stops the table and everything downstream.
    #[default]
    #[serde(alias = "ERROR")]
    Error,
    /// It is reported.
    #[serde(alias = "WARN")]
    Warn,
}
