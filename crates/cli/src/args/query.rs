//! `ade query`.
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{OutputFormat, whole};

/// What `ade query` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct QueryArgs {
    /// The SQL to run; `-` reads it from standard input
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    pub(crate) sql: Option<String>,
    /// Run the statements of a file, in order, instead of SQL
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// How to print rows (default: what the name after --out ends with, else json with --output json, else a table)
    #[arg(long, value_enum)]
    pub(crate) format: Option<QueryFormat>,
    /// Write the rows to a file instead of standard output; it appears when all of them are there
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print the time of each statement to standard error
    #[arg(long)]
    pub(crate) timing: bool,
    /// Read the lake as it was at a time (UTC; a day is its end), or one table at a version: 2026-01-31,
    /// '2026-01-31 08:00:00', 12
    #[arg(long, value_name = "VERSION|TIME", allow_negative_numbers = true)]
    pub(crate) at: Option<String>,
    /// Stop after so many rows of each statement (table format: 10,000 when not given)
    #[arg(long, value_name = "ROWS", allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub(crate) limit: Option<usize>,
}

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryFormat {
    /// An aligned table
    Table,
    /// Comma-separated values with a header
    Csv,
    /// One JSON object per line; what is no finite number is a text, "NaN" or "Infinity"
    Json,
    /// A Parquet file (give --out, or redirect standard output)
    Parquet,
    /// Run it and print no rows
    None,
}

impl QueryArgs {
    /// The format that was asked for, by itself, by the name of the file or by what the whole program prints. Of a name
    /// that says another one than there is, gives the end that says so.
    pub(crate) fn format(&self, output: OutputFormat) -> Result<QueryFormat, String> {
        let extension = self.out.as_ref().and_then(|out| out.extension());
        let (None, Some(extension)) = (self.format, extension) else {
            let by_default = match output {
                OutputFormat::Json => QueryFormat::Json,
                OutputFormat::Text => QueryFormat::Table,
            };
            return Ok(self.format.unwrap_or(by_default));
        };
        match extension.to_string_lossy().to_ascii_lowercase().as_str() {
            "txt" => Ok(QueryFormat::Table),
            "csv" => Ok(QueryFormat::Csv),
            "json" | "jsonl" | "ndjson" => Ok(QueryFormat::Json),
            "parquet" | "pq" => Ok(QueryFormat::Parquet),
            _ => Err(format!(".{}", extension.display())),
        }
    }
}
