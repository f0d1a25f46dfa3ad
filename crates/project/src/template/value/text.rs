//! A text that may know where it was written.

use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use crate::template::source_map::Piece;

/// A string value. Text that macros and `set` blocks made keeps the places of its stretches, so that it still has them when
/// it is put out; any operation on it gives a plain text.
#[derive(Clone)]
pub(crate) struct Text {
    text: Arc<str>,
    pieces: Option<Rc<[Piece]>>,
}

impl Text {
    pub(crate) fn with_pieces(text: String, pieces: Vec<Piece>) -> Self {
        Self { text: text.into(), pieces: (!pieces.is_empty()).then(|| pieces.into()) }
    }

    /// Where its stretches come from; empty when nothing is known.
    pub(crate) fn pieces(&self) -> &[Piece] {
        self.pieces.as_deref().unwrap_or_default()
    }

    pub(crate) fn shared(&self) -> &Arc<str> {
        &self.text
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self { text: text.into(), pieces: None }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { text: text.into(), pieces: None }
    }
}

impl From<&Arc<str>> for Text {
    fn from(text: &Arc<str>) -> Self {
        Self { text: Arc::clone(text), pieces: None }
    }
}
