//! Where records end when fields may be quoted.
//!
//! A quote opens a quoted field only where a field begins: after a delimiter or a line end. Elsewhere it is an
//! ordinary character (`5" pipe`). The CSV scanner follows the same rule with the same [`find_close`].

use memchr::{memchr, memchr2, memrchr};

/// Looks for record ends in a buffer that grows at its end and loses records at its start.
pub(crate) struct Quotes {
    quote: u8,
    escape: Option<u8>,
    delimiter: u8,
    line_end: u8,
    /// Up to where the buffer has been looked at.
    position: usize,
    /// Where the quote stands that is open.
    open: Option<usize>,
    /// After the last record end seen.
    last_end: Option<usize>,
}

/// What came of the search for a closing quote.
pub(crate) enum Close {
    /// At this index; whether the field has escapes.
    At(usize, bool),
    /// Not in this buffer; go on here when there is more.
    Beyond(usize),
}

impl Quotes {
    pub(crate) fn new(quote: u8, escape: Option<u8>, delimiter: u8, line_end: u8) -> Self {
        Self { quote, escape, delimiter, line_end, position: 0, open: None, last_end: None }
    }

    /// Looks at what is new in `buffer`, which begins with a record. Gives the end of the last complete record.
    pub(crate) fn scan(&mut self, buffer: &[u8], is_last: bool) -> Option<usize> {
        loop {
            if self.open.is_some() {
                match find_close(buffer, self.position, self.quote, self.escape, is_last) {
                    Close::At(index, _) => {
                        self.position = index + 1;
                        self.open = None;
                    }
                    Close::Beyond(index) => {
                        self.position = index;
                        return self.last_end;
                    }
                }
            }
            let start = self.position;
            let quote = memchr(self.quote, &buffer[start..]).map(|index| start + index);
            let outside = &buffer[start..quote.unwrap_or(buffer.len())];
            if let Some(index) = memrchr(self.line_end, outside) {
                self.last_end = Some(start + index + 1);
            }
            let Some(index) = quote else {
                self.position = buffer.len();
                return self.last_end;
            };
            self.position = index + 1;
            if index == 0 || buffer[index - 1] == self.delimiter || buffer[index - 1] == self.line_end {
                self.open = Some(index);
            }
        }
    }

    pub(crate) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Where the quote stands that is not closed.
    pub(crate) fn open(&self) -> Option<usize> {
        self.open
    }

    /// The buffer lost its first `count` bytes, which were whole records.
    pub(crate) fn shift(&mut self, count: usize) {
        self.position = self.position.saturating_sub(count);
        self.open = self.open.map(|index| index.saturating_sub(count));
        self.last_end = None;
    }
}

/// The quote that closes a field whose content begins at `from`.
pub(crate) fn find_close(buffer: &[u8], from: usize, quote: u8, escape: Option<u8>, is_last: bool) -> Close {
    let mut position = from;
    let mut has_escapes = false;
    loop {
        let rest = buffer.get(position..).unwrap_or_default();
        let found = match escape {
            Some(escape) => memchr2(quote, escape, rest),
            None => memchr(quote, rest),
        };
        let Some(index) = found.map(|index| position + index) else { return Close::Beyond(buffer.len()) };
        let next = buffer.get(index + 1);
        if next.is_none() && !is_last {
            return Close::Beyond(index);
        }
        if buffer[index] == quote && next != Some(&quote) {
            return Close::At(index, has_escapes);
        }
        has_escapes = true;
        position = index + 2;
    }
}
