//! A template that has been read.

use std::collections::BTreeSet;
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Location, SourceFile, Span};

use super::syntax::{self, ast};
use super::{MacroDefinition, MacroKind};

/// The tree of a template: a whole file, a text inside one, or the body of a `{% snapshot %}` block. Cheap to clone and to
/// share between threads.
#[derive(Clone, Debug)]
pub struct Template {
    file: Arc<SourceFile>,
    body: Source,
    /// Names that may be set by tags that could not be read; there only if there are such tags.
    doubtful: Option<Arc<BTreeSet<Arc<str>>>>,
}

#[derive(Clone, Debug)]
enum Source {
    Whole(Arc<ast::Body>),
    Block(Arc<MacroDefinition>),
}

impl Template {
    /// Reads a file. Reading stops at the first mistake.
    pub fn parse(file: &Arc<SourceFile>) -> Result<Self, Box<Diagnostic>> {
        Self::parse_part(file, Span::new(0, file.text().len()))
    }

    /// Reads some bytes of a file as a template of its own, for instance a scalar in YAML.
    pub fn parse_part(file: &Arc<SourceFile>, span: Span) -> Result<Self, Box<Diagnostic>> {
        let body = Source::Whole(Arc::new(syntax::parse(file, span)?));
        Ok(Self { file: Arc::clone(file), body, doubtful: None })
    }

    /// Reads a file past all mistakes in its syntax, and gives them. With mistakes the template is good for finding more
    /// problems and for nothing else.
    pub fn read(file: &Arc<SourceFile>) -> (Self, Vec<Diagnostic>) {
        let problem = match Self::parse(file) {
            Ok(template) => return (template, Vec::new()),
            Err(problem) => problem,
        };
        let syntax::Recovered { body, mut mistakes, doubtful } = syntax::recover(file, Span::new(0, file.text().len()));
        if mistakes.is_empty() {
            mistakes.push(*problem);
        }
        let body = Source::Whole(Arc::new(body));
        (Self { file: Arc::clone(file), body, doubtful: Some(Arc::new(doubtful)) }, mistakes)
    }

    /// The body of a block, for instance a snapshot's.
    pub fn of_block(block: &Arc<MacroDefinition>) -> Self {
        Self { file: Arc::clone(&block.file), body: Source::Block(Arc::clone(block)), doubtful: None }
    }

    /// The file that it stands in.
    pub fn file(&self) -> &Arc<SourceFile> {
        &self.file
    }

    /// The macros, tests, materializations and snapshots at the top of the file, in order.
    pub fn blocks(&self) -> impl Iterator<Item = &Arc<MacroDefinition>> {
        self.body().iter().filter_map(|statement| match &statement.kind {
            ast::StmtKind::Define(definition) => Some(definition),
            _ => None,
        })
    }

    /// The `{% snapshot %}` blocks at the top of the file: name, and body as a template.
    pub fn snapshots(&self) -> impl Iterator<Item = (&str, Self)> {
        let snapshots = self.blocks().filter(|block| block.kind() == MacroKind::Snapshot);
        snapshots.map(|block| (block.name(), Self::of_block(block)))
    }

    /// Whether it is text alone, without a single tag: it renders to itself.
    pub fn is_plain(&self) -> bool {
        self.body().iter().all(|statement| matches!(statement.kind, ast::StmtKind::Text))
    }

    /// The only thing in it, if that is one `{{ expression }}`.
    pub(crate) fn single_expression(&self) -> Option<&ast::Expr> {
        let mut found = None;
        for statement in self.body() {
            match &statement.kind {
                ast::StmtKind::Emit(expr) if found.is_none() => found = Some(expr),
                ast::StmtKind::Text if self.file.slice(statement.span).trim().is_empty() => {}
                _ => return None,
            }
        }
        found
    }

    /// Names that may be set by tags that could not be read.
    pub(crate) fn doubtful(&self) -> impl Iterator<Item = &Arc<str>> {
        self.doubtful.iter().flat_map(|names| names.iter())
    }

    pub(crate) fn body(&self) -> &ast::Body {
        match &self.body {
            Source::Whole(body) => body,
            Source::Block(block) => &block.body,
        }
    }

    /// The first place of the template.
    pub(crate) fn location(&self) -> Location {
        match &self.body {
            Source::Whole(_) => self.file.top(),
            Source::Block(block) => block.location(),
        }
    }
}
