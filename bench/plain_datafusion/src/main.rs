//! DataFusion as it comes, over a folder of Parquet files: what the benchmark compares our engine with.
//!
//! `plain-datafusion PARQUET_DIR QUERIES_SQL [--threads N] [--repeats N] [--rows]` registers every `<name>.parquet` as
//! `tpch.<name>`, runs the statements of the file in order, the whole file `repeats` times, and prints one line of
//! JSON: `[{"ms": [first pass, second pass, …], "columns": […], "rows": [[…]]}]`, an entry per statement; columns and
//! rows (as text, of the last pass) only with `--rows`. No setting but the number of threads is changed.
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{Array, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::catalog::MemorySchemaProvider;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use serde_json::{Value, json};

/// What the command line says.
struct Arguments {
    folder: PathBuf,
    queries: PathBuf,
    threads: usize,
    repeats: usize,
    rows: bool,
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the figures go to standard output")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    let statements = statements(&std::fs::read_to_string(&arguments.queries)?);
    let context = context(&arguments).await?;

    let mut times = vec![Vec::new(); statements.len()];
    let mut results = vec![Vec::new(); statements.len()];
    for _ in 0..arguments.repeats {
        for (index, statement) in statements.iter().enumerate() {
            let start = Instant::now();
            results[index] = context.sql(statement).await?.collect().await?;
            times[index].push(start.elapsed().as_secs_f64() * 1000.0);
        }
    }

    let mut answer = Vec::new();
    for (times, batches) in times.iter().zip(&results) {
        let mut entry = json!({ "ms": times });
        if arguments.rows {
            entry["columns"] = columns(batches);
            entry["rows"] = rows(batches)?;
        }
        answer.push(entry);
    }
    println!("{}", Value::Array(answer));
    Ok(())
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let usage = "usage: plain-datafusion PARQUET_DIR QUERIES_SQL [--threads N] [--repeats N] [--rows]";
    let mut words = std::env::args().skip(1);
    let (Some(folder), Some(queries)) = (words.next(), words.next()) else { return Err(usage.into()) };
    let mut arguments =
        Arguments { folder: folder.into(), queries: queries.into(), threads: 2, repeats: 1, rows: false };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--rows" => arguments.rows = true,
            "--threads" => arguments.threads = words.next().ok_or(usage)?.parse()?,
            "--repeats" => arguments.repeats = words.next().ok_or(usage)?.parse()?,
            _ => return Err(usage.into()),
        }
    }
    Ok(arguments)
}

/// The statements of a file: comment lines left out, split at semicolons (the queries have none in strings).
fn statements(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    code.join("\n").split(';').map(str::trim).filter(|statement| !statement.is_empty()).map(str::to_owned).collect()
}

async fn context(arguments: &Arguments) -> Result<SessionContext, Box<dyn Error>> {
    let config = SessionConfig::new().with_target_partitions(arguments.threads);
    let context = SessionContext::new_with_config(config);
    let catalog = context.catalog("datafusion").ok_or("the session has no default catalog")?;
    catalog.register_schema("tpch", Arc::new(MemorySchemaProvider::new()))?;
    for entry in std::fs::read_dir(&arguments.folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "parquet") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let url = path.to_string_lossy();
            context.register_parquet(format!("tpch.{name}"), url.as_ref(), ParquetReadOptions::default()).await?;
        }
    }
    Ok(context)
}

fn columns(batches: &[RecordBatch]) -> Value {
    let fields = batches.first().map(|batch| batch.schema().fields().clone());
    fields.iter().flat_map(|fields| fields.iter()).map(|field| Value::from(field.name().as_str())).collect()
}

/// Every value as text, null as null.
fn rows(batches: &[RecordBatch]) -> Result<Value, Box<dyn Error>> {
    let options = FormatOptions::new();
    let mut rows = Vec::new();
    for batch in batches {
        let formatters: Vec<ArrayFormatter> =
            batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options)).collect::<Result<_, _>>()?;
        for row in 0..batch.num_rows() {
            let value = |index: usize| {
                let null = batch.column(index).is_null(row);
                if null { Value::Null } else { Value::from(formatters[index].value(row).to_string()) }
            };
            rows.push((0..batch.num_columns()).map(value).collect::<Value>());
        }
    }
    Ok(Value::Array(rows))
}
