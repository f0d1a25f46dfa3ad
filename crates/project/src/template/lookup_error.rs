//! Why a name that a template asked for could not be given.

use ade_diagnostic::did_you_mean;

/// A lookup that failed; becomes a diagnostic at the call in the template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LookupError {
    /// What is wrong with which name.
    pub message: String,
    /// What to do.
    pub hints: Vec<String>,
}

impl LookupError {
    /// A failure in the words of whoever looked.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new() }
    }

    /// `what` (for instance `model`) has nothing by this name; suggests the candidate that resembles it.
    pub fn unknown<'a>(what: &str, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            message: format!("there is no {what} `{name}`"),
            hints: did_you_mean(name, candidates).into_iter().collect(),
        }
    }
}
