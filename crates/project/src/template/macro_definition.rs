//! A macro, generic test, materialization or snapshot as it is written.

use std::fmt;
use std::sync::Arc;

use ade_diagnostic::{Location, SourceFile, Span};

use super::syntax::ast::{Body, Expr};

/// A named block of a template file: `{% macro name(…) %} … {% endmacro %}` and its relatives.
pub struct MacroDefinition {
    pub(crate) file: Arc<SourceFile>,
    pub(crate) kind: MacroKind,
    pub(crate) name: Arc<str>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Body,
    /// From the first byte of the opening tag to the last of the closing one.
    pub(crate) span: Span,
    pub(crate) name_span: Span,
    /// Whether the body says `varargs`, `kwargs`.
    pub(crate) takes_varargs: bool,
    pub(crate) takes_kwargs: bool,
}

/// The tag a block was written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MacroKind {
    /// `macro`.
    Macro,
    /// `test` or `data_test`: a generic test; callable as `test_<name>`.
    Test,
    /// `materialization`.
    Materialization,
    /// `snapshot`.
    Snapshot,
}

#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: Arc<str>,
    pub(crate) default: Option<Expr>,
}

impl MacroDefinition {
    /// The name in the tag.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tag.
    pub fn kind(&self) -> MacroKind {
        self.kind
    }

    /// The names of its parameters, in order.
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = &str> {
        self.parameters.iter().map(|parameter| parameter.name.as_ref())
    }

    /// Whether a parameter has a default; `false` for names that are no parameters.
    pub fn has_default(&self, parameter: &str) -> bool {
        self.parameters.iter().any(|known| known.name.as_ref() == parameter && known.default.is_some())
    }

    /// The name, where it is defined.
    pub fn location(&self) -> Location {
        self.file.location(self.name_span)
    }

    /// The whole block with its tags: what a fingerprint covers.
    pub fn text(&self) -> &str {
        self.file.slice(self.span)
    }

    /// The name that it is called by: a test's has `test_` before it.
    pub fn call_name(&self) -> String {
        match self.kind {
            MacroKind::Test => format!("test_{}", self.name),
            _ => self.name.to_string(),
        }
    }
}

impl fmt::Debug for MacroDefinition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?} {} ({})", self.kind, self.name, self.location())
    }
}
