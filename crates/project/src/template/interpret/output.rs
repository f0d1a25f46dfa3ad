//! The text that a template puts out, with its source map.

use std::sync::Arc;

use ade_diagnostic::{SourceFile, Span};

use crate::template::source_map::Piece;
use crate::template::value::{Text, Value};

/// Text under construction.
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) text: String,
    pub(crate) pieces: Vec<Piece>,
}

impl Output {
    /// Text that stands in the file.
    pub(crate) fn literal(&mut self, file: &Arc<SourceFile>, span: Span) {
        let start = self.text.len();
        self.text.push_str(file.slice(span));
        let output = start..self.text.len();
        self.pieces.push(Piece { output, origin: file.location(span), exact: true, site: None });
    }

    /// The value of the expression whose tag is at `span`. With `outermost`, text from other files notes this tag as the
    /// one that brought it in.
    pub(crate) fn value(&mut self, value: &Value, file: &Arc<SourceFile>, span: Span, outermost: bool) {
        let start = self.text.len();
        let Value::Str(text) = value else {
            use std::fmt::Write;
            // Writing to a string does not fail.
            let _ = write!(self.text, "{value}");
            return self.made(start, file, span);
        };
        self.text.push_str(text);
        if text.pieces().is_empty() {
            return self.made(start, file, span);
        }
        for piece in text.pieces() {
            let mut piece = piece.clone();
            piece.output = piece.output.start + start..piece.output.end + start;
            if outermost && piece.site.is_none() && piece.origin.file() != file {
                piece.site = Some(file.location(span));
            }
            self.pieces.push(piece);
        }
    }

    fn made(&mut self, start: usize, file: &Arc<SourceFile>, span: Span) {
        let output = start..self.text.len();
        if !output.is_empty() {
            self.pieces.push(Piece { output, origin: file.location(span), exact: false, site: None });
        }
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Str(Text::with_pieces(self.text, self.pieces))
    }
}
