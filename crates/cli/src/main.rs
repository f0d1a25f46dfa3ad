//! The `ade` program: arguments, printing, wiring. No logic.
mod args;
mod bug;
mod command;
mod error;
mod memory;
mod output;
mod world;

use std::io::{IsTerminal, stderr};
use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use args::{Args, OutputFormat};
use error::{CliError, FAILED};

fn main() -> ExitCode {
    bug::watch();
    // Empty but in tests, which switch the feature on: they say in FAILPOINTS at which steps to fail.
    let _failpoints = fail::has_failpoints().then(fail::FailScenario::setup);
    let args = Args::try_parse().unwrap_or_else(|error| with_tip(error).exit());
    log_to_stderr(args.global.log.as_deref());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return CliError::new(format!("cannot start: {error}")).report(&args.global),
    };
    let json = args.global.output == OutputFormat::Json;
    let result = runtime.block_on(command::run(&args));
    // Work that was dropped (a query whose reader went away) is not waited for.
    runtime.shutdown_background();
    let code = match result {
        Ok(code) => code,
        Err(error) if json => error.report_json(),
        Err(error) => error.report(&args.global),
    };
    // A panic of a thread that only writes files comes back as a failed task, and is a bug all the same.
    if bug::has_happened() && code == ExitCode::from(FAILED) { ExitCode::from(bug::BUG) } else { code }
}

/// What somebody who comes from another program may have meant.
fn with_tip(mut error: clap::Error) -> clap::Error {
    let word = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => Some(word.clone()),
        _ => None,
    };
    let tip = match error.kind() {
        ErrorKind::UnknownArgument => word(ContextKind::InvalidArg)
            .filter(|word| !word.starts_with('-') && SELECTING.contains(&env_command().as_str()))
            .map(|word| format!("to choose nodes, write `--select {word}`")),
        ErrorKind::InvalidSubcommand => match word(ContextKind::InvalidSubcommand).as_deref() {
            Some("compile") => Some("`ade show NAME --sql` prints the SQL of a model".to_owned()),
            Some("docs" | "debug" | "deps" | "clean" | "source" | "snapshot") => {
                Some("`ade help` lists the commands".to_owned())
            }
            _ => None,
        },
        _ => None,
    };
    if let Some(tip) = tip {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
        error.remove(ContextKind::SuggestedSubcommand);
    }
    error
}

/// Commands that choose their nodes with `--select`.
const SELECTING: [&str; 8] = ["build", "ingest", "seed", "run", "test", "plan", "ls", "maintain"];

/// The command of the command line, for when it could not be read.
fn env_command() -> String {
    let words = std::env::args().skip(1);
    words.into_iter().find(|word| !word.starts_with('-')).unwrap_or_default()
}

/// Logs to standard error; without `--log`, warnings and errors only.
fn log_to_stderr(level: Option<&str>) {
    let filter = tracing_subscriber::EnvFilter::try_new(level.unwrap_or("warn"))
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .with_target(level.is_some())
        // Its own complaints would be a panic when standard error is gone.
        .log_internal_errors(false)
        .init();
}
