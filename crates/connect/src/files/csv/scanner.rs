//! Rows and fields of a block.

use super::cells::Cells;
use super::dialect::Dialect;
use super::layout::Lines;
use super::structural::Structural;
use crate::files::text::{Block, Close, find_close, too_large};
use crate::{ConnectError, Place};

/// What is wrong with a record of too few or too many fields.
pub(super) fn ragged(expected: usize, found: usize) -> String {
    let fields = |count: usize| if count == 1 { "1 field".to_owned() } else { format!("{count} fields") };
    format!("expected {} as in the header, found {found}", fields(expected))
}

/// Goes through one block, some rows at a time.
pub(crate) struct Scanner<'a> {
    path: &'a str,
    block: &'a Block,
    text: &'a str,
    dialect: &'a Dialect,
    structural: Structural<'a>,
    /// Where the next row begins.
    position: usize,
}

impl<'a> Scanner<'a> {
    /// From `start` on; checks that the block is UTF-8.
    pub(crate) fn new(
        path: &'a str,
        block: &'a Block,
        dialect: &'a Dialect,
        start: usize,
    ) -> Result<Self, ConnectError> {
        let text = block.text(path)?;
        let wanted = [dialect.delimiter, dialect.line_end, dialect.quote.unwrap_or(dialect.line_end)];
        let structural = Structural::new(text.as_bytes(), wanted, start);
        Ok(Self { path, block, text, dialect, structural, position: start })
    }

    /// The block's text, to which the cells refer.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// Where the next row begins.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// The same after blank lines.
    pub(crate) fn row_start(&self) -> usize {
        let blank = |byte: &&u8| matches!(byte, b'\n' | b'\r');
        self.position + self.text.as_bytes()[self.position..].iter().take_while(blank).count()
    }

    /// Up to `limit` more rows, in place of those in `cells`; none at the end of the block. Each must have
    /// `cells.columns` fields (0: any number).
    pub(crate) fn rows(&mut self, limit: usize, cells: &mut Cells) -> Result<(), ConnectError> {
        cells.clear();
        if let Some(layout) = &self.dialect.layout {
            let line_end = self.dialect.line_end;
            let lines = Lines { path: self.path, block: self.block, text: self.text, line_end };
            self.position = layout.rows(&lines, self.position, limit, cells)?;
            return Ok(());
        }
        let bytes = self.text.as_bytes();
        let (delimiter, line_end) = (self.dialect.delimiter, self.dialect.line_end);
        let first_row = self.position;
        let max_field = self.dialect.max_field_bytes;
        let mut field = self.position;
        let mut first_cell = 0;
        let mut rows = 0;
        while rows < limit {
            let next = self.structural.next();
            let position = next.unwrap_or(bytes.len());
            let mut end = position;
            let mut is_quoted = false;
            if next.is_some_and(|position| bytes[position] != delimiter && bytes[position] != line_end) {
                if position != field {
                    continue;
                }
                end = self.quoted(field, cells)?;
                self.structural.seek(end + 1);
                is_quoted = true;
            }
            if position == bytes.len() && self.position == bytes.len() {
                break;
            }
            let is_row_end = bytes.get(end).is_none_or(|byte| *byte == line_end);
            if !is_quoted {
                let content = if is_row_end && end > field && bytes[end - 1] == b'\r' { end - 1 } else { end };
                if is_row_end && content == self.position && cells.columns != 1 {
                    // A blank line.
                    field = end + 1;
                    self.position = field.min(bytes.len());
                    if next.is_none() {
                        break;
                    }
                    continue;
                }
                if content - field > max_field {
                    return Err(self.too_large(field));
                }
                cells.push(field, content);
            }
            field = end + 1;
            if is_row_end {
                let found = cells.spans.len() - first_cell;
                if cells.columns != 0 && found != cells.columns {
                    return Err(self.ragged(cells.columns, found));
                }
                first_cell = cells.spans.len();
                rows += 1;
                self.position = field.min(bytes.len());
            }
        }
        self.refuse_mixed_ends(first_row, cells)
    }

    /// Pushes the quoted field whose quote stands at `open`. Gives where the delimiter or line end after it stands.
    fn quoted(&self, open: usize, cells: &mut Cells) -> Result<usize, ConnectError> {
        let bytes = self.text.as_bytes();
        let quote = bytes[open];
        let Close::At(close, has_escapes) = find_close(bytes, open + 1, quote, self.dialect.escape, true) else {
            return Err(self.malformed(open, "the quote that opens here is never closed"));
        };
        if close - open > self.dialect.max_field_bytes {
            return Err(self.too_large(open));
        }
        match self.text.get(open + 1..close) {
            Some(content) if has_escapes => cells.push_escaped(content, quote, self.dialect.escape),
            _ => cells.push_quoted(open + 1, close),
        }
        let after = close + 1;
        match &bytes[after..] {
            [] => Ok(after),
            [byte, ..] if *byte == self.dialect.line_end || *byte == self.dialect.delimiter => Ok(after),
            [b'\r'] | [b'\r', b'\n', ..] => Ok(after + 1),
            _ => Err(self.malformed(open, "the quoted field that begins here goes on after its closing quote")),
        }
    }

    /// In a file whose lines end in a carriage return alone, a line feed outside of quotes would become part of a value.
    fn refuse_mixed_ends(&self, first_row: usize, cells: &Cells) -> Result<(), ConnectError> {
        if self.dialect.line_end == b'\n'
            || cells.all(self.text).all(|cell| cell.is_quoted || !cell.text.contains('\n'))
        {
            return Ok(());
        }
        Err(ConnectError::Malformed {
            place: Box::new(Place::of(self.path).line(self.block.line(first_row))),
            reason: "from here on lines end in different ways: the first one with a carriage return alone, another one with a line \
                     feed"
                .to_owned(),
            advice: "write all of them with line feeds, and quote fields that contain line ends".to_owned(),
        })
    }

    fn malformed(&self, offset: usize, reason: &str) -> ConnectError {
        ConnectError::Malformed {
            place: Box::new(self.block.place(self.path, offset)),
            reason: reason.to_owned(),
            advice: "double the quotes inside quoted fields, or set `quote` to what stands around fields (`none` if \
                     nothing does)"
                .to_owned(),
        }
    }

    fn ragged(&self, expected: usize, found: usize) -> ConnectError {
        ConnectError::Malformed {
            place: Box::new(Place::of(self.path).line(self.block.line(self.position))),
            reason: ragged(expected, found),
            advice: "quote fields that contain the delimiter, or correct `delimiter` or `quote`".to_owned(),
        }
    }

    fn too_large(&self, field: usize) -> ConnectError {
        too_large(self.block.place(self.path, field), "field", self.dialect.max_field_bytes)
    }
}
