//! One file for each command: from arguments to a call of the library, and from its answer to print.
mod build;
mod check;
mod completions;
mod contract;
mod demo;
mod history;
mod ingest;
mod init;
mod inspect;
mod ls;
mod maintain;
mod plan;
mod privacy;
mod query;
mod reference;
mod rejects;
mod restore;
mod schema;
mod serve;
mod show;
mod signal;

use std::io::{Write, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use ade_run::diagnostic::Diagnostic;
use ade_run::event::Observer;
use ade_run::{Command as Kind, OpenOptions, RunError, Workspace, check_project, find_project};
use serde::Serialize;

use crate::args::{Args, Command, GlobalArgs};
use crate::error::CliError;
use crate::output::notices;
use crate::world::world;

/// What a command gives: the exit code, or why it could not be done.
type Done = Result<ExitCode, CliError>;

/// Carries out the command.
pub(crate) async fn run(args: &Args) -> Done {
    let global = &args.global;
    match &args.command {
        Command::Init(init) => init::run(global, init),
        Command::Demo(demo) => demo::run(global, demo).await,
        Command::Inspect(inspect) => inspect::run(global, inspect).await,
        Command::Check(check) => check::run(global, check).await,
        Command::Build(build) => build::run_models(global, build, Kind::Build).await,
        Command::Serve(args) => serve::run(global, args).await,
        Command::Ingest(ingest) => ingest::run(global, ingest).await,
        Command::Seed(build) => build::run(global, build, Kind::Seed, None).await,
        Command::Run(build) => build::run_models(global, build, Kind::Run).await,
        Command::Test(build) => build::run(global, build, Kind::Test, None).await,
        Command::Plan(plan) => plan::run(global, plan).await,
        Command::Ls(ls) => ls::run(global, ls).await,
        Command::Show(show) => show::run(global, show).await,
        Command::Privacy(privacy) => privacy::run(global, privacy).await,
        Command::Query(query) => query::run(global, query).await,
        Command::History(history) => history::run(global, history).await,
        Command::Contract(contract) => contract::run(global, contract).await,
        Command::Rejects(rejects) => rejects::run(global, rejects).await,
        Command::Restore(restore) => restore::run(global, restore).await,
        Command::Maintain(maintain) => maintain::run(global, maintain).await,
        Command::Schema(schema) => schema::run(schema),
        Command::Reference(reference) => reference::run(reference),
        Command::Completions(completions) => Ok(completions::run(completions)),
    }
}

/// The project's folder.
fn root(global: &GlobalArgs) -> Result<PathBuf, CliError> {
    match &global.project_dir {
        Some(dir) => Ok(find_project(dir)?),
        None => Ok(find_project(&PathBuf::from("."))?),
    }
}

/// What was chosen for the project as a whole.
fn open_options(global: &GlobalArgs) -> Result<OpenOptions, CliError> {
    let vars = match &global.vars {
        None => serde_json::Map::new(),
        Some(text) => ade_run::parse_vars(text).map_err(|problem| CliError::usage(format!("--vars: {problem}")))?,
    };
    Ok(OpenOptions { environment: global.env.clone(), vars, ..OpenOptions::default() })
}

/// The same for commands that look at the lake or at a source, and need no model for it.
fn lake_options(global: &GlobalArgs) -> Result<OpenOptions, CliError> {
    Ok(OpenOptions { without_resources: true, ..open_options(global)? })
}

/// Opens the project for a command whose standard output is its answer, and that builds nothing.
async fn open(global: &GlobalArgs, options: OpenOptions) -> Result<Arc<Workspace>, CliError> {
    open_for(global, OpenOptions { without_promises: true, ..options }, notices(global)).await
}

/// Opens the project; warnings in its files go to the observer as notices. Where it cannot be opened for problems in its
/// files, everything that `ade check` finds is told, so that one look mends all of them.
async fn open_for(
    global: &GlobalArgs,
    options: OpenOptions,
    observer: Arc<dyn Observer>,
) -> Result<Arc<Workspace>, CliError> {
    let root = root(global)?;
    let (workspace, warnings) = match Workspace::open(&root, &options, world(), Arc::clone(&observer)).await {
        Err(RunError::Project { diagnostics: first }) => {
            let all = check_project(&root, &options, &world()).await;
            let diagnostics = if all.iter().any(Diagnostic::is_error) { all } else { first };
            return Err(RunError::Project { diagnostics }.into());
        }
        opened => opened?,
    };
    for warning in warnings {
        let place = warning.location.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let message = format!("{place}{}", warning.message);
        observer.on(&ade_run::event::Event::Notice { node: None, message });
    }
    Ok(Arc::new(workspace))
}

/// Prints text on standard output. A reader that went away (`| head`) is no failure.
fn print(text: &str) {
    let _ = writeln!(stdout().lock(), "{text}");
}

/// Prints a line on standard error.
fn complain(text: &str) {
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(stderr().lock(), "{text}");
}

/// Prints each item as one line of JSON.
fn print_json<T: Serialize>(items: &[T]) {
    for item in items {
        if let Ok(line) = serde_json::to_string(item) {
            print(&line);
        }
    }
}
