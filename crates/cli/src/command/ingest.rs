//! `ade ingest`: what the project declares, or one file more.
use std::io::stdin;
use std::path::Path;
use std::process::ExitCode;

use ade_run::{Command, FeedInput, FileDraft, FileIngest, FileTable};
use serde_json::{Map, Value, json};

use super::{Done, build, lake_options, open, open_options, print};
use crate::args::{BuildArgs, GlobalArgs, IngestArgs, OutputFormat};
use crate::error::{CliError, FAILED};
use crate::output::{Table, plural, style};

pub(crate) async fn run(global: &GlobalArgs, args: &IngestArgs) -> Done {
    if let Some(source) = &args.singer {
        let mut build = args.build.clone();
        build.selection.select = vec![format!("source:{source}")];
        return build::run_with(global, &build, Command::Ingest, None, Some(FeedInput::new(stdin()))).await;
    }
    let (Some(file), Some(into)) = (&args.file, &args.into) else {
        return build::run(global, &args.build, Command::Ingest, None).await;
    };
    let wanted = wanted(args, file, into)?;
    let workspace = open(global, lake_options(global)?).await?;
    let draft = match workspace.file_table(&wanted).await? {
        FileTable::Known { selector } => return land(global, &args.build, selector).await,
        FileTable::Drafted(draft) => draft,
    };
    if !args.accept || !draft.undecided.is_empty() {
        tell(global, args, &draft);
        return Ok(ExitCode::from(FAILED));
    }
    let remembered = workspace.remember(&draft)?;
    workspace.close().await;
    if let Err(error) = open(global, open_options(global)?).await {
        remembered.forget()?;
        return Err(error);
    }
    if !global.quiet && global.output == OutputFormat::Text {
        let connection = draft.connection.as_ref().map(|connection| format!("; added to ade.yml: {connection}"));
        let ignored = draft.ignored.as_ref().map(|line| format!("; added to .gitignore: {line}"));
        print(&format!("wrote {}{}{}\n", draft.path, connection.unwrap_or_default(), ignored.unwrap_or_default()));
    }
    land(global, &args.build, draft.selector.clone()).await
}

async fn land(global: &GlobalArgs, args: &BuildArgs, selector: String) -> Done {
    let mut args = args.clone();
    args.selection.select = vec![selector];
    build::run(global, &args, Command::Ingest, None).await
}

fn wanted(args: &IngestArgs, file: &Path, into: &str) -> Result<FileIngest, CliError> {
    let classes = args.class.iter().map(|class| parts(class, "class")).collect::<Result<_, _>>()?;
    Ok(FileIngest { file: file.to_owned(), into: into.to_owned(), classes, options: with_options(&args.with)? })
}

/// What `--with NAME=VALUE` says: a number, `true`, a list, a mapping; everything else is text.
pub(super) fn with_options(with: &[String]) -> Result<Map<String, Value>, CliError> {
    let mut options = Map::new();
    for option in with {
        let (name, value) = parts(option, "with")?;
        let value = serde_json::from_str(&value).unwrap_or(Value::String(value));
        let _ = options.insert(name, value);
    }
    Ok(options)
}

fn parts(text: &str, flag: &str) -> Result<(String, String), CliError> {
    let parts = text.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
    parts.ok_or_else(|| CliError::usage(format!("--{flag} {text}: write NAME=VALUE")))
}

/// What would be written, and what there is to decide.
fn tell(global: &GlobalArgs, args: &IngestArgs, draft: &FileDraft) {
    if global.output == OutputFormat::Json {
        let said = json!({
            "columns": draft.columns,
            "undecided": draft.undecided,
            "rows": draft.rows,
            "notes": draft.notes,
            "path": draft.path,
            "draft": draft.text,
            "connection": draft.connection,
            "ignored": draft.ignored,
        });
        print(&said.to_string());
        return;
    }
    let style = style(global);
    let mut columns = Table::new(&["column", "type", "class", "why"]);
    for column in &draft.columns {
        columns.row(vec![
            column.name.clone(),
            column.data_type.clone(),
            column.class.clone().unwrap_or_else(|| "?".to_owned()),
            column.reason.clone(),
        ]);
    }
    if let Some(rows) = draft.rows {
        print(&style.dim(&plural(rows, "row")));
    }
    print(&columns.to_text());
    for note in &draft.notes {
        print(&format!("  note: {note}"));
    }
    print(&format!("\n{}\n{}", style.dim(&format!("# draft of {}", draft.path)), draft.text.trim_end()));
    if let Some(connection) = &draft.connection {
        print(&format!("\n{}\n  {connection}", style.dim("# under `connections:` of ade.yml")));
    }
    if let Some(line) = &draft.ignored {
        print(&format!(
            "\n{}\n{line}",
            style.dim("# in .gitignore: what was sent is raw, and stays out of the repository")
        ));
    }
    print("\nnothing is written yet, and nothing has landed");
    if !draft.undecided.is_empty() {
        let flags: Vec<String> = draft.undecided.iter().map(|column| format!("--class {column}=CLASS")).collect();
        print(&format!("decide: {}", flags.join(" ")));
    }
    if !args.accept {
        print("then: `--accept` takes the proposals, writes this and lands the table");
    }
}
