//! Lines that are no wider than a window: a table whose lines wrap is no table any more.
use std::io::{self, Write};
use std::mem::take;

/// Cuts lines that are wider than a window, and marks where.
pub(crate) struct Narrow<W> {
    inner: W,
    width: Option<usize>,
    /// A character whose bytes have not all come.
    pending: Vec<u8>,
    column: usize,
    /// The character in the last column, which stays only if the line ends there.
    last: Option<char>,
    has_cut: bool,
}

impl<W: Write> Narrow<W> {
    /// Lines may have so many characters; `None`: any number.
    pub(crate) fn new(inner: W, width: Option<usize>) -> Self {
        Self {
            inner,
            width: width.filter(|width| *width > 1),
            pending: Vec::new(),
            column: 0,
            last: None,
            has_cut: false,
        }
    }

    /// Whether any line was cut.
    pub(crate) fn has_cut(&self) -> bool {
        self.has_cut
    }

    /// What it writes to.
    pub(crate) fn inner(&self) -> &W {
        &self.inner
    }

    fn narrow(&mut self, text: &str, width: usize) -> String {
        let mut out = String::with_capacity(text.len());
        for letter in text.chars() {
            if letter == '\n' {
                out.extend(self.last.take());
                out.push(letter);
                self.column = 0;
                continue;
            }
            self.column += 1;
            if self.column < width {
                out.push(letter);
            } else if self.column == width {
                self.last = Some(letter);
            } else if self.last.take().is_some() {
                self.has_cut = true;
                out.push('…');
            }
        }
        out
    }
}

impl<W: Write> Write for Narrow<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(width) = self.width else { return self.inner.write(bytes) };
        self.pending.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.pending) {
            Ok(_) => self.pending.len(),
            Err(error) => error.valid_up_to(),
        };
        let rest = self.pending.split_off(whole);
        let text = String::from_utf8(take(&mut self.pending)).unwrap_or_default();
        self.pending = rest;
        let narrow = self.narrow(&text, width);
        self.inner.write_all(narrow.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(parts: &[&[u8]], width: Option<usize>) -> (String, bool) {
        let mut narrow = Narrow::new(Vec::new(), width);
        for part in parts {
            narrow.write_all(part).unwrap();
        }
        let cut = narrow.has_cut();
        (String::from_utf8(narrow.inner).unwrap(), cut)
    }

    #[test]
    fn what_fits_stays_and_what_does_not_is_marked() {
        assert_eq!(through(&[b"12345\n123456\n1\n"], Some(5)), ("12345\n1234…\n1\n".to_owned(), true));
        assert_eq!(through(&[b"12345\n\n1\n"], Some(5)), ("12345\n\n1\n".to_owned(), false));
        assert_eq!(through(&["äöüß\n".as_bytes()], Some(4)), ("äöüß\n".to_owned(), false));
        let bytes = "aäb\n".as_bytes();
        assert_eq!(through(&[&bytes[..2], &bytes[2..]], Some(9)), ("aäb\n".to_owned(), false), "in parts");
        assert_eq!(through(&[b"123456\n"], None), ("123456\n".to_owned(), false));
    }
}
