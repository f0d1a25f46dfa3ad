//! `ade maintain`.
use std::process::ExitCode;
use std::time::Duration;

use ade_run::{Upkeep, Workspace};

use super::signal::{INTERRUPTED, asked, asked_to_end};
use super::{Done, complain, lake_options, open, print, print_json};
use crate::args::{GlobalArgs, MaintainArgs, OutputFormat};
use crate::output::{Table, count, style};

pub(crate) async fn run(global: &GlobalArgs, args: &MaintainArgs) -> Done {
    let stop = asked_to_end(None);
    let workspace = open(global, lake_options(global)?).await?;
    if let Some(name) = &args.drop {
        return drop_one(global, &workspace, name, args.dry_run).await;
    }
    let upkeep = Upkeep {
        select: args.selection.select.clone(),
        exclude: args.selection.exclude.clone(),
        retention_hours: args.retention_hours,
    };
    if args.dry_run {
        for table in workspace.tables(&upkeep).await? {
            print(&format!("would maintain {table}"));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let done = tokio::select! {
        done = workspace.maintain(&upkeep) => done?,
        // Each step leaves every table whole: work may be dropped anywhere.
        () = asked(stop) => {
            workspace.close().await;
            complain("stopped: what is done stays so, and the next `ade maintain` does the rest");
            return Ok(ExitCode::from(INTERRUPTED));
        }
    };
    let code = if done.iter().any(|one| one.failed) { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    if global.output == OutputFormat::Json {
        print_json(&done);
        return Ok(code);
    }
    let mut table = Table::new(&["table", "compacted", "into", "checkpoint", "log entries", "files removed", "bytes"]);
    let mut left_out = Vec::new();
    for one in done {
        if let Some(reason) = &one.skipped {
            let what = if one.failed { "failed" } else { "skipped" };
            left_out.push((one.failed, format!("{what} {}: {reason}", one.table)));
            continue;
        }
        table.row(vec![
            one.table,
            one.files_compacted.to_string(),
            one.files_written.to_string(),
            if one.checkpoint { "yes" } else { "" }.to_owned(),
            one.log_entries_removed.to_string(),
            one.files_removed.to_string(),
            count(one.bytes_removed),
        ]);
    }
    if !global.quiet && !table.is_empty() {
        print(&table.to_text());
    }
    let style = style(global);
    for (failed, line) in left_out {
        match (failed, global.quiet) {
            (true, _) => print(&style.bad(&line)),
            (false, false) => print(&style.warn(&line)),
            (false, true) => {}
        }
    }
    Ok(code)
}

/// How long to wait for somebody who writes the table.
const PATIENCE: Duration = Duration::from_mins(1);

/// Removes what the project no longer declares.
async fn drop_one(global: &GlobalArgs, workspace: &Workspace, name: &str, dry_run: bool) -> Done {
    let found = if dry_run {
        workspace.find_undeclared(name).await?
    } else {
        workspace.drop_undeclared(name, PATIENCE).await?
    };
    if global.output == OutputFormat::Json {
        print_json(&[found]);
    } else if dry_run {
        print(&format!("would drop the {} {}", found.kind, found.relation));
    } else if !global.quiet {
        print(&format!("{} is gone: a {}", found.relation, found.kind));
    }
    Ok(ExitCode::SUCCESS)
}
