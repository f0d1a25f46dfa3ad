//! Why a task did not do its work.
use ade_diagnostic::{Diagnostic, render_terminal};

use crate::error::{RunError, with_causes};

/// Why a task did not do its work. What was visible before still is.
#[derive(Debug)]
pub(crate) enum TaskError {
    /// Problems with a place in a file.
    Diagnostics(Vec<Diagnostic>),
    /// Anything else.
    Run(RunError),
}

impl TaskError {
    /// Whether somebody else was faster: the same work, planned again from the beginning, may well succeed.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Self::Run(error) if error.is_conflict())
    }

    /// Adds one more thing to know.
    pub(crate) fn note(&mut self, note: &str) {
        match self {
            Self::Diagnostics(problems) => {
                if let Some(last) = problems.pop() {
                    problems.push(last.note(note));
                }
            }
            Self::Run(_) => *self = RunError::usage(format!("{}\n{note}", self.message()), None).into(),
        }
    }

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

impl<E: Into<RunError>> From<E> for TaskError {
    fn from(error: E) -> Self {
        Self::Run(error.into())
    }
}
