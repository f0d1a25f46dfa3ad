//! The `ade` program: arguments, printing, wiring. No logic.
mod args;
mod bug;
mod command;
mod error;
mod output;
mod world;

use std::io::{IsTerminal, stderr};
use std::process::ExitCode;

use clap::Parser;

use args::{Args, OutputFormat};
use error::{CliError, FAILED};

fn main() -> ExitCode {
    bug::watch();
    // Empty but in tests, which switch the feature on: they say in FAILPOINTS at which steps to fail.
    let _failpoints = fail::has_failpoints().then(fail::FailScenario::setup);
    let args = Args::parse();
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
