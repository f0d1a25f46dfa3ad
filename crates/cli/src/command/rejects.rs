//! `ade rejects`.
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ade_run::{BuildOptions, Command, RejectFilter};

use super::build::conduct;
use super::{Done, open, open_for, open_options, print, print_json};
use crate::args::{
    DiscardRejectsArgs, GlobalArgs, ListRejectsArgs, OutputFormat, RejectFilterArgs, RejectsArgs, RejectsCommand,
    ReplayRejectsArgs, ShowRejectsArgs,
};
use crate::error::CliError;
use crate::output::{Failures, Table, count, observer};

pub(crate) async fn run(global: &GlobalArgs, args: &RejectsArgs) -> Done {
    match &args.command {
        RejectsCommand::List(list) => self::list(global, list).await,
        RejectsCommand::Show(show) => self::show(global, show).await,
        RejectsCommand::Replay(replay) => self::replay(global, replay).await,
        RejectsCommand::Discard(discard) => self::discard(global, discard).await,
    }
}

fn filter(args: &RejectFilterArgs) -> RejectFilter {
    RejectFilter {
        source: args.source.clone(),
        table: args.table.clone(),
        rule: args.rule.clone(),
        batch: args.batch.clone(),
    }
}

async fn list(global: &GlobalArgs, args: &ListRejectsArgs) -> Done {
    let workspace = open(global, open_options(global)?).await?;
    let groups = workspace.reject_groups(&filter(&args.filter), args.all).await?;
    if global.output == OutputFormat::Json {
        print_json(&groups);
        return Ok(ExitCode::SUCCESS);
    }
    if groups.is_empty() {
        return nothing(global, args.all);
    }
    let mut table = Table::new(&["table", "rejects", "of", "rule", "state", "first (UTC)", "last (UTC)"]);
    for group in groups {
        let state = if args.all { group.state } else { String::new() };
        let rejects = count(group.rejects);
        table.row(vec![
            group.table,
            rejects,
            group.kind,
            group.rule,
            state,
            time(&group.first_at),
            time(&group.last_at),
        ]);
    }
    print(&table.to_text());
    Ok(ExitCode::SUCCESS)
}

async fn show(global: &GlobalArgs, args: &ShowRejectsArgs) -> Done {
    let workspace = open(global, open_options(global)?).await?;
    let rejects = workspace.rejects(&filter(&args.filter), args.all, args.limit).await?;
    if global.output == OutputFormat::Json {
        print_json(&rejects);
        return Ok(ExitCode::SUCCESS);
    }
    if rejects.is_empty() {
        return nothing(global, args.all);
    }
    let mut blocks = Vec::with_capacity(rejects.len());
    for reject in rejects {
        let state = if reject.state == "open" { String::new() } else { format!(" · {}", reject.state) };
        let mut lines = vec![format!("{} · {}{state}", reject.table, reject.reason)];
        lines.push(format!("  {} of {}, {}", reject.kind, reject.place, time(&reject.rejected_at)));
        lines.push(format!("  batch {}", reject.batch_id));
        if !reject.record.is_empty() {
            lines.push(format!("  {}", reject.record));
        }
        if reject.is_sealed {
            lines.push("  what could not be treated is sealed with the environment's key".to_owned());
        }
        blocks.push(lines.join("\n"));
    }
    print(&blocks.join("\n\n"));
    Ok(ExitCode::SUCCESS)
}

async fn replay(global: &GlobalArgs, args: &ReplayRejectsArgs) -> Done {
    let failures = Arc::new(Failures::new(observer(global)));
    let workspace = open_for(global, open_options(global)?, Arc::clone(&failures) as _).await?;
    let rejects = filter(&args.filter);
    let groups = workspace.reject_groups(&rejects, true).await?;
    let open = groups.iter().filter(|group| !matches!(group.state.as_str(), "replayed" | "discarded"));
    let tables: BTreeSet<String> = open.map(|group| format!("source:{}", group.table)).collect();
    if tables.is_empty() {
        workspace.close().await;
        return nothing(global, false);
    }
    let options = BuildOptions {
        select: tables.into_iter().collect(),
        rejects,
        lease_timeout: Duration::from_secs(args.lease_timeout),
        ..BuildOptions::new(Command::Replay)
    };
    conduct(global, &workspace, &failures, options).await
}

async fn discard(global: &GlobalArgs, args: &DiscardRejectsArgs) -> Done {
    let rejects = filter(&args.filter);
    if rejects == RejectFilter::default() && !args.all {
        return Err(CliError::usage(
            "say which rejects nobody wants, with --source, --table, --rule or --batch, or --all",
        ));
    }
    let workspace = open(global, open_options(global)?).await?;
    let done = workspace.discard_rejects(&rejects, Duration::from_secs(args.lease_timeout)).await?;
    if global.output == OutputFormat::Json {
        print_json(&done);
    } else if done.is_empty() {
        return nothing(global, false);
    } else if !global.quiet {
        for table in done {
            print(&format!("{}: {} discarded", table.table, count(table.rejects)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn nothing(global: &GlobalArgs, all: bool) -> Done {
    if !global.quiet && global.output == OutputFormat::Text {
        print(if all { "nothing was rejected" } else { "no reject is open" });
    }
    Ok(ExitCode::SUCCESS)
}

/// A time without what is less than a second.
fn time(text: &str) -> String {
    text.replace('T', " ").chars().take(19).collect()
}
