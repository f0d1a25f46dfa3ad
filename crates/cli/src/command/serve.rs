//! `ade serve`.
use std::process::ExitCode;
use std::time::Duration;

use ade_server::{ServeOptions, ServerError, serve};

use super::signal::asked_to_end;
use super::{Done, complain, open_for, open_options};
use crate::args::{GlobalArgs, OutputFormat, ServeArgs};
use crate::error::CliError;
use crate::output::{landings, style};

pub(crate) async fn run(global: &GlobalArgs, args: &ServeArgs) -> Done {
    let workspace = open_for(global, open_options(global)?, landings(global)).await?;
    let options = ServeOptions {
        listen: args.listen,
        land_every: (!args.no_landing).then(|| Duration::from_secs(args.land_every)),
        land_bytes: args.land_mb << 20,
        most_connections: most_connections(std::fs::read_to_string("/proc/self/limits").unwrap_or_default().as_str()),
    };
    let stop = asked_to_end(Some("stopping: requests end, and what has arrived lands… (Ctrl-C again ends at once)"));
    let ready = |address| match global.output {
        OutputFormat::Json => {
            super::print(&serde_json::json!({ "event": "listening", "address": address }).to_string());
        }
        OutputFormat::Text if global.quiet => {}
        OutputFormat::Text => complain(&format!("{} listening at http://{address}", style(global).good("✓"))),
    };
    serve(&workspace, &options, stop, ready).await?;
    workspace.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Half of the files that the process may have open, as Linux tells it: the log and the lake need some, too.
fn most_connections(limits: &str) -> usize {
    const MOST: usize = 4_096;
    let said = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let files = said.and_then(|said| said.split_whitespace().next()?.parse::<usize>().ok());
    files.map_or(MOST, |files| (files / 2).clamp(16, MOST))
}

impl From<ServerError> for CliError {
    fn from(error: ServerError) -> Self {
        match error {
            ServerError::Run(error) => error.into(),
            ServerError::NothingToCollect | ServerError::NoTables { .. } | ServerError::SameKey { .. } => {
                Self::usage(error.to_string())
            }
            other => Self::new(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_the_rest_of_the_program() {
        let limits = |files: &str| {
            format!("Limit  Soft Limit  Hard Limit\nMax open files            {files}   524288   files\n")
        };
        assert_eq!(most_connections(&limits("1024")), 512);
        assert_eq!(most_connections(&limits("1048576")), 4_096);
        assert_eq!(most_connections(&limits("unlimited")), 4_096);
        assert_eq!(most_connections(""), 4_096);
    }
}
