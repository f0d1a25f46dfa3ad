//! What is wrong with one setting.

use serde::Serialize;

/// What is wrong with one setting. The caller knows where it is written and makes a diagnostic of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SettingProblem {
    /// The setting's name as written; for a missing one, the name that is missing.
    pub setting: String,
    /// Whether the setting is absent: then there is no place to point at but its parent.
    pub missing: bool,
    /// What is wrong, without the value.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}
