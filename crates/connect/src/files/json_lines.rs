//! JSON: one object per line, a list of objects, or objects one after the other.
//!
//! A file that ends in `.json` may be any of these, and is looked at; the list may also stand behind some keys of the document.
//! Columns are the top-level keys of all lines. Strings are read without their quotes; numbers, booleans and nested
//! values keep their text as it stands, so nothing of a number is lost and a nested value is JSON in a text column.
//! A key that a line has not got, and `null`, are NULL. Of a key that a line has twice, the last counts (as in
//! JavaScript). Dates and times are recognised in strings; numbers and booleans are not.

mod flat;
mod infer;
mod object;
mod parse;

pub(crate) use flat::Nested;
pub(crate) use infer::{Seen, infer};
pub(crate) use object::{Kind, Member, members, members_within, unescape};
pub(crate) use parse::Parser;

use serde::de::IgnoredAny;

use super::bytes::Content;
use super::options::{FileOptions, Format};
use super::text::{Block, BlockReader, Boundary, Elements};
use crate::ConnectError;

/// The reader of a file's blocks.
pub(crate) fn open(
    path: &str,
    content: Content,
    options: &FileOptions,
    block_bytes: usize,
) -> Result<BlockReader, ConnectError> {
    let mut reader = BlockReader::new(path, content, options, block_bytes)?;
    let is_document = match &options.records {
        Some(_) => true,
        None => options.format(path)? == Format::Json && !has_lines(&reader),
    };
    reader.set_boundary(if is_document {
        Boundary::Elements(Elements::new(options.records.clone().unwrap_or_default()))
    } else {
        Boundary::Lines
    });
    Ok(reader)
}

/// Whether the first line that is not blank is no part of a document: an object of its own, or nothing of JSON at all.
fn has_lines(reader: &BlockReader) -> bool {
    let (head, is_all) = reader.head();
    let text = head.trim_ascii_start();
    let line = match memchr::memchr(b'\n', text) {
        Some(end) => &text[..end],
        None if is_all => text,
        None => return false,
    };
    match line.first() {
        Some(b'[') => false,
        Some(b'{') => serde_json::from_slice::<IgnoredAny>(line).is_ok(),
        _ => true,
    }
}

/// What is wrong with a line.
pub(crate) fn problem(path: &str, line: &str, nested: Nested) -> Option<ConnectError> {
    let line = line.trim_end();
    let block = || Block { data: line.as_bytes().to_vec(), first_line: 1, line_end: b'\n', rows: None };
    nested.columns(line, 0, line.len(), |_, _, _| {}).err().map(|problem| problem.error(path, &block()))
}

/// The places of the rows of a block, whose text is given.
pub(crate) fn rows(block: &Block, text: &str) -> Vec<(usize, usize)> {
    block.rows.clone().unwrap_or_else(|| infer::lines(text).collect())
}
