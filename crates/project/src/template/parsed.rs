//! What was learnt from parsing a template.

use ade_diagnostic::Diagnostic;

use super::Uses;

/// The findings about one template, without the world outside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// What it asks for, in branches that are not taken too.
    pub uses: Uses,
    /// Errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// What the template logs.
    pub messages: Vec<String>,
}
