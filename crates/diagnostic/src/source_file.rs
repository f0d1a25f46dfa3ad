//! The text of one file of a project, as diagnostics need it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::{Location, Span};

/// A file's path (relative to the project, with `/`) and its text. Shared by everything that points into it.
pub struct SourceFile {
    path: String,
    text: String,
    line_starts: OnceLock<Vec<usize>>,
}

impl SourceFile {
    /// Takes the text of a file.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { path: path.into(), text: text.into(), line_starts: OnceLock::new() })
    }

    /// The path, relative to the project.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span; empty when the span is not inside the file or cuts a character.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// A place in this file. The span is clipped to the text and moved outwards to character boundaries.
    pub fn location(self: &Arc<Self>, span: Span) -> Location {
        let start = self.text.floor_char_boundary(span.start);
        let end = self.text.ceil_char_boundary(span.end.max(start));
        Location::new(Arc::clone(self), Span::new(start, end))
    }

    /// The file as a whole: its first position.
    pub fn top(self: &Arc<Self>) -> Location {
        self.location(Span::at(0))
    }

    /// Line and column (both 1-based, columns in characters) of a byte offset.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.line_starts().partition_point(|start| *start <= offset);
        let start = self.line_start(line);
        (line, self.text[start..offset].chars().count() + 1)
    }

    /// Byte offset of a 1-based line and a 1-based column in characters; past the end means the end.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.line_start(line);
        let skipped = self.text[start..].char_indices().take_while(|(_, character)| *character != '\n');
        match skipped.map(|(at, _)| at).nth(column.saturating_sub(1)) {
            Some(at) => start + at,
            None => self.text[start..].find('\n').map_or(self.text.len(), |at| start + at),
        }
    }

    /// Byte offset at which a 1-based line begins; past the end means the end of the text.
    pub fn line_start(&self, line: usize) -> usize {
        self.line_starts().get(line.saturating_sub(1)).copied().unwrap_or(self.text.len())
    }

    fn line_starts(&self) -> &[usize] {
        self.line_starts.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect()
        })
    }
}

/// Shows the path only: a project's text can be long, and nobody wants it in a log.
impl fmt::Debug for SourceFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SourceFile({})", self.path)
    }
}

impl PartialEq for SourceFile {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.text == other.text
    }
}

impl Eq for SourceFile {}
