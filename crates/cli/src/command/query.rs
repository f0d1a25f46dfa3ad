//! `ade query`.
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Read, Write, stderr, stdin, stdout};
use std::process::ExitCode;
use std::time::Instant;

use ade_run::{ReadAt, Workspace};

use super::{Done, lake_options, open};
use crate::args::{GlobalArgs, QueryArgs, QueryFormat};
use crate::error::CliError;

/// Rows that a table on a terminal shows when no limit is given: it must fit into memory to be aligned.
const TABLE_ROWS: usize = 10_000;

pub(crate) async fn run(global: &GlobalArgs, args: &QueryArgs) -> Done {
    let at = args.at.as_deref().map_or(Ok(ReadAt::default()), ReadAt::parse)?;
    if args.format == QueryFormat::Parquet && args.out.is_none() && stdout().is_terminal() {
        return Err(CliError::usage("Parquet is no text: give --out FILE, or send standard output to a file"));
    }
    let statements = match (&args.file, args.sql.as_deref()) {
        (Some(file), _) => Workspace::statements(file)?.into_iter().map(|statement| statement.sql).collect(),
        (None, Some("-")) => {
            let mut text = String::new();
            stdin().read_to_string(&mut text).map_err(|error| CliError::new(format!("standard input: {error}")))?;
            vec![text]
        }
        (None, sql) => vec![sql.unwrap_or_default().to_owned()],
    };
    let workspace = open(global, lake_options(global)?).await?;
    let mut out: Box<dyn Write + Send> = match &args.out {
        Some(path) => Box::new(BufWriter::new(
            File::create(path).map_err(|error| CliError::new(format!("cannot write {}: {error}", path.display())))?,
        )),
        None => Box::new(BufWriter::new(stdout())),
    };
    for (index, sql) in statements.iter().enumerate() {
        let started = Instant::now();
        one(&workspace, args, sql, at, out.as_mut()).await?;
        out.flush().map_err(|error| CliError::new(format!("cannot write the rows: {error}")))?;
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
    sql: &str,
    at: ReadAt,
    out: &mut (dyn Write + Send),
) -> Result<(), CliError> {
    let answer = workspace.query(sql, at, args.limit).await?;
    match args.format {
        QueryFormat::Table => answer.write_table(out, args.limit.unwrap_or(TABLE_ROWS)).await?,
        QueryFormat::Csv => answer.write_csv(out).await?,
        QueryFormat::Json => answer.write_json(out).await?,
        QueryFormat::Parquet => answer.write_parquet(out).await?,
        QueryFormat::None => answer.drain().await?,
    };
    Ok(())
}
