//! A piece of a text file that holds whole records.

use crate::{ConnectError, Place};

/// A piece of a text file that begins and ends with a record.
pub(crate) struct Block {
    pub(crate) data: Vec<u8>,
    /// Of the first byte, from 1.
    pub(crate) first_line: u64,
    /// What ends a line.
    pub(crate) line_end: u8,
    /// The places of its rows, where they are not its lines.
    pub(crate) rows: Option<Vec<(usize, usize)>>,
}

impl Block {
    /// The line of the byte at `offset`.
    pub(crate) fn line(&self, offset: usize) -> u64 {
        self.first_line + newlines(&self.data[..offset.min(self.data.len())], self.line_end)
    }

    /// Where the byte at `offset` is.
    pub(crate) fn place(&self, path: &str, offset: usize) -> Place {
        Place::of(path).line(self.line(offset)).byte(byte_in_line(&self.data, offset, self.line_end))
    }

    /// The block as text, or the place of the first byte that is none.
    pub(crate) fn text(&self, path: &str) -> Result<&str, ConnectError> {
        std::str::from_utf8(&self.data).map_err(|error| {
            let offset = error.valid_up_to();
            ConnectError::Malformed {
                place: Box::new(self.place(path, offset)),
                reason: "these bytes are not UTF-8".to_owned(),
                advice: "set `encoding:` to how the file is written (`windows-1252` is that of many old programs), or write it as UTF-8"
                    .to_owned(),
            }
        })
    }
}

/// The place of the byte at `offset` in its line, from 1; `data` begins with a line.
pub(crate) fn byte_in_line(data: &[u8], offset: usize, line_end: u8) -> u64 {
    let before = &data[..offset.min(data.len())];
    let start = memchr::memrchr(line_end, before).map_or(0, |newline| newline + 1);
    (offset - start) as u64 + 1
}

/// How many lines end in `data`.
pub(crate) fn newlines(data: &[u8], line_end: u8) -> u64 {
    memchr::memchr_iter(line_end, data).count() as u64
}
