//! `ade query`.
use std::fs::File;
use std::io::{IsTerminal, Read, Write, stderr, stdin, stdout};
use std::process::ExitCode;
use std::time::Instant;

use ade_run::{ReadAt, Statement, Workspace};

use super::{Done, lake_options, open};
use crate::args::{GlobalArgs, QueryArgs, QueryFormat};
use crate::error::CliError;
use crate::output::Pipe;

/// Rows that a table on a terminal shows when no limit is given: it must fit into memory to be aligned.
const TABLE_ROWS: usize = 10_000;

pub(crate) async fn run(global: &GlobalArgs, args: &QueryArgs) -> Done {
    let at = args.at.as_deref().map_or(Ok(ReadAt::default()), ReadAt::parse)?;
    if args.format == QueryFormat::Parquet && args.out.is_none() && stdout().is_terminal() {
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
    let workspace = open(global, lake_options(global)?).await?;
    let sink: Box<dyn Write + Send> = match &args.out {
        Some(path) => Box::new(
            File::create(path).map_err(|error| CliError::new(format!("cannot write {}: {error}", path.display())))?,
        ),
        None => Box::new(stdout()),
    };
    let mut out = Pipe::new(sink);
    for (index, statement) in statements.iter().enumerate() {
        let started = Instant::now();
        let answered = one(&workspace, args, statement, at, &mut out).await;
        if out.is_closed() {
            break;
        }
        answered?;
        if args.timing {
            let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
            let _ = writeln!(stderr().lock(), "timing: {} {milliseconds:.3} ms", index + 1);
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn one(
    workspace: &Workspace,
    args: &QueryArgs,
    statement: &Statement,
    at: ReadAt,
    out: &mut (dyn Write + Send),
) -> Result<(), CliError> {
    let answer = workspace.query(statement, at, args.limit).await?;
    match args.format {
        QueryFormat::Table => answer.write_table(out, args.limit.unwrap_or(TABLE_ROWS)).await?,
        QueryFormat::Csv => answer.write_csv(out).await?,
        QueryFormat::Json => answer.write_json(out).await?,
        QueryFormat::Parquet => answer.write_parquet(out).await?,
        QueryFormat::None => answer.drain().await?,
    };
    out.flush().map_err(|error| CliError::new(format!("cannot write the rows: {error}")))
}
