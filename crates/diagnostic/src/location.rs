//! A place in a file.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use crate::{SourceFile, Span};

/// Some bytes of a [`SourceFile`]. Cheap to clone; made by [`SourceFile::location`].
#[derive(Clone, PartialEq, Eq)]
pub struct Location {
    file: Arc<SourceFile>,
    span: Span,
}

impl Location {
    pub(crate) fn new(file: Arc<SourceFile>, span: Span) -> Self {
        Self { file, span }
    }

    /// The file.
    pub fn file(&self) -> &Arc<SourceFile> {
        &self.file
    }

    /// The file's path, relative to the project.
    pub fn path(&self) -> &str {
        self.file.path()
    }

    /// The bytes.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The text at this place.
    pub fn text(&self) -> &str {
        self.file.slice(self.span)
    }

    /// 1-based line of the first byte.
    pub fn line(&self) -> usize {
        self.start().0
    }

    /// 1-based column, in characters, of the first byte.
    pub fn column(&self) -> usize {
        self.start().1
    }

    /// Line and column of the first byte.
    pub fn start(&self) -> (usize, usize) {
        self.file.line_column(self.span.start)
    }

    /// Line and column just after the last byte.
    pub fn end(&self) -> (usize, usize) {
        self.file.line_column(self.span.end)
    }

    /// A part of this place: `span` counts from this place's first byte.
    pub fn inner(&self, span: Span) -> Self {
        self.file.location(span.shifted(self.span.start))
    }
}

/// `path:line:column`, as editors and terminals understand it.
impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.start();
        write!(out, "{}:{line}:{column}", self.path())
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl PartialOrd for Location {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Location {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.path(), self.span).cmp(&(other.path(), other.span))
    }
}

impl serde::Serialize for Location {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let ((line, column), (end_line, end_column)) = (self.start(), self.end());
        let mut out = serializer.serialize_struct("Location", 7)?;
        out.serialize_field("file", self.path())?;
        out.serialize_field("line", &line)?;
        out.serialize_field("column", &column)?;
        out.serialize_field("end_line", &end_line)?;
        out.serialize_field("end_column", &end_column)?;
        out.serialize_field("span", &[self.span.start, self.span.end])?;
        out.serialize_field("text", self.text())?;
        out.end()
    }
}
