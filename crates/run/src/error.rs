//! What can stop a command.
use std::path::PathBuf;

use ade_diagnostic::Diagnostic;
use thiserror::Error;

/// What can stop a command. Failures of single tasks are no errors: they are in the task's report.
#[derive(Debug, Error)]
pub enum RunError {
    /// No project where one was looked for.
    #[error("there is no project in {path} or above it (no ade.yml, no dbt_project.yml); make one with `ade init`, or say where it is with --project-dir", path = path.display())]
    NoProject {
        /// Where the search began.
        path: PathBuf,
    },
    /// The project's files have problems: all of them.
    #[error("the project has {} problem(s)", diagnostics.iter().filter(|problem| problem.is_error()).count())]
    Project {
        /// All problems, warnings included.
        diagnostics: Vec<Diagnostic>,
    },
    /// What a person asked in SQL cannot be answered.
    #[error("{}", problem.message)]
    Query {
        /// What is wrong, at its place in the SQL.
        problem: Box<Diagnostic>,
    },
    /// A command was given something that does not exist or fit.
    #[error("{message}{}", hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default())]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// A file of the project or of its state cannot be read or written.
    #[error("cannot {action} {path}: {source}", path = path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's complaint.
        #[source]
        source: std::io::Error,
    },
    /// A command writes, and the project's state cannot be written to.
    #[error(
        "{path} cannot be written to (a read-only file system, or a lack of rights), and `{command}` writes there; run it where the \
         project can be written to (`ade query`, `show`, `ls`, `plan` and `history` work here, too)",
        path = path.display()
    )]
    ReadOnly {
        /// The folder of the state.
        path: PathBuf,
        /// The command.
        command: String,
    },
    /// A secret that the project refers to is not there.
    #[error("{setting}: {source}")]
    Secret {
        /// The setting that refers to it.
        setting: String,
        /// Why.
        #[source]
        source: ade_project::SecretError,
    },
    /// The environment's key is missing or unusable.
    #[error("the key of environment `{environment}` cannot be used: {reason}; {advice}")]
    Key {
        /// The environment.
        environment: String,
        /// Why.
        reason: String,
        /// What to do.
        advice: String,
    },
    /// The lake.
    #[error(transparent)]
    Lake(#[from] ade_lake::LakeError),
    /// The metadata database.
    #[error(transparent)]
    Meta(#[from] ade_meta::MetaError),
    /// SQL.
    #[error("{0}")]
    Sql(#[from] ade_engine::SqlError),
    /// A source.
    #[error(transparent)]
    Connect(#[from] ade_connect::ConnectError),
    /// Privacy.
    #[error(transparent)]
    Privacy(#[from] ade_privacy::PrivacyError),
    /// Rows do not have the shape of their table: a bug.
    #[error("{rows} obfuscated rows do not have the shape of their table; please report this")]
    Stamp {
        /// How many.
        rows: usize,
    },
    /// Rows could not be printed or written.
    #[error(transparent)]
    Output(#[from] ade_engine::OutputError),
}

impl RunError {
    /// A usage error.
    pub fn usage(message: impl Into<String>, hint: impl Into<Option<String>>) -> Self {
        Self::Usage { message: message.into(), hint: hint.into() }
    }

    /// Whether somebody else was faster: the same work, planned again from the beginning, may well succeed.
    pub fn is_conflict(&self) -> bool {
        match self {
            Self::Lake(error) => error.is_conflict(),
            Self::Meta(ade_meta::MetaError::LeaseLost { .. }) => true,
            _ => false,
        }
    }

    /// Whether it is about what the user wrote, in files or on the command line.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::NoProject { .. } | Self::Project { .. } | Self::Usage { .. } | Self::Secret { .. } | Self::Key { .. }
        )
    }
}

/// An error's message followed by those of its causes, unless they say the same.
pub fn with_causes(error: &dyn std::error::Error) -> String {
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
