//! The command line: what each command takes, with examples. No behaviour.
mod check;
mod command;
mod contract;
mod global;
mod ingest;
mod privacy;
mod project_commands;
mod query;
mod rejects;
mod select;
mod serve;
mod table_commands;

pub(crate) use check::{CheckArgs, ProblemFormat};
pub(crate) use command::Command;
pub(crate) use contract::{ContractArgs, ContractCommand, SuggestArgs};
pub(crate) use global::{GlobalArgs, OutputFormat};
pub(crate) use ingest::IngestArgs;
pub(crate) use privacy::{
    EraseArgs, PrivacyArgs, PrivacyAuditArgs, PrivacyCommand, PrivacyReportArgs, RevealArgs, RotateArgs,
};
pub(crate) use project_commands::{CompletionsArgs, DemoArgs, InitArgs, InspectArgs, ReferenceArgs, SchemaArgs};
pub(crate) use query::{QueryArgs, QueryFormat};
pub(crate) use rejects::{
    DiscardRejectsArgs, ListRejectsArgs, RejectFilterArgs, RejectsArgs, RejectsCommand, ReplayRejectsArgs,
    ShowRejectsArgs,
};
pub(crate) use select::{BuildArgs, LsArgs, ModelsArgs, PlanArgs, SelectArgs, ShowArgs};
pub(crate) use serve::ServeArgs;
pub(crate) use table_commands::{HistoryArgs, MaintainArgs, RestoreArgs};

use std::str::FromStr;

use clap::Parser;

/// A number of things.
fn whole<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "must be a whole number, 0 or more".to_owned())
}

/// ade: from the systems a company runs on to tables people can trust.
#[derive(Debug, Parser)]
#[command(
    name = "ade",
    version,
    about = "From the systems a company runs on to tables people can trust",
    long_about = None,
    propagate_version = true,
    arg_required_else_help = true,
    max_term_width = 110
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}
