//! Commands on a table's versions.
use clap::Args;

use super::{SelectArgs, whole};

/// What `ade history` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct HistoryArgs {
    /// A table: `schema.table`, or the name of a model, seed or `source.table`
    pub(crate) table: String,
    /// The newest N versions
    #[arg(long, default_value_t = 20, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) limit: usize,
}

/// What `ade restore` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct RestoreArgs {
    /// A table: `schema.table`, or the name of a model, seed or `source.table`
    pub(crate) table: String,
    /// The version or time to go back to; a day is its end, times are UTC: 12, 2026-01-31, '2026-01-31 08:00:00'
    #[arg(long, value_name = "VERSION|TIME", allow_negative_numbers = true)]
    pub(crate) to: String,
}

/// What `ade maintain` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct MaintainArgs {
    #[command(flatten)]
    pub(crate) selection: SelectArgs,
    /// Keep files and versions of the last so many hours
    #[arg(long, default_value_t = 168, value_name = "HOURS", allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) retention_hours: u64,
    /// Remove a table, with all its versions, or a view that the project no longer declares: `schema.table`
    #[arg(long, value_name = "TABLE", conflicts_with_all = ["select", "exclude", "retention_hours"])]
    pub(crate) drop: Option<String>,
    /// List the tables that would be maintained; do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
