//! Text files in blocks: what CSV and JSON lines have in common.

mod block;
mod block_reader;
mod elements;
mod encoding;
mod quotes;

pub(crate) use block::{Block, newlines};
pub(crate) use block_reader::{BlockReader, Boundary, too_large};
pub(crate) use elements::Elements;
pub(crate) use encoding::{Decoded, ENCODINGS, Undecodable, encoding, to_decode};
pub(crate) use quotes::{Close, Quotes, find_close};

/// How much of a file one block holds, unless one record is larger. Big enough for tens of thousands of rows, small
/// enough that a handful of them is a modest amount of memory.
pub(crate) const BLOCK_BYTES: usize = 4 << 20;

/// The first block when only the head of a file is wanted.
pub(crate) const HEAD_BYTES: usize = 64 << 10;

/// The largest record. A block is at most twice as large, and its fields are addressed by 30 bits.
pub(crate) const MAX_RECORD_BYTES: usize = 1 << 28;
