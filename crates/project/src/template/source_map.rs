//! From a byte of compiled SQL back to the bytes that a user wrote.
//!
//! While text is put out, each stretch of it is noted with the place that it came from: text that stands in a template
//! literally maps byte by byte, the value of an expression maps to its `{{ … }}`. Text that a macro made keeps its place in
//! the macro's file and also knows the expression in the outermost template through which it came.

use std::ops::Range;

use ade_diagnostic::{Location, Span};

/// Where the stretches of a compiled text come from. Stretches are in order and do not overlap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceMap {
    pub(crate) pieces: Vec<Piece>,
}

/// One stretch of output.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    /// The bytes of the output.
    pub(crate) output: Range<usize>,
    /// Where they come from.
    pub(crate) origin: Location,
    /// Whether output and origin are the same text, so that positions inside correspond.
    pub(crate) exact: bool,
    /// The expression of the outermost template that brought the text in, if `origin` is elsewhere.
    pub(crate) site: Option<Location>,
}

/// The place that a position of compiled text belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapped {
    /// The bytes in the template itself.
    pub location: Location,
    /// The bytes of the macro's file that made the text, when it came through a macro.
    pub inside: Option<Location>,
}

impl SourceMap {
    /// The place of some bytes of the compiled text. An empty range is a position. `None` when the text was made by the
    /// program itself. A range over several stretches gives the first up to the last as long as they are in the same file.
    pub fn locate(&self, output: Range<usize>) -> Option<Mapped> {
        let first = self.piece_at(output.start)?;
        let start = first.mapped(&output);
        let last_byte = output.end.max(output.start + 1) - 1;
        let Some(last) = self.piece_at(last_byte).filter(|last| last.output.start != first.output.start) else {
            return Some(start);
        };
        let end = last.mapped(&output);
        let same_file = end.location.file() == start.location.file();
        if !same_file || end.location.span().end < start.location.span().start || start.inside.is_some() {
            return Some(start);
        }
        let whole = start.location.span().to(end.location.span());
        Some(Mapped { location: start.location.file().location(whole), inside: None })
    }

    fn piece_at(&self, at: usize) -> Option<&Piece> {
        let after = self.pieces.partition_point(|piece| piece.output.start <= at);
        let piece = self.pieces[..after].last()?;
        // A position just after a stretch still belongs to it when nothing follows: errors at the end of a statement.
        (at < piece.output.end || (after == self.pieces.len() && at == piece.output.end)).then_some(piece)
    }
}

impl Piece {
    /// The part of this stretch's origin that the output range covers.
    fn mapped(&self, wanted: &Range<usize>) -> Mapped {
        let origin = if self.exact {
            let start = wanted.start.clamp(self.output.start, self.output.end) - self.output.start;
            let end = wanted.end.clamp(self.output.start, self.output.end) - self.output.start;
            self.origin.inner(Span::new(start, end))
        } else {
            self.origin.clone()
        };
        match &self.site {
            Some(site) => Mapped { location: site.clone(), inside: Some(origin) },
            None => Mapped { location: origin, inside: None },
        }
    }
}
