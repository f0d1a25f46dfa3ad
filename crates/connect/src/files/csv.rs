//! CSV: RFC 4180 with the liberties that files take; and lines whose fields have fixed widths (`layout`).
//!
//! Fields are separated by a delimiter, records by line ends (`\n` or `\r\n`). A quote opens a quoted field only at
//! the field's start; inside, a doubled quote is a quote (or the escape character takes the next one as it is).
//! Anything but a delimiter or line end after a closing quote is an error, and so is a record with more or fewer
//! fields than the header. Blank lines are skipped, unless the file has one column: there they are rows.

mod cells;
mod dialect;
mod header;
mod infer;
mod layout;
mod parse;
mod scanner;
mod structural;

pub(crate) use header::{Header, open};
pub(crate) use infer::infer;
pub(crate) use parse::{Parser, line_of_row, records};
