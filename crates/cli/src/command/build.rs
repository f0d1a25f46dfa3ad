//! `ade build`, `ingest`, `seed`, `run`, `test`.
use std::io::{Write, stderr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ade_run::event::Summary;
use ade_run::{BuildOptions, Command, EventTimeRange, FeedInput, OpenOptions, Visible, Workspace};

use super::signal::{INTERRUPTED, asked_to_end};
use super::{Done, open_for, open_options, print};
use crate::args::{BuildArgs, GlobalArgs, ModelsArgs, OutputFormat};
use crate::error::{CliError, FAILED};
use crate::output::{Failure, Failures, closing_lines, observer, style, summary_lines, target};

/// A command that makes models.
pub(crate) async fn run_models(global: &GlobalArgs, args: &ModelsArgs, command: Command) -> Done {
    let event_time = match (&args.event_time_start, &args.event_time_end) {
        (Some(start), Some(end)) => Some(EventTimeRange::parse(start, end)?),
        // That there are both or none is asked of the command line.
        _ => None,
    };
    run(global, &args.build, command, event_time).await
}

pub(crate) async fn run(
    global: &GlobalArgs,
    args: &BuildArgs,
    command: Command,
    event_time: Option<EventTimeRange>,
) -> Done {
    run_with(global, args, command, event_time, None).await
}

/// The same with something that is piped in.
pub(crate) async fn run_with(
    global: &GlobalArgs,
    args: &BuildArgs,
    command: Command,
    event_time: Option<EventTimeRange>,
    input: Option<FeedInput>,
) -> Done {
    let is_target = input.is_some();
    if args.threads == Some(0) {
        return Err(CliError::usage("--threads must be at least 1"));
    }
    let options = OpenOptions { full_refresh: args.full_refresh, threads: args.threads, ..open_options(global)? };
    let failures = Arc::new(Failures::new(if is_target { target(global) } else { observer(global) }));
    let workspace = open_for(global, options, Arc::clone(&failures) as _).await?;
    let build = BuildOptions {
        select: args.selection.select.clone(),
        exclude: args.selection.exclude.clone(),
        full_refresh: args.full_refresh,
        force: args.force,
        threads: args.threads,
        fail_fast: args.fail_fast,
        store_failures: args.store_failures,
        event_time,
        lease_timeout: Duration::from_secs(args.lease_timeout),
        input,
        ..BuildOptions::new(command)
    };
    conduct(global, &workspace, &failures, build).await
}

/// Carries out what was asked for, and says how it ended.
pub(super) async fn conduct(
    global: &GlobalArgs,
    workspace: &Arc<Workspace>,
    failures: &Failures,
    build: BuildOptions,
) -> Done {
    let writes = build.command.writes();
    let is_target = build.input.is_some();
    let summary = workspace.build(build, asked_to_end(Some("stopping… (Ctrl-C again ends at once)"))).await?;
    if global.output == OutputFormat::Text && !is_target {
        // A test that fails leaves everything as it is anyway.
        let failed = if writes { still_visible(workspace, failures.all()).await? } else { Vec::new() };
        close(global, &summary, &failed, writes);
    }
    workspace.close().await;
    Ok(match (summary.cancelled, summary.succeeded()) {
        (true, _) => ExitCode::from(INTERRUPTED),
        (false, true) => ExitCode::SUCCESS,
        (false, false) => ExitCode::from(FAILED),
    })
}

/// What readers see of relations that could not be published.
async fn still_visible(workspace: &Workspace, failed: Vec<Failure>) -> Result<Vec<(Failure, Visible)>, CliError> {
    let mut found = Vec::with_capacity(failed.len());
    for failure in failed {
        let visible = workspace.visible(&failure.relation).await?;
        found.push((failure, visible));
    }
    Ok(found)
}

/// The last words of a run. With `--quiet` there are none unless something failed.
fn close(global: &GlobalArgs, summary: &Summary, failed: &[(Failure, Visible)], writes: bool) {
    let style = style(global);
    let closing = closing_lines(summary, failed, writes, style);
    if !global.quiet {
        print(&format!("\n{}", summary_lines(summary, style)));
        if !closing.is_empty() {
            print(&format!("\n{closing}"));
        }
    } else if !closing.is_empty() {
        // Nobody is left to tell when standard error is gone.
        let _ = writeln!(stderr().lock(), "{closing}");
    }
}
