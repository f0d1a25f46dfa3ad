//! Choosing a part of the graph, and the commands that work on such a choice.
use clap::Args;

use super::whole;

/// A choice of nodes in dbt's selector grammar.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SelectArgs {
    /// Nodes to take: name, +name+, 2+name+1, @name, tag:x, path:models/x, source:x, config.materialized:view,
    /// state:modified; a space unites, a comma intersects
    #[arg(long, short, short_alias = 'm', visible_alias = "models", num_args = 1.., value_name = "SELECTOR", help_heading = "Selection")]
    pub(crate) select: Vec<String>,
    /// Nodes to leave out, in the same grammar
    #[arg(long, num_args = 1.., value_name = "SELECTOR", help_heading = "Selection")]
    pub(crate) exclude: Vec<String>,
}

/// How to carry out a selection.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    pub(crate) selection: SelectArgs,
    /// Rebuild incremental models and reload incremental sources from nothing
    #[arg(long, short = 'f', help_heading = "Run")]
    pub(crate) full_refresh: bool,
    /// Make models, load seeds and land full sources even where nothing has changed; an incremental source with nothing
    /// new has nothing to land (--full-refresh loads it anew)
    #[arg(long, help_heading = "Run")]
    pub(crate) force: bool,
    /// How many tasks may run side by side (default: the number of cores)
    #[arg(long, value_name = "N", help_heading = "Run", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) threads: Option<usize>,
    /// Stop starting tasks after the first failure
    #[arg(long, short = 'x', help_heading = "Run")]
    pub(crate) fail_fast: bool,
    /// Keep the failing rows of every check in a table
    #[arg(long, help_heading = "Run")]
    pub(crate) store_failures: bool,
    /// Seconds to wait for a table that another ade is writing (0: do not wait)
    #[arg(long, value_name = "SECONDS", default_value_t = 300, help_heading = "Run", allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) lease_timeout: u64,
}

/// How to carry out a selection with models in it.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ModelsArgs {
    #[command(flatten)]
    pub(crate) build: BuildArgs,
    /// Make microbatch models from this day or time on (UTC), whether it is due or not
    #[arg(long, value_name = "TIME", requires = "event_time_end", help_heading = "Run")]
    pub(crate) event_time_start: Option<String>,
    /// Make them up to this day or time, which is not in it any more
    #[arg(long, value_name = "TIME", requires = "event_time_start", help_heading = "Run")]
    pub(crate) event_time_end: Option<String>,
}

/// What `ade plan` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) selection: SelectArgs,
    /// Plan as if everything were rebuilt from nothing
    #[arg(long, short = 'f')]
    pub(crate) full_refresh: bool,
}

/// What `ade ls` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct LsArgs {
    #[command(flatten)]
    pub(crate) selection: SelectArgs,
    /// Only nodes of these kinds: model, source, seed, test, exposure
    #[arg(long, num_args = 1.., value_name = "KIND")]
    pub(crate) resource_type: Vec<String>,
}

/// What `ade show` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct ShowArgs {
    /// A model, a seed, a source's table as `source.table`, a check or an exposure
    pub(crate) name: String,
    /// Rows to print
    #[arg(long, default_value_t = 5, allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) limit: usize,
    /// Print the compiled SQL, and nothing else
    #[arg(long)]
    pub(crate) sql: bool,
}
