//! `ade check`.
use clap::{Args, ValueEnum};

/// What `ade check` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct CheckArgs {
    /// How to print problems
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ProblemFormat,
}

/// How problems of a project are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProblemFormat {
    /// With the line, a caret and hints
    #[default]
    Text,
    /// One JSON object per problem
    Json,
    /// GitHub Actions annotations
    Github,
}
