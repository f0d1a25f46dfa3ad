//! The fields of some rows, as places in the text.

/// A field: where its content is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    start: u32,
    /// The end in the low bits; above it two flags.
    end: u32,
}

const QUOTED: u32 = 1 << 31;
const UNESCAPED: u32 = 1 << 30;

/// Rows of fields, row by row.
#[derive(Default)]
pub(crate) struct Cells {
    pub(crate) columns: usize,
    pub(crate) spans: Vec<Span>,
    /// The content of fields that had escapes.
    unescaped: String,
}

/// The content of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell<'a> {
    pub(crate) text: &'a str,
    pub(crate) is_quoted: bool,
}

impl Cells {
    pub(crate) fn new(columns: usize) -> Self {
        Self { columns, ..Self::default() }
    }

    pub(crate) fn clear(&mut self) {
        self.spans.clear();
        self.unescaped.clear();
    }

    pub(crate) fn rows(&self) -> usize {
        self.spans.len() / self.columns.max(1)
    }

    /// A field without quotes. Positions fit in 30 bits because blocks are smaller.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "blocks are smaller than 2^30 bytes")]
    pub(crate) fn push(&mut self, start: usize, end: usize) {
        self.spans.push(Span { start: start as u32, end: end as u32 });
    }

    /// The content of a quoted field.
    #[expect(clippy::cast_possible_truncation, reason = "blocks are smaller than 2^30 bytes")]
    pub(crate) fn push_quoted(&mut self, start: usize, end: usize) {
        self.spans.push(Span { start: start as u32, end: end as u32 | QUOTED });
    }

    /// The content of a quoted field that has escapes.
    #[expect(clippy::cast_possible_truncation, reason = "blocks are smaller than 2^30 bytes")]
    pub(crate) fn push_escaped(&mut self, content: &str, quote: u8, escape: Option<u8>) {
        let start = self.unescaped.len();
        let is_escape =
            |character: char| u8::try_from(character).is_ok_and(|byte| byte == quote || Some(byte) == escape);
        let mut characters = content.chars();
        while let Some(character) = characters.next() {
            let taken = if is_escape(character) { characters.next() } else { Some(character) };
            self.unescaped.extend(taken);
        }
        let end = self.unescaped.len();
        self.spans.push(Span { start: start as u32, end: end as u32 | QUOTED | UNESCAPED });
    }

    /// One column of all rows.
    pub(crate) fn column<'a>(&'a self, block: &'a str, column: usize) -> impl Iterator<Item = Cell<'a>> {
        self.spans.iter().skip(column).step_by(self.columns.max(1)).map(|span| self.cell(block, *span))
    }

    /// Every field, row by row.
    pub(crate) fn all<'a>(&'a self, block: &'a str) -> impl Iterator<Item = Cell<'a>> {
        self.spans.iter().map(|span| self.cell(block, *span))
    }

    #[inline]
    fn cell<'a>(&'a self, block: &'a str, span: Span) -> Cell<'a> {
        let is_quoted = span.end & QUOTED != 0;
        let text = if span.end & UNESCAPED != 0 { self.unescaped.as_str() } else { block };
        let range = span.start as usize..(span.end & !(QUOTED | UNESCAPED)) as usize;
        // Never fails: fields end at ASCII characters.
        Cell { text: text.get(range).unwrap_or_default(), is_quoted }
    }
}
