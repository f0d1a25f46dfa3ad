//! `ade restore`.
use std::process::ExitCode;
use std::time::Duration;

use ade_run::ReadAt;

use super::{Done, lake_options, open, print};
use crate::args::{GlobalArgs, OutputFormat, RestoreArgs};

/// How long to wait for somebody who writes the table.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) async fn run(global: &GlobalArgs, args: &RestoreArgs) -> Done {
    let at = ReadAt::parse(&args.to)?;
    let workspace = open(global, lake_options(global)?).await?;
    let version = workspace.restore(&args.table, at, PATIENCE).await?;
    if global.output == OutputFormat::Json {
        print(&serde_json::json!({ "table": args.table, "version": version }).to_string());
    } else if !global.quiet {
        let number = args.to.bytes().all(|byte| byte.is_ascii_digit());
        let to = if number { format!("version {}", args.to) } else { args.to.clone() };
        print(&format!("{} is as it was at {to}; this is version {version}", args.table));
        print(
            "The next `ade build` goes on from there: a source reads again what came after, a model is made anew from the\nproject. To keep it as it is meanwhile, leave it out with --exclude.",
        );
    }
    Ok(ExitCode::SUCCESS)
}
