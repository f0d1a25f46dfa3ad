//! Rows for people and for other programs: a printed table, CSV, JSON, Parquet.

mod csv;
mod error;
mod json;
mod json_float;
mod parquet;
mod table;

use arrow::array::Array;

pub use self::csv::{CsvOptions, write_csv};
pub use self::error::OutputError;
pub use self::json::{JsonLayout, write_json};
pub use self::parquet::write_parquet;
pub use self::table::write_table;

/// One value as PostgreSQL prints it (`2024-02-29 12:00:00+00`, `{a,b}`, `1.5`, `\xff`); `None` for NULL.
pub fn format_cell(column: &dyn Array, row: usize) -> Result<Option<String>, OutputError> {
    if crate::text::is_null(column, row) {
        return Ok(None);
    }
    let mut text = String::new();
    crate::text::write_value(column, row, &mut text)?;
    Ok(Some(text))
}
