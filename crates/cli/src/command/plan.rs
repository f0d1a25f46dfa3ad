//! `ade plan`.
use std::process::ExitCode;

use ade_run::{BuildOptions, Command, OpenOptions, Reason};

use super::{Done, open, open_options, print, print_json};
use crate::args::{GlobalArgs, OutputFormat, PlanArgs};
use crate::output::{Table, plural};

pub(crate) async fn run(global: &GlobalArgs, args: &PlanArgs) -> Done {
    let options = OpenOptions { full_refresh: args.full_refresh, ..open_options(global)? };
    let workspace = open(global, options).await?;
    let build = BuildOptions {
        select: args.selection.select.clone(),
        exclude: args.selection.exclude.clone(),
        full_refresh: args.full_refresh,
        ..BuildOptions::new(Command::Build)
    };
    let planned = workspace.plan(build).await?;
    if global.output == OutputFormat::Json {
        print_json(&planned);
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["kind", "node", "relation", "checks", "what and why"]);
    for task in &planned {
        table.row(vec![
            task.kind.clone(),
            short(&task.node).to_owned(),
            task.relation.clone().unwrap_or_default(),
            task.checks.to_string(),
            words(task.reason).to_owned(),
        ]);
    }
    if planned.is_empty() {
        print("nothing selected");
        return Ok(ExitCode::SUCCESS);
    }
    print(&table.to_text());
    let idle = |reason| matches!(reason, Reason::Unchanged | Reason::Refused | Reason::Blocked);
    let work = planned.iter().filter(|task| !idle(task.reason)).count();
    print(&format!("\n{work} of {} would be worked on", plural(planned.len() as u64, "node")));
    Ok(ExitCode::SUCCESS)
}

/// The name that every command takes: an id without its kind and project.
fn short(id: &str) -> &str {
    id.splitn(3, '.').nth(2).unwrap_or(id)
}

fn words(reason: Reason) -> &'static str {
    match reason {
        Reason::New => "build: never built here",
        Reason::Modified => "build: its text or settings changed",
        Reason::InputsChanged => "build: what it reads changed",
        Reason::Checks => "check: its checks, or what they read besides, changed",
        Reason::Upstream => "perhaps: something before it is built",
        Reason::Source => "ask the source for what is new",
        Reason::Refused => "stop: `ade check` says why it cannot land",
        Reason::Blocked => "wait: something before it stops",
        Reason::Asked => "build: from nothing, as asked",
        Reason::Unchanged => "nothing to do",
    }
}
