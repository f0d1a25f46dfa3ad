//! Sheets of Excel's workbooks (`.xlsx`, `.xlsm`): ECMA-376, as far as values go.
//!
//! A workbook is a ZIP archive of XML (`archive`, `xml`). What its sheets are called, its texts and which of its number formats are
//! dates is read first (`book`); a sheet is then read as a stream of rows (`sheet`), so that memory goes by its texts and not by its
//! size. Numbers stay as they are written in the file, dates become ISO 8601, texts are never taken for numbers. The columns are those
//! of the first row of the range (`table`).

mod book;
mod number_format;
mod parse;
mod range;
mod sheet;
mod table;
mod xml;

pub(crate) use parse::{infer, read};
pub(crate) use table::Table;
