//! `ade maintain`.
use std::process::ExitCode;

use ade_run::Upkeep;

use super::{Done, lake_options, open, print, print_json};
use crate::args::{GlobalArgs, MaintainArgs, OutputFormat};
use crate::output::{Table, count};

pub(crate) async fn run(global: &GlobalArgs, args: &MaintainArgs) -> Done {
    let workspace = open(global, lake_options(global)?).await?;
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
    let done = workspace.maintain(&upkeep).await?;
    let code = if done.iter().any(|one| one.failed) { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    if global.output == OutputFormat::Json {
        print_json(&done);
        return Ok(code);
    }
    let mut table = Table::new(&["table", "compacted", "into", "checkpoint", "log entries", "files removed", "bytes"]);
    for one in done {
        table.row(vec![
            match one.skipped {
                Some(reason) if one.failed => format!("{} (failed: {reason})", one.table),
                Some(reason) => format!("{} (skipped: {reason})", one.table),
                None => one.table,
            },
            one.files_compacted.to_string(),
            one.files_written.to_string(),
            if one.checkpoint { "yes" } else { "" }.to_owned(),
            one.log_entries_removed.to_string(),
            one.files_removed.to_string(),
            count(one.bytes_removed),
        ]);
    }
    if !global.quiet {
        print(&table.to_text());
    }
    Ok(code)
}
