//! Commands that write or describe projects.
use std::path::PathBuf;

use clap::Args;

/// What `ade init` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct InitArgs {
    /// The folder to make into a project
    #[arg(default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Name of the project (default: the folder's name)
    #[arg(long)]
    pub(crate) name: Option<String>,
}

/// What `ade demo` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct DemoArgs {
    /// The folder to write
    #[arg(default_value = "demo")]
    pub(crate) dir: PathBuf,
    /// How much data: 1 is 2,000 customers and 20,000 orders, 10 is ten times that
    #[arg(long, default_value_t = 1.0)]
    pub(crate) scale: f64,
    /// The same seed gives the same bytes
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Keep the app's database in this PostgreSQL, `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, in a schema `marketplace` that
    /// must not be there yet
    #[arg(long, value_name = "URL", conflicts_with_all = ["next_day", "breaks", "mend"])]
    pub(crate) postgres: Option<String>,
    /// In a demo that exists: let a day pass in the four source systems
    #[arg(long, conflicts_with_all = ["scale", "seed", "breaks"])]
    pub(crate) next_day: bool,
    /// In a demo that exists: break a source (inventory: a column is renamed)
    #[arg(long = "break", value_name = "SOURCE", value_parser = ["inventory"], conflicts_with_all = ["scale", "seed"])]
    pub(crate) breaks: Option<String>,
    /// In a demo that was broken: the source's owner takes it back
    #[arg(long, value_name = "SOURCE", value_parser = ["inventory"], conflicts_with_all = ["scale", "seed", "breaks", "next_day"])]
    pub(crate) mend: Option<String>,
}

/// What `ade inspect` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct InspectArgs {
    /// A connection of ade.yml; without it, they are listed
    pub(crate) connection: Option<String>,
    /// Only these tables (files connector: globs such as orders/*.csv)
    #[arg(long, num_args = 1.., value_name = "TABLE")]
    pub(crate) table: Vec<String>,
    /// How the tables are written, where that is not found out: an option of the connector (files: encoding, delimiter, sheet, …)
    #[arg(long, value_name = "NAME=VALUE", requires = "table")]
    pub(crate) with: Vec<String>,
    /// Write the draft to sources/<name>.yml instead of printing it
    #[arg(long)]
    pub(crate) write: bool,
    /// Name of the source in the draft (default: the connection's name)
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
}

/// What `ade schema` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct SchemaArgs {
    /// The kind of file; without it, the kinds are listed
    pub(crate) kind: Option<String>,
    /// Write every schema as <DIR>/<kind>.schema.json
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// What `ade reference` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReferenceArgs {
    /// Folder for the pages
    #[arg(long, value_name = "DIR", default_value = "docs/reference")]
    pub(crate) dir: PathBuf,
    /// Folder for the JSON Schemas
    #[arg(long, value_name = "DIR")]
    pub(crate) schemas: Option<PathBuf>,
}

/// What `ade completions` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}
