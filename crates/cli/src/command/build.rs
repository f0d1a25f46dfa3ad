//! `ade build`, `ingest`, `seed`, `run`, `test`.
use std::process::ExitCode;
use std::time::Duration;

use ade_run::{BuildOptions, Command, OpenOptions};
use tokio::sync::watch;

use super::{Done, open_for, open_options};
use crate::args::{BuildArgs, GlobalArgs};
use crate::error::{CliError, FAILED};
use crate::output::observer;

/// As shells report a program that ended on an interrupt.
const INTERRUPTED: u8 = 130;

pub(crate) async fn run(global: &GlobalArgs, args: &BuildArgs, command: Command) -> Done {
    if args.threads == Some(0) {
        return Err(CliError::usage("--threads must be at least 1"));
    }
    let options = OpenOptions { full_refresh: args.full_refresh, threads: args.threads, ..open_options(global)? };
    let workspace = open_for(global, options, observer(global)).await?;
    let build = BuildOptions {
        select: args.selection.select.clone(),
        exclude: args.selection.exclude.clone(),
        full_refresh: args.full_refresh,
        force: args.force,
        threads: args.threads,
        fail_fast: args.fail_fast,
        store_failures: args.store_failures,
        lease_timeout: Duration::from_secs(args.lease_timeout),
        ..BuildOptions::new(command)
    };
    let summary = workspace.build(build, interrupted()).await?;
    workspace.close().await;
    Ok(match (summary.cancelled, summary.succeeded()) {
        (true, _) => ExitCode::from(INTERRUPTED),
        (false, true) => ExitCode::SUCCESS,
        (false, false) => ExitCode::from(FAILED),
    })
}

/// Becomes true at Ctrl-C or a request to end; a second one ends the program at once.
fn interrupted() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        let terminated = async {
            match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
                Ok(mut signal) => signal.recv().await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            result = tokio::signal::ctrl_c() => if result.is_err() { return },
            _ = terminated => {}
        }
        // Nobody listens when the run has ended in the meantime.
        let _ = sender.send(true);
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(i32::from(INTERRUPTED));
        }
    });
    receiver
}
