//! Rows as CSV (RFC 4180): quotes where needed, `\n` at line ends, values as PostgreSQL's COPY writes them.

use std::io::Write;

use futures::TryStreamExt;

use crate::output::OutputError;
use crate::{Rows, text};

/// How CSV is written.
#[derive(Clone, Debug)]
pub struct CsvOptions {
    /// Between values.
    pub delimiter: char,
    /// Whether the first line has the names of the columns.
    pub header: bool,
    /// What stands for NULL. A text that is equal to it is written in quotes, so that an empty text
    /// and NULL differ.
    pub null: String,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { delimiter: ',', header: true, null: String::new() }
    }
}

/// Writes all rows and gives their number.
pub async fn write_csv(mut rows: Rows, out: &mut (dyn Write + Send), options: &CsvOptions) -> Result<u64, OutputError> {
    let schema = rows.schema();
    let mut line = String::new();
    let mut value = String::new();
    if options.header {
        for (index, field) in schema.fields().iter().enumerate() {
            if index > 0 {
                line.push(options.delimiter);
            }
            push(field.name(), options, &mut line);
        }
        line.push('\n');
    }
    out.write_all(line.as_bytes())?;
    let mut count = 0;
    while let Some(batch) = rows.try_next().await? {
        line.clear();
        for row in 0..batch.num_rows() {
            for (index, column) in batch.columns().iter().enumerate() {
                if index > 0 {
                    line.push(options.delimiter);
                }
                if text::is_null(column.as_ref(), row) {
                    line.push_str(&options.null);
                    continue;
                }
                value.clear();
                text::write_value(column.as_ref(), row, &mut value)?;
                push(&value, options, &mut line);
            }
            line.push('\n');
        }
        out.write_all(line.as_bytes())?;
        count += batch.num_rows() as u64;
    }
    out.flush()?;
    Ok(count)
}

fn push(value: &str, options: &CsvOptions, line: &mut String) {
    let quoted = value == options.null || value.contains([options.delimiter, '"', '\n', '\r']);
    if quoted {
        line.push('"');
        line.push_str(&value.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(value);
    }
}
