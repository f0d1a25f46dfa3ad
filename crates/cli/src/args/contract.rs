//! Commands on what a source promises.
use clap::{Args, Subcommand};

/// What `ade contract` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct ContractArgs {
    #[command(subcommand)]
    pub(crate) command: ContractCommand,
}

/// What is done with contracts.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ContractCommand {
    /// Propose promises from what has arrived so far, as a difference of the sources file
    #[command(
        after_help = "Examples:\n  ade contract suggest\n  ade contract suggest app.orders\n  ade contract suggest app --write"
    )]
    Suggest(SuggestArgs),
}

/// What `ade contract suggest` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct SuggestArgs {
    /// A source, or one table of it: `source`, `source.table`
    pub(crate) name: Option<String>,
    /// Write the promises into the sources files
    #[arg(long)]
    pub(crate) write: bool,
}
