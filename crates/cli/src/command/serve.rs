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

impl From<ServerError> for CliError {
    fn from(error: ServerError) -> Self {
        match error {
            ServerError::Run(error) => error.into(),
            ServerError::NothingToCollect | ServerError::SameKey { .. } => Self::usage(error.to_string()),
            other => Self::new(other.to_string()),
        }
    }
}
