//! `ade query`.
use std::io::{IsTerminal, Read, Write, stderr, stdin, stdout};
use std::panic::resume_unwind;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use ade_run::{ReadAt, Statement, Workspace};
use tokio::sync::watch;

use super::signal::{INTERRUPTED, asked, asked_to_end};
use super::{Done, complain, lake_options, open};
use crate::args::{GlobalArgs, OutputFormat, QueryArgs, QueryFormat};
use crate::error::CliError;
use crate::output::{Narrow, OutFile, Pipe, count, plural, window_width};

/// Rows that a table on a terminal shows when no limit is given: it must fit into memory to be aligned.
const TABLE_ROWS: usize = 10_000;

pub(crate) async fn run(global: &GlobalArgs, args: &QueryArgs) -> Done {
    let at = args.at.as_deref().map_or(Ok(ReadAt::default()), ReadAt::parse)?;
    let format = args.format(global.output).map_err(|extension| {
        CliError::usage(format!(
            "no format is known for files that end in `{extension}`\n\
             hint: name the file .csv, .json (.jsonl, .ndjson), .parquet (.pq) or .txt (a table), or say what to write with --format"
        ))
    })?;
    let ask = Ask { args: args.clone(), format, at, is_quiet: global.quiet };
    if format == QueryFormat::Parquet && args.out.is_none() && stdout().is_terminal() {
        return Err(CliError::usage("Parquet is no text: give --out FILE, or send standard output to a file"));
    }
    let statements = match (&args.file, args.sql.as_deref()) {
        (Some(file), _) => Statement::of_file(file)?,
        (None, Some("-")) => {
            let mut text = String::new();
            stdin().read_to_string(&mut text).map_err(|error| CliError::new(format!("standard input: {error}")))?;
            vec![Statement::only("standard input", &text)?]
        }
        (None, sql) => vec![Statement::only("query", sql.unwrap_or_default())?],
    };
    refuse_to_glue(statements.len(), format, args.out.is_some())?;
    let stop = asked_to_end(None);
    let workspace = open(global, lake_options(global)?).await?;
    let Some(path) = &args.out else {
        // What wraps is no table any more. A file or another program gets all of it.
        let window = (format == QueryFormat::Table && stdout().is_terminal()).then(window_width).flatten();
        let out = Narrow::new(Pipe::new(stdout()), window);
        let Some((out, answered)) = answer(&workspace, ask, statements, out, stop).await else {
            return Ok(stopped(&workspace).await);
        };
        // A reader that went away has what it wanted.
        if !out.inner().is_closed() {
            answered?;
        }
        if out.has_cut() && !global.quiet {
            complain("! lines are cut at the window's width; --format csv or json gives all");
        }
        return Ok(ExitCode::SUCCESS);
    };
    let failed = |error: std::io::Error| cannot_write(path, &error);
    let file = OutFile::create(path).map_err(failed)?;
    let unfinished = file.unfinished();
    let Some((out, answered)) = answer(&workspace, ask, statements, Pipe::new(file), stop).await else {
        // Whoever writes it may not come to removing it any more.
        if let Some(unfinished) = unfinished {
            let _ = std::fs::remove_file(unfinished);
        }
        return Ok(stopped(&workspace).await);
    };
    let rows = answered?;
    out.into_inner().and_then(OutFile::finish).map_err(failed)?;
    if !global.quiet && global.output == OutputFormat::Text {
        complain(&format!("{} written to {}", plural(rows, "row"), path.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// What it spilled is removed; the rows that were not printed are not.
async fn stopped(workspace: &Workspace) -> ExitCode {
    workspace.close().await;
    complain("stopped");
    ExitCode::from(INTERRUPTED)
}

fn cannot_write(path: &Path, error: &std::io::Error) -> CliError {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists());
    match folder {
        Some(folder) => {
            CliError::new(format!("cannot write {}: there is no folder {}", path.display(), folder.display()))
        }
        None => CliError::new(format!("cannot write {}: {error}", path.display())),
    }
}

/// The rows of several statements, one after the other, are no CSV or Parquet file, and no lines of one kind.
fn refuse_to_glue(statements: usize, format: QueryFormat, to_file: bool) -> Result<(), CliError> {
    let is_broken = match format {
        QueryFormat::Table | QueryFormat::None => false,
        QueryFormat::Csv | QueryFormat::Json => to_file,
        QueryFormat::Parquet => true,
    };
    if statements < 2 || !is_broken {
        return Ok(());
    }
    Err(CliError::usage(format!(
        "the rows of {statements} statements do not fit into one file\n\
         hint: give each statement its own --out, or print all of them as tables with --format table"
    )))
}

/// What was asked of each statement.
struct Ask {
    args: QueryArgs,
    format: QueryFormat,
    at: ReadAt,
    is_quiet: bool,
}

/// Answers the statements in a task of its own: work that only computes would keep this one from seeing a request to end.
/// Gives where the rows went and how many, or nothing if that request came first.
async fn answer<W: Write + Send + 'static>(
    workspace: &Arc<Workspace>,
    ask: Ask,
    statements: Vec<Statement>,
    mut out: W,
    stop: watch::Receiver<bool>,
) -> Option<(W, Result<u64, CliError>)> {
    let workspace = Arc::clone(workspace);
    let mut task = tokio::spawn(async move {
        let answered = all(&workspace, &ask, &statements, &mut out).await;
        (out, answered)
    });
    tokio::select! {
        ended = &mut task => match ended {
            Ok(ended) => Some(ended),
            // Nobody else ends it: it is a panic, and must end the program as one.
            Err(error) => resume_unwind(error.into_panic()),
        },
        () = asked(stop) => {
            task.abort();
            None
        }
    }
}

/// Answers the statements, in order; gives the number of rows that were written.
async fn all(
    workspace: &Workspace,
    ask: &Ask,
    statements: &[Statement],
    out: &mut (dyn Write + Send),
) -> Result<u64, CliError> {
    let args = &ask.args;
    let mut written = 0;
    for (index, statement) in statements.iter().enumerate() {
        let started = Instant::now();
        let rows = one(workspace, ask, statement, out).await?;
        if args.timing {
            let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
            let _ = writeln!(stderr().lock(), "timing: {} {milliseconds:.3} ms", index + 1);
        }
        let shown = args.limit.unwrap_or(TABLE_ROWS) as u64;
        written += match ask.format {
            QueryFormat::Table => rows.min(shown),
            QueryFormat::Csv | QueryFormat::Json | QueryFormat::Parquet => rows,
            QueryFormat::None => 0,
        };
        if ask.format == QueryFormat::Table && rows > shown && !ask.is_quiet {
            let (shown, rows) = (count(shown), count(rows));
            let advice = "--limit asks for another number, --format csv, json or parquet gives all";
            let _ = writeln!(stderr().lock(), "! the table shows the first {shown} of {rows} rows; {advice}");
        }
    }
    Ok(written)
}

/// Writes the rows of one statement and gives their number.
async fn one(
    workspace: &Workspace,
    ask: &Ask,
    statement: &Statement,
    out: &mut (dyn Write + Send),
) -> Result<u64, CliError> {
    let args = &ask.args;
    let answer = workspace.query(statement, ask.at, args.limit).await?;
    let rows = match ask.format {
        QueryFormat::Table => answer.write_table(out, args.limit.unwrap_or(TABLE_ROWS)).await?,
        QueryFormat::Csv => answer.write_csv(out).await?,
        QueryFormat::Json => answer.write_json(out).await?,
        QueryFormat::Parquet => answer.write_parquet(out).await?,
        QueryFormat::None => answer.drain().await?,
    };
    out.flush().map_err(|error| CliError::new(format!("cannot write the rows: {error}")))?;
    Ok(rows)
}
