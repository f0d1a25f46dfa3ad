//! Cuts a text file into blocks of whole records.

use memchr::{memchr, memchr2, memchr3, memrchr, memrchr2};

use super::block::{byte_in_line, newlines};
use super::elements::{Broken, Elements};
use super::{Block, MAX_RECORD_BYTES, Quotes};
use crate::files::bytes::Content;
use crate::files::options::FileOptions;
use crate::{ConnectError, Place};

/// What ends a record.
pub(crate) enum Boundary {
    /// A line end.
    Lines,
    /// A line end outside quotes.
    Quoted(Quotes),
    /// The end of an object of a JSON document.
    Elements(Elements),
}

/// Cuts a text file into blocks of whole records, in constant memory but for records that are larger than a block.
pub(crate) struct BlockReader {
    path: String,
    content: Content,
    boundary: Boundary,
    line_end: u8,
    block_bytes: usize,
    max_field_bytes: usize,
    /// What was read and not given yet; begins with a record.
    buffer: Vec<u8>,
    is_last: bool,
    line: u64,
}

impl BlockReader {
    /// Reads the first block's worth, as UTF-8; skips a byte order mark.
    pub(crate) fn new(
        path: &str,
        content: Content,
        options: &FileOptions,
        block_bytes: usize,
    ) -> Result<Self, ConnectError> {
        let max_field_bytes = options.max_field_bytes;
        let mut reader = Self {
            path: path.to_owned(),
            content: content.into_utf8(options.encoding)?,
            boundary: Boundary::Lines,
            line_end: b'\n',
            block_bytes,
            max_field_bytes,
            buffer: Vec::new(),
            is_last: false,
            line: 1,
        };
        reader.read_more()?;
        if reader.buffer.starts_with(&[0xEF, 0xBB, 0xBF]) {
            reader.drop_front(3);
        }
        Ok(reader)
    }

    /// Looks at what ends the first line: a carriage return alone (as in files of the first Macintoshes and of some
    /// mainframes) ends every line of its file. With `quote`, line ends between two of them end no line.
    pub(crate) fn find_line_end(&mut self, quote: Option<u8>) -> Result<(), ConnectError> {
        let mut position = 0;
        let mut is_quoted = false;
        loop {
            let rest = &self.buffer[position..];
            let found = match quote {
                Some(quote) if is_quoted => memchr(quote, rest),
                Some(quote) => memchr3(b'\n', b'\r', quote, rest),
                None => memchr2(b'\n', b'\r', rest),
            };
            let next = found.and_then(|index| rest.get(index + 1));
            match found {
                Some(index) if Some(rest[index]) == quote => {
                    is_quoted = !is_quoted;
                    position += index + 1;
                }
                Some(index) if rest[index] == b'\r' && next.is_none() && !self.is_last => self.read_more()?,
                Some(index) => {
                    if rest[index] == b'\r' && next != Some(&b'\n') {
                        self.line_end = b'\r';
                    }
                    return Ok(());
                }
                // The reader of the line says that it is too large.
                None if self.is_last || self.buffer.len() > self.max_field_bytes => return Ok(()),
                None => {
                    position = self.buffer.len();
                    self.read_more()?;
                }
            }
        }
    }

    /// What ends a line: a line feed, or a carriage return.
    pub(crate) fn line_end(&self) -> u8 {
        self.line_end
    }

    /// Skips whole lines, whatever is in them.
    pub(crate) fn skip_lines(&mut self, lines: u64) -> Result<(), ConnectError> {
        for _ in 0..lines {
            let length = self.first_line()?.len();
            self.drop_front(length);
        }
        Ok(())
    }

    /// The first line that was not given yet, with its end.
    pub(crate) fn first_line(&mut self) -> Result<&[u8], ConnectError> {
        let mut end = memchr(self.line_end, &self.buffer);
        while end.is_none() && !self.is_last {
            if self.buffer.len() > self.max_field_bytes {
                return Err(self.too_large(0, "line"));
            }
            self.read_more()?;
            end = memchr(self.line_end, &self.buffer);
        }
        Ok(&self.buffer[..end.map_or(self.buffer.len(), |index| index + 1)])
    }

    /// From here on, records end where `boundary` says.
    pub(crate) fn set_boundary(&mut self, boundary: Boundary) {
        self.boundary = boundary;
    }

    /// The next block, or `None` at the end of the file.
    pub(crate) fn next_block(&mut self) -> Result<Option<Block>, ConnectError> {
        if self.buffer.is_empty() && !self.is_last {
            self.read_more()?;
        }
        loop {
            let end = match &mut self.boundary {
                Boundary::Lines => memrchr(self.line_end, &self.buffer).map(|index| index + 1),
                Boundary::Quoted(quotes) => quotes.scan(&self.buffer, self.is_last),
                Boundary::Elements(elements) => {
                    let scanned = elements.scan(&self.buffer);
                    let is_last = self.is_last;
                    let checked =
                        scanned.and_then(|end| if is_last { elements.finish().map(|()| end) } else { Ok(end) });
                    checked.map_err(|broken| self.broken(&broken))?
                }
            };
            let open = match &self.boundary {
                Boundary::Lines | Boundary::Elements(_) => None,
                Boundary::Quoted(quotes) => quotes.open(),
            };
            if self.is_last {
                if let Some(open) = open {
                    return Err(self.unclosed(open));
                }
                let length = self.buffer.len();
                return Ok((length > 0).then(|| self.take_front(length)));
            }
            if let Some(end) = end {
                return Ok(Some(self.take_front(end)));
            }
            self.check_limits(open)?;
            self.read_more()?;
        }
    }

    /// Proves, after the last block, that the file is the one that was planned.
    pub(crate) fn finish(self, size_bytes: u64, hash: Option<&str>) -> Result<(), ConnectError> {
        self.content.finish(size_bytes, hash)
    }

    fn read_more(&mut self) -> Result<(), ConnectError> {
        let length = self.buffer.len();
        // At least doubled, so that one huge record does not cost quadratic time.
        let wanted = (length * 2).max(self.block_bytes);
        self.buffer.resize(wanted, 0);
        let filled = self.content.fill(&mut self.buffer[length..])?;
        self.buffer.truncate(length + filled);
        self.is_last = length + filled < wanted;
        Ok(())
    }

    fn check_limits(&self, open: Option<usize>) -> Result<(), ConnectError> {
        let start = match (&self.boundary, open) {
            (Boundary::Lines, _) => memrchr(self.line_end, &self.buffer).map_or(0, |index| index + 1),
            (Boundary::Elements(elements), _) => elements.open(),
            (Boundary::Quoted(_), Some(open)) => open,
            (Boundary::Quoted(quotes), None) => {
                memrchr2(quotes.delimiter(), self.line_end, &self.buffer).map_or(0, |index| index + 1)
            }
        };
        let what = match self.boundary {
            Boundary::Lines => "line",
            Boundary::Quoted(_) => "field",
            Boundary::Elements(_) => "object",
        };
        if self.buffer.len() - start > self.max_field_bytes {
            return Err(self.too_large(start, what));
        }
        if self.buffer.len() > MAX_RECORD_BYTES {
            return Err(too_large(self.place(0), "record", MAX_RECORD_BYTES));
        }
        Ok(())
    }

    fn too_large(&self, start: usize, what: &str) -> ConnectError {
        too_large(self.place(start), what, self.max_field_bytes)
    }

    fn unclosed(&self, open: usize) -> ConnectError {
        ConnectError::Malformed {
            place: Box::new(self.place(open)),
            reason: "the quote that opens here is never closed".to_owned(),
            advice: "close it in the source, or set `quote` to what stands around fields (`none` if nothing does)"
                .to_owned(),
        }
    }

    fn broken(&self, broken: &Broken) -> ConnectError {
        ConnectError::Malformed {
            place: Box::new(self.place(broken.offset.min(self.buffer.len()))),
            reason: format!("not a JSON document of rows: {}", broken.reason),
            advice: "correct what writes the file, `format` (`json_lines`: one object per line) or `records` (the keys that lead \
                     to the list of rows)"
                .to_owned(),
        }
    }

    /// What was read first, and whether it is all.
    pub(crate) fn head(&self) -> (&[u8], bool) {
        (&self.buffer, self.is_last)
    }

    fn place(&self, offset: usize) -> Place {
        let line = self.line + newlines(&self.buffer[..offset], self.line_end);
        Place::of(&self.path).line(line).byte(byte_in_line(&self.buffer, offset, self.line_end))
    }

    fn drop_front(&mut self, count: usize) {
        self.line += newlines(&self.buffer[..count], self.line_end);
        self.buffer.drain(..count);
    }

    fn take_front(&mut self, count: usize) -> Block {
        let rest = self.buffer.split_off(count);
        let data = std::mem::replace(&mut self.buffer, rest);
        let rows = match &mut self.boundary {
            Boundary::Lines => None,
            Boundary::Quoted(quotes) => {
                quotes.shift(count);
                None
            }
            Boundary::Elements(elements) => Some(elements.take(count)),
        };
        let block = Block { data, first_line: self.line, line_end: self.line_end, rows };
        self.line += newlines(&block.data, self.line_end);
        block
    }
}

/// The error for a field, line or record that is larger than `limit` bytes.
pub(crate) fn too_large(place: Place, what: &str, limit: usize) -> ConnectError {
    ConnectError::Malformed {
        place: Box::new(place),
        reason: format!("the {what} that begins here is larger than {limit} bytes"),
        advice: "close its quote, correct `delimiter` or `quote`, or raise `max_field_bytes`".to_owned(),
    }
}
