//! `ade inspect`.
use std::process::ExitCode;

use ade_run::Workspace;

use super::ingest::with_options;
use super::{Done, lake_options, open, print};
use crate::args::{GlobalArgs, InspectArgs, OutputFormat};
use crate::error::{CliError, FAILED};
use crate::output::{Table, bytes, checklist_text, plural, style};

pub(crate) async fn run(global: &GlobalArgs, args: &InspectArgs) -> Done {
    let workspace = open(global, lake_options(global)?).await?;
    let Some(connection) = &args.connection else { return Ok(list(&workspace, global)) };
    let report = workspace.inspect(connection, &args.table, args.source.as_deref(), &with_options(&args.with)?).await?;
    let is_unread = !report.tables.is_empty() && report.tables.iter().all(|table| table.columns.is_empty());
    if global.output == OutputFormat::Json {
        print(&serde_json::to_string(&report).unwrap_or_default());
        return Ok(if is_unread { ExitCode::from(FAILED) } else { ExitCode::SUCCESS });
    }
    if report.tables.is_empty() {
        let hint = if lists_nothing(&workspace, connection) {
            "; a web server does not list its files: name one with `--table FILE`"
        } else {
            ""
        };
        return Err(CliError::new(format!(
            "connection `{connection}` offers no table: there is nothing to draft{hint}"
        )));
    }
    let style = style(global);
    // With `--quiet`, what is written or to be written is all that is said.
    for table in report.tables.iter().filter(|_| !global.quiet) {
        let rows =
            table.rows.map(|rows| format!("{}{}", if table.estimated { "about " } else { "" }, plural(rows, "row")));
        let key = (!table.primary_key.is_empty()).then(|| format!("key {}", table.primary_key.join(", ")));
        let cursor = table.cursors.first().map(|cursor| format!("cursor {cursor}"));
        let refers = (!table.refers_to.is_empty()).then(|| format!("refers to {}", table.refers_to.join(", ")));
        let facts: Vec<String> =
            [rows, table.size_bytes.map(bytes), key, cursor, refers].into_iter().flatten().collect();
        print(&format!("{}  {}", style.bold(&table.from), style.dim(&facts.join(" · "))));
        if let Some(comment) = &table.comment {
            print(&format!("  {comment}"));
        }
        let mut columns = Table::new(&["column", "type", "", "class", "why"]);
        for column in &table.columns {
            columns.row(vec![
                column.name.clone(),
                column.data_type.clone(),
                if column.nullable { "" } else { "not null" }.to_owned(),
                column.class.clone().unwrap_or_else(|| "?".to_owned()),
                column.reason.clone(),
            ]);
        }
        print(&columns.to_text());
        for note in &table.notes {
            print(&format!("  note: {note}"));
        }
        print("");
    }
    if is_unread {
        let why = report.tables.iter().flat_map(|table| &table.notes).next().cloned().unwrap_or_default();
        return Err(CliError::new(format!(
            "nothing of connection `{connection}` could be read, so there is nothing to draft: {why} (`--table FILE --with \
             NAME=VALUE` says how a file is written)"
        )));
    }
    let text = checklist_text(&report.checklist, style);
    if !text.is_empty() && !global.quiet {
        print(&text);
    }
    let source = args.source.as_ref().unwrap_or(connection);
    match &report.additions {
        _ if !args.write => {
            print(&format!("{}\n{}", style.dim(&format!("# draft of sources/{source}.yml")), report.draft.trim_end()));
        }
        Some(known) if known.draft.is_empty() => {
            print(&format!("{} stays as it is: it declares all that there is", known.path));
            return Ok(ExitCode::SUCCESS);
        }
        Some(known) => {
            print(&format!("{}\n{}", style.dim("# what is new"), known.draft.trim_end()));
            print(&format!("\n{} stays as it is: add what is new to it", known.path));
            return Ok(ExitCode::SUCCESS);
        }
        None => {
            let path = workspace.write_draft(source, &report.draft)?;
            let here = std::env::current_dir().unwrap_or_default();
            print(&format!("wrote {}", path.strip_prefix(here).unwrap_or(&path).display()));
        }
    }
    if report.undecided > 0 {
        print(&format!(
            "\n{} left for a person to classify (`TODO classify` in the draft); {} not land before",
            plural(report.undecided as u64, "column"),
            if report.tables.len() == 1 { "the table does" } else { "their tables do" },
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether it is one of a web server.
fn lists_nothing(workspace: &Workspace, connection: &str) -> bool {
    let declared = workspace.project().connections.get(connection);
    let path = declared.and_then(|declared| declared.settings.get("path")).map(|path| path.value.to_string());
    path.is_some_and(|path| path.starts_with("http://") || path.starts_with("https://"))
}

/// The connections that can be inspected.
fn list(workspace: &Workspace, global: &GlobalArgs) -> ExitCode {
    let connections = &workspace.project().connections;
    if global.output == OutputFormat::Json {
        for (name, connection) in connections {
            print(&serde_json::json!({ "connection": name, "type": connection.kind }).to_string());
        }
        return ExitCode::SUCCESS;
    }
    if connections.is_empty() {
        print("no connection is declared: add one under `connections:` in ade.yml");
        return ExitCode::SUCCESS;
    }
    let mut table = Table::new(&["connection", "type"]);
    for (name, connection) in connections {
        table.row(vec![name.clone(), connection.kind.clone()]);
    }
    print(&table.to_text());
    ExitCode::SUCCESS
}
