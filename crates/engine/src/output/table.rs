//! Rows as a table for a terminal or a log.

use std::fmt::Write as _;
use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use futures::TryStreamExt;

use crate::output::OutputError;
use crate::{Rows, text};

/// Writes at most `limit` rows as a table, and below it how many rows there are:
///
/// ```text
///  id | name
/// ----+------
///   1 | Ann
/// (1 row)
/// ```
///
/// Numbers stand right, NULL is empty space. All rows are read, so that the number is true; only
/// those that are shown are kept. Gives the number of rows.
pub async fn write_table(
    mut rows: Rows,
    out: &mut (dyn Write + Send),
    limit: Option<usize>,
) -> Result<u64, OutputError> {
    let schema = rows.schema();
    let mut cells: Vec<Vec<String>> = Vec::new();
    let mut count = 0_u64;
    let limit = limit.unwrap_or(usize::MAX);
    while let Some(batch) = rows.try_next().await? {
        for row in 0..batch.num_rows().min(limit.saturating_sub(cells.len())) {
            cells.push(row_cells(&batch, row)?);
        }
        count += batch.num_rows() as u64;
    }
    let names = schema.fields().iter().map(|field| one_line(field.name())).collect::<Vec<_>>();
    let right = schema.fields().iter().map(|field| is_number(field.data_type())).collect::<Vec<_>>();
    let mut widths = names.iter().map(|name| width(name)).collect::<Vec<_>>();
    for row in &cells {
        for (cell, widest) in row.iter().zip(&mut widths) {
            *widest = (*widest).max(width(cell));
        }
    }
    let mut text = line(&names, &widths, &vec![false; names.len()]);
    text.push_str(&widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("+"));
    text.push('\n');
    for row in &cells {
        text.push_str(&line(row, &widths, &right));
    }
    let rows = if count == 1 { "row" } else { "rows" };
    if cells.len() as u64 == count {
        let _ = writeln!(text, "({count} {rows})");
    } else {
        let _ = writeln!(text, "({count} {rows}, the first {} shown)", cells.len());
    }
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(count)
}

fn row_cells(batch: &RecordBatch, row: usize) -> Result<Vec<String>, OutputError> {
    let mut cells = Vec::with_capacity(batch.num_columns());
    for column in batch.columns() {
        let mut cell = String::new();
        text::write_value(column.as_ref(), row, &mut cell)?;
        cells.push(one_line(&cell));
    }
    Ok(cells)
}

/// Line breaks and other control characters as escapes: a cell is one line.
fn one_line(text: &str) -> String {
    if text.chars().any(char::is_control) {
        text.chars()
            .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
            .collect()
    } else {
        text.to_owned()
    }
}

fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

fn line(cells: &[String], widths: &[usize], right: &[bool]) -> String {
    let mut line = String::new();
    for (index, ((cell, width_of_column), right)) in cells.iter().zip(widths).zip(right).enumerate() {
        if index > 0 {
            line.push('|');
        }
        let space = " ".repeat(width_of_column.saturating_sub(width(cell)));
        let (before, after) = if *right { (space.as_str(), "") } else { ("", space.as_str()) };
        let _ = write!(line, " {before}{cell}{after} ");
    }
    let end = line.trim_end().len();
    line.truncate(end);
    line.push('\n');
    line
}

fn is_number(data_type: &DataType) -> bool {
    data_type.is_numeric()
}
