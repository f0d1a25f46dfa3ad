//! `ade history`.
use std::process::ExitCode;

use super::{Done, lake_options, open, print, print_json};
use crate::args::{GlobalArgs, HistoryArgs, OutputFormat};
use crate::output::{Table, count};

pub(crate) async fn run(global: &GlobalArgs, args: &HistoryArgs) -> Done {
    let workspace = open(global, lake_options(global)?).await?;
    let versions = workspace.history(&args.table, args.limit).await?;
    if global.output == OutputFormat::Json {
        print_json(&versions);
        return Ok(ExitCode::SUCCESS);
    }
    let mut heads = vec!["version", "committed (UTC)", "operation", "rows added", "rows removed", "batch"];
    let has_reasons = versions.iter().any(|version| version.reason.is_some());
    if has_reasons {
        heads.push("why");
    }
    let mut table = Table::new(&heads);
    for version in versions {
        let mut row = vec![
            version.version.to_string(),
            version.committed_at.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default(),
            version.operation,
            version.rows_added.map(count).unwrap_or_default(),
            version.rows_removed.map(count).unwrap_or_default(),
            version.batch_id.unwrap_or_default(),
        ];
        if has_reasons {
            row.push(version.reason.unwrap_or_default());
        }
        table.row(row);
    }
    print(&table.to_text());
    Ok(ExitCode::SUCCESS)
}
