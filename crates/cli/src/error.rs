//! What the program says when it cannot do what was asked, and its exit code.
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

use ade_run::diagnostic::{Diagnostic, render_terminal, summary};
use ade_run::{RunError, with_causes};

use crate::args::GlobalArgs;
use crate::output::{Style, style};

/// Exit code of a failed check or task.
pub(crate) const FAILED: u8 = 1;
/// Exit code of a mistake in the project or on the command line.
pub(crate) const USAGE: u8 = 2;

/// What the program says when it cannot do what was asked.
pub(crate) struct CliError {
    message: String,
    diagnostics: Vec<Diagnostic>,
    code: u8,
}

impl CliError {
    /// A failure in words.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), diagnostics: Vec::new(), code: FAILED }
    }

    /// A mistake on the command line.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: USAGE, ..Self::new(message) }
    }

    /// Words on standard error; gives the exit code.
    pub(crate) fn report(&self, global: &GlobalArgs) -> ExitCode {
        let style: Style = style(global);
        let mut out = stderr().lock();
        // Nobody is left to tell when standard error is gone.
        let _ = if self.diagnostics.is_empty() {
            writeln!(out, "{} {}", style.bad("error:"), self.message)
        } else {
            let problems = render_terminal(&self.diagnostics, style.has_colour());
            // The problems of a project are counted; a query has one.
            if self.code == USAGE {
                writeln!(out, "{problems}\n{}", summary(&self.diagnostics))
            } else {
                write!(out, "{problems}")
            }
        };
        ExitCode::from(self.code)
    }

    /// One JSON object per problem on standard output; gives the exit code.
    pub(crate) fn report_json(&self) -> ExitCode {
        let text = if self.diagnostics.is_empty() {
            serde_json::json!({ "event": "error", "message": self.message }).to_string() + "\n"
        } else {
            problem_lines(&self.diagnostics)
        };
        let _ = stdout().lock().write_all(text.as_bytes());
        ExitCode::from(self.code)
    }
}

/// Problems as lines among the events of a run.
pub(crate) fn problem_lines(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| as_event(problem) + "\n").collect()
}

fn as_event(problem: &Diagnostic) -> String {
    let mut line = serde_json::json!({ "event": "problem" });
    if let (Some(line), Ok(serde_json::Value::Object(says))) = (line.as_object_mut(), serde_json::to_value(problem)) {
        line.extend(says);
    }
    line.to_string()
}

impl From<RunError> for CliError {
    fn from(error: RunError) -> Self {
        let code = if error.is_usage() { USAGE } else { FAILED };
        match error {
            RunError::Project { diagnostics } => Self { message: String::new(), diagnostics, code },
            RunError::Query { problem } => Self { message: String::new(), diagnostics: vec![*problem], code },
            other => Self { message: with_causes(&other), diagnostics: Vec::new(), code },
        }
    }
}
