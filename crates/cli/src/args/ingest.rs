//! What `ade ingest` takes.
use std::path::PathBuf;

use clap::Args;

use super::BuildArgs;

/// What `ade ingest` takes.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct IngestArgs {
    #[command(flatten)]
    pub(crate) build: BuildArgs,
    /// A file that becomes a table of the project; its next version takes the place of its rows
    #[arg(requires = "into", conflicts_with_all = ["select", "exclude"])]
    pub(crate) file: Option<PathBuf>,
    /// The table that the file becomes
    #[arg(long, value_name = "SCHEMA.TABLE", requires = "file", help_heading = "File")]
    pub(crate) into: Option<String>,
    /// The class of a column, decided by you
    #[arg(long, value_name = "COLUMN=CLASS", requires = "file", help_heading = "File")]
    pub(crate) class: Vec<String>,
    /// How the file is written, where that is not found out: an option of the files connector
    #[arg(long, value_name = "NAME=VALUE", requires = "file", help_heading = "File")]
    pub(crate) with: Vec<String>,
    /// Accept the classes that are proposed for the other columns, write the sources file, and land the table
    #[arg(long, requires = "file", help_heading = "File")]
    pub(crate) accept: bool,
    /// Land what a Singer tap pipes in, for the tables of this source; each STATE is printed once its rows are committed
    #[arg(long, value_name = "SOURCE", help_heading = "Run", conflicts_with_all = ["file", "select", "exclude"])]
    pub(crate) singer: Option<String>,
}
