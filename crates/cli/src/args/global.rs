//! Options that every command takes.
use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options that every command takes.
#[derive(Debug, Args)]
pub(crate) struct GlobalArgs {
    /// Folder of the project (default: the nearest folder upwards with ade.yml or dbt_project.yml)
    #[arg(long, global = true, value_name = "DIR", env = "ADE_PROJECT_DIR", help_heading = "Project")]
    pub(crate) project_dir: Option<PathBuf>,
    /// Environment to work in (default: `default_environment` of ade.yml)
    #[arg(
        long,
        visible_alias = "target",
        global = true,
        value_name = "NAME",
        env = "ADE_ENV",
        help_heading = "Project"
    )]
    pub(crate) env: Option<String>,
    /// Values of project variables, as YAML: '{start: 2026-01-01}'
    #[arg(long, global = true, value_name = "YAML", help_heading = "Project")]
    pub(crate) vars: Option<String>,
    /// How to report: words for people, or one JSON object per line for machines (of a run its events, each with its kind
    /// under `event`; what stops a command is a `problem` or an `error`)
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Output")]
    pub(crate) output: OutputFormat,
    /// Say nothing but errors and what was asked for
    #[arg(long, short, global = true, help_heading = "Output")]
    pub(crate) quiet: bool,
    /// Never colour (NO_COLOR is honoured too)
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) no_color: bool,
    /// Log what the program does to standard error: error, warn, info, debug, trace
    #[arg(long, global = true, value_name = "LEVEL", env = "ADE_LOG", help_heading = "Output")]
    pub(crate) log: Option<String>,
}

/// Words for people, or events for machines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// Progress bars on a terminal, plain lines elsewhere
    #[default]
    Text,
    /// One JSON event per line
    Json,
}
