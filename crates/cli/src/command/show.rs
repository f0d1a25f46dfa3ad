//! `ade show`.
use std::io::{IsTerminal, stdout};
use std::process::ExitCode;

use ade_run::Visible;

use super::{Done, open, open_options, print, print_json};
use crate::args::{GlobalArgs, OutputFormat, ShowArgs};
use crate::error::CliError;
use crate::output::{Narrow, Pipe, Table, plural, style, window_width};

pub(crate) async fn run(global: &GlobalArgs, args: &ShowArgs) -> Done {
    let workspace = open(global, open_options(global)?).await?;
    let info = workspace.show(&args.name).await?;
    if args.sql {
        let Some(sql) = &info.sql else {
            let kind = &info.kind;
            return Err(CliError::usage(format!("`{}` ({kind}) has no SQL: only models and checks have", args.name)));
        };
        print(sql.trim());
        return Ok(ExitCode::SUCCESS);
    }
    if global.output == OutputFormat::Json {
        print_json(&[info]);
        return Ok(ExitCode::SUCCESS);
    }
    let style = style(global);
    if info.relation.is_empty() {
        print(&style.bold(&info.node));
    } else {
        print(&format!("{}  {}", style.bold(&info.relation), style.dim(&info.node)));
    }
    if !info.description.is_empty() {
        print(info.description.trim());
    }
    let line = |name: &str, value: &str| {
        if !value.is_empty() {
            print(&format!("{}  {value}", style.dim(&format!("{name:<10}"))));
        }
    };
    line("declared", &info.path);
    line("connection", info.connection.as_deref().unwrap_or_default());
    line("mode", info.mode.as_deref().unwrap_or_default());
    line("reads", &info.reads.join(", "));
    line("read by", &info.read_by.join(", "));
    line("checks", &info.checks.join(", "));
    line("built", &info.built_at.map(|at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default());
    line("version", &info.version.map(|version| version.to_string()).unwrap_or_default());
    if let Some(sql) = &info.sql {
        // The text itself would push everything else off the screen.
        let lines = plural(sql.trim().lines().count() as u64, "line");
        line("sql", &format!("{lines}, printed by `ade show {} --sql`", args.name));
    }
    if !info.columns.is_empty() {
        let mut table = Table::new(&["column", "type", "class", "meaning"]);
        for column in &info.columns {
            table.row(vec![
                column.name.clone(),
                column.data_type.clone().unwrap_or_default(),
                column.class.clone().unwrap_or_default(),
                column.description.lines().next().unwrap_or_default().to_owned(),
            ]);
        }
        print(&format!("\n{}", table.to_text()));
    }
    if args.limit > 0 && !info.relation.is_empty() {
        if workspace.visible(&info.relation).await? == Visible::Nothing {
            print(&style.dim("\nnot built yet"));
            return Ok(ExitCode::SUCCESS);
        }
        let rows = workspace.first_rows(&args.name, args.limit).await?;
        print("");
        let window = stdout().is_terminal().then(window_width).flatten();
        let mut out = Narrow::new(Pipe::new(stdout()), window);
        let written = rows.write_table(&mut out, args.limit).await;
        if !out.inner().is_closed() {
            written?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
