//! `ade ls`.
use std::process::ExitCode;

use super::{Done, complain, open, open_options, print, print_json};
use crate::args::{GlobalArgs, LsArgs, OutputFormat};
use crate::output::Table;

/// Names of tests are made of all that they are about; other names are seldom longer.
const LONGEST: usize = 40;

pub(crate) async fn run(global: &GlobalArgs, args: &LsArgs) -> Done {
    let workspace = open(global, open_options(global)?).await?;
    let nodes =
        workspace.list(args.selection.select.clone(), args.selection.exclude.clone(), &args.resource_type).await?;
    if nodes.is_empty() && !global.quiet {
        // Not among the nodes: a script counts those.
        complain("nothing selected");
    }
    if global.output == OutputFormat::Json {
        print_json(&nodes);
        return Ok(ExitCode::SUCCESS);
    }
    if nodes.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["kind", "name", "makes", "relation", "declared in"]).at_most(LONGEST);
    for node in nodes {
        table.row(vec![
            node.kind,
            node.name,
            node.materialized.unwrap_or_default(),
            node.relation.unwrap_or_default(),
            node.path,
        ]);
    }
    print(&table.to_text());
    Ok(ExitCode::SUCCESS)
}
