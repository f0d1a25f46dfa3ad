//! What `ade privacy` takes.
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::whole;

/// What `ade privacy` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct PrivacyArgs {
    #[command(subcommand)]
    pub(crate) command: PrivacyCommand,
}

/// What can be asked and done.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum PrivacyCommand {
    /// List what each column of the sources is, why, who said so, since when, and under which key
    #[command(after_help = "Examples:\n  ade privacy audit\n  ade privacy audit --select source:crm --output json")]
    Audit(PrivacyAuditArgs),
    /// Show plain values of an encrypted column; who asked and why is kept in `ade.reveals`
    #[command(
        after_help = "Examples:\n  ade privacy reveal crm.people.email --with id --where 'id = 42' --reason 'ticket 4711'"
    )]
    Reveal(RevealArgs),
    /// Count how few people a combination of columns points at (k-anonymity, l-diversity)
    #[command(
        after_help = "Examples:\n  ade privacy report --table crm.people --quasi postcode,born_on --sensitive diagnosis"
    )]
    Report(PrivacyReportArgs),
    /// List the environment's keys and the tables that landed under each
    #[command(after_help = "Examples:\n  ade privacy keys")]
    Keys,
    /// Make a new key, or remove an old one that no table needs any more
    #[command(
        after_help = "Examples:\n  ade privacy rotate                     new tables land under a new key\n  ade build --full-refresh               … and now all of them\n  ade privacy rotate --retire 1a2b3c4d   the old key goes"
    )]
    Rotate(RotateArgs),
    /// Erase a person from every table, version and file of the lake, and let no load bring them back
    #[command(
        after_help = "Examples:\n  ade privacy erase --subject email=ada@example.com --dry-run\n  ade privacy erase --subject email=ada@example.com --subject customer_id=42\n  ade privacy erase --subject-file requests.txt   a line NAME=VALUE each; - is standard input"
    )]
    Erase(EraseArgs),
}

/// What `ade privacy audit` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct PrivacyAuditArgs {
    /// Only these sources
    #[arg(short, long, num_args = 1.., value_name = "SELECTOR")]
    pub(crate) select: Vec<String>,
}

/// What `ade privacy reveal` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct RevealArgs {
    /// The column: TABLE.COLUMN
    pub(crate) column: String,
    /// Columns to show beside it
    #[arg(long = "with", value_delimiter = ',', value_name = "COLUMN")]
    pub(crate) beside: Vec<String>,
    /// Only rows that meet this condition in SQL
    #[arg(long = "where", value_name = "SQL")]
    pub(crate) condition: Option<String>,
    /// At most so many rows
    #[arg(long, default_value_t = 20, value_name = "N", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) limit: usize,
    /// Why; it is kept
    #[arg(long)]
    pub(crate) reason: String,
}

/// What `ade privacy report` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct PrivacyReportArgs {
    /// The table, model or view
    #[arg(long)]
    pub(crate) table: String,
    /// The columns that together may point at somebody
    #[arg(long, value_delimiter = ',', value_name = "COLUMN", required = true)]
    pub(crate) quasi: Vec<String>,
    /// Columns that nobody should learn about somebody
    #[arg(long, value_delimiter = ',', value_name = "COLUMN")]
    pub(crate) sensitive: Vec<String>,
    /// Fail when fewer rows than this share a combination
    #[arg(long, value_name = "K", allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub(crate) min_k: Option<u64>,
}

/// What `ade privacy rotate` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct RotateArgs {
    /// Remove the old key with this id instead
    #[arg(long, value_name = "KEY")]
    pub(crate) retire: Option<String>,
}

/// What `ade privacy erase` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct EraseArgs {
    /// What the person is known by: NAME=VALUE, with the name of a domain, a class or a column
    #[arg(long = "subject", value_name = "NAME=VALUE")]
    pub(crate) subjects: Vec<String>,
    /// The same from a file, a line each, which no list of processes shows; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) subject_file: Option<PathBuf>,
    /// Say which tables hold the person; do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
