//! `ade restore`.
use std::process::ExitCode;
use std::time::Duration;

use ade_run::{ReadAt, Restored};

use super::{Done, lake_options, open, print};
use crate::args::{GlobalArgs, OutputFormat, RestoreArgs};
use crate::error::CliError;

/// How long to wait for somebody who writes the table.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) async fn run(global: &GlobalArgs, args: &RestoreArgs) -> Done {
    let at = ReadAt::parse(&args.to)?;
    let workspace = open(global, lake_options(global)?).await?;
    let restored = workspace.restore(&args.table, at, PATIENCE).await?;
    if global.output == OutputFormat::Json {
        let mut told = serde_json::to_value(&restored).map_err(|error| CliError::new(error.to_string()))?;
        told["table"] = args.table.as_str().into();
        print(&told.to_string());
    } else if !global.quiet {
        print(&words(&args.table, &restored));
    }
    Ok(ExitCode::SUCCESS)
}

/// What was done, and what comes of it.
fn words(table: &str, restored: &Restored) -> String {
    let Restored {
        version,
        is_new,
        visible_since,
        restored_version,
        restored_committed_at,
        apart,
        kind,
        is_incremental,
        incremental_behind,
    } = restored;
    if !is_new {
        let since = visible_since.map(|time| format!(" since {}", time.format("%Y-%m-%d %H:%M:%S UTC")));
        let since = since.unwrap_or_default();
        let nothing = format!("nothing to restore: version {version} is what is visible{since}");
        return [nothing].into_iter().chain(apart.clone()).collect::<Vec<_>>().join("\n");
    }
    let of = restored_committed_at.map(|time| format!(", of {}", time.format("%Y-%m-%d %H:%M:%S UTC")));
    let of = of.unwrap_or_default();
    let mut lines = vec![format!("{table} is as it was at version {restored_version}{of}; this is version {version}")];
    lines.extend(apart.clone());
    let next = match kind.as_deref() {
        Some("source") => Some("reads from the source again what came after"),
        Some(_) if *is_incremental => Some("goes on from these rows, as the model is incremental"),
        Some(_) => Some("makes it anew from the project"),
        None => None,
    };
    if let Some(next) = next {
        lines.push(format!("The next `ade build` {next}."));
        lines.push("To keep it as it is meanwhile, leave it out with --exclude.".to_owned());
    }
    if !incremental_behind.is_empty() {
        lines.push(format!(
            "Incremental models behind it keep rows that they made of what is gone now: {}.",
            incremental_behind.join(", ")
        ));
        lines.push(format!("To make them anew: `ade build --full-refresh --select {}`", incremental_behind.join(" ")));
    }
    lines.join("\n")
}
