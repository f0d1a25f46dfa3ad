//! JSON lines: one object per line.
//!
//! Columns are the top-level keys of all lines. Strings are read without their quotes; numbers, booleans and nested
//! values keep their text as it stands, so nothing of a number is lost and a nested value is JSON in a text column.
//! A key that a line has not got, and `null`, are NULL. Of a key that a line has twice, the last counts (as in
//! JavaScript). Dates and times are recognised in strings; numbers and booleans are not.

mod infer;
mod object;
mod parse;

pub(crate) use infer::{Seen, infer, lines};
pub(crate) use parse::Parser;

use super::bytes::Content;
use super::options::FileOptions;
use super::text::{BlockReader, Boundary};
use crate::ConnectError;

/// The reader of a file's blocks.
pub(crate) fn open(
    path: &str,
    content: Content,
    options: &FileOptions,
    block_bytes: usize,
) -> Result<BlockReader, ConnectError> {
    let mut reader = BlockReader::new(path, content, options, block_bytes)?;
    reader.set_boundary(Boundary::Lines);
    Ok(reader)
}
