//! `ade plan`.
use std::process::ExitCode;

use ade_run::{BuildOptions, Command, OpenOptions, PlannedTask, Reason};

use super::{Done, open_for, open_options, print, print_json};
use crate::args::{GlobalArgs, OutputFormat, PlanArgs};
use crate::output::{Table, count, notices, plural};

pub(crate) async fn run(global: &GlobalArgs, args: &PlanArgs) -> Done {
    let options = OpenOptions { full_refresh: args.full_refresh, ..open_options(global)? };
    let workspace = open_for(global, options, notices(global)).await?;
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
    let mut table = Table::new(&["kind", "node", "what and why", "checks", "relation"]);
    for task in &planned {
        table.row(vec![
            task.kind.clone(),
            short(&task.node).to_owned(),
            words(task),
            task.checks.to_string(),
            task.relation.clone().unwrap_or_default(),
        ]);
    }
    if planned.is_empty() {
        print("nothing selected");
        return Ok(ExitCode::SUCCESS);
    }
    print(&table.to_text());
    print(&format!("\n{}", totals(&planned)));
    Ok(ExitCode::SUCCESS)
}

/// How many nodes there are of each kind of work.
fn totals(planned: &[PlannedTask]) -> String {
    let number = |is_it: &dyn Fn(Reason) -> bool| planned.iter().filter(|task| is_it(task.reason)).count() as u64;
    let sources = number(&|reason| reason == Reason::Source);
    let stopped = number(&|reason| matches!(reason, Reason::Refused | Reason::Blocked));
    let perhaps = number(&|reason| matches!(reason, Reason::Upstream | Reason::SourcesMayBring));
    let idle = number(&|reason| reason == Reason::Unchanged);
    let work = planned.len() as u64 - sources - stopped - perhaps - idle;
    let parts = [
        (work, "to build or check".to_owned()),
        (perhaps, "perhaps".to_owned()),
        (sources, format!("{} to ask", if sources == 1 { "source" } else { "sources" })),
        (stopped, "stopped".to_owned()),
        (idle, "with nothing to do".to_owned()),
    ];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts.map(|(number, what)| format!("{} {what}", count(number))).collect();
    format!("{}: {}", plural(planned.len() as u64, "node"), parts.join(", "))
}

/// The name that every command takes: an id without its kind and project.
fn short(id: &str) -> &str {
    id.splitn(3, '.').nth(2).unwrap_or(id)
}

fn words(task: &PlannedTask) -> String {
    let words = match task.reason {
        Reason::BecomesView => {
            let versions = task.loses.as_deref().unwrap_or("its versions");
            return format!("build: was a table, becomes a view; the table and {versions} go");
        }
        Reason::BecomesTable => "build: was a view, becomes a table",
        Reason::New => "build: never built here",
        Reason::Modified => "build: its text or settings changed",
        Reason::InputsChanged => "build: what it reads changed",
        Reason::Checks => "check: its checks, or what they read besides, changed",
        Reason::Upstream => "perhaps: something before it is built",
        Reason::Source => "ask the source what is new",
        Reason::Refused => "stop: `ade check` says why it cannot land",
        Reason::Blocked => "wait: something before it stops",
        Reason::Asked => "build: from nothing, as asked",
        Reason::SourcesMayBring => "if sources bring something",
        Reason::Unchanged => "nothing to do",
    };
    words.to_owned()
}
