//! Commands on what was rejected.
use clap::{Args, Subcommand};

use super::whole;

/// What `ade rejects` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct RejectsArgs {
    #[command(subcommand)]
    pub(crate) command: RejectsCommand,
}

/// What is done with rejects.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum RejectsCommand {
    /// Count them by table and by what they break
    #[command(after_help = "Examples:\n  ade rejects list\n  ade rejects list --source app --all")]
    List(ListRejectsArgs),
    /// Show them one by one, the newest first
    #[command(
        after_help = "Examples:\n  ade rejects show --table orders\n  ade rejects show --rule retyped_column --limit 5"
    )]
    Show(ShowRejectsArgs),
    /// Land those whose reasons hold no more
    #[command(after_help = "Examples:\n  ade rejects replay\n  ade rejects replay --source app --table orders")]
    Replay(ReplayRejectsArgs),
    /// Settle that nobody wants them: they stay where they are, and do not count any more
    #[command(
        after_help = "Examples:\n  ade rejects discard --rule test_accounts\n  ade rejects discard --batch 0199f3a1-…"
    )]
    Discard(DiscardRejectsArgs),
}

/// A choice of rejects.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RejectFilterArgs {
    /// Those of one source's tables
    #[arg(long, value_name = "SOURCE", help_heading = "Selection")]
    pub(crate) source: Option<String>,
    /// Those of one table, by its name within the source
    #[arg(long, value_name = "TABLE", help_heading = "Selection")]
    pub(crate) table: Option<String>,
    /// Those that break this: retyped_column, 'retyped_column(price)', newly_nullable, new_column, broken_record, or a rule of
    /// `rows:` by its name
    #[arg(long, value_name = "RULE", help_heading = "Selection")]
    pub(crate) rule: Option<String>,
    /// Those that came with this batch
    #[arg(long, value_name = "BATCH", help_heading = "Selection")]
    pub(crate) batch: Option<String>,
}

/// What `ade rejects list` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct ListRejectsArgs {
    #[command(flatten)]
    pub(crate) filter: RejectFilterArgs,
    /// Also those that are replayed or discarded
    #[arg(long)]
    pub(crate) all: bool,
}

/// What `ade rejects show` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct ShowRejectsArgs {
    #[command(flatten)]
    pub(crate) filter: RejectFilterArgs,
    /// Also those that are replayed or discarded
    #[arg(long)]
    pub(crate) all: bool,
    /// Rejects to show
    #[arg(long, default_value_t = 20, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) limit: usize,
}

/// What `ade rejects replay` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReplayRejectsArgs {
    #[command(flatten)]
    pub(crate) filter: RejectFilterArgs,
    /// Seconds to wait for a table that another ade is writing (0: do not wait)
    #[arg(long, value_name = "SECONDS", default_value_t = 300, allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) lease_timeout: u64,
}

/// What `ade rejects discard` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct DiscardRejectsArgs {
    #[command(flatten)]
    pub(crate) filter: RejectFilterArgs,
    /// All of them, where nothing is chosen
    #[arg(long)]
    pub(crate) all: bool,
    /// Seconds to wait for a table that another ade is writing (0: do not wait)
    #[arg(long, value_name = "SECONDS", default_value_t = 300, allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) lease_timeout: u64,
}
