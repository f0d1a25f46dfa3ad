//! Why a task did not do its work.
use ade_diagnostic::{Diagnostic, render_terminal};

use crate::error::RunError;

/// Why a task did not do its work. What was visible before still is.
#[derive(Debug)]
pub(crate) enum TaskError {
    /// Problems with a place in a file.
    Diagnostics(Vec<Diagnostic>),
    /// Anything else.
    Run(RunError),
}

impl TaskError {
    /// In words, with every cause.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Diagnostics(problems) | Self::Run(RunError::Project { diagnostics: problems }) => {
                render_terminal(problems, false).trim_end().to_owned()
            }
            Self::Run(error) => with_causes(error),
        }
    }
}

/// An error's message followed by those of its causes, unless they say the same.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = inner.source();
    }
    text
}

impl<E: Into<RunError>> From<E> for TaskError {
    fn from(error: E) -> Self {
        Self::Run(error.into())
    }
}
