//! One criterion of a selection, as it was written.

use ade_diagnostic::Span;

use super::method::Method;

/// A method with its value and the graph operators around it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Criterion {
    /// What must match.
    pub(super) method: Method,
    /// The value, with wildcards as written.
    pub(super) value: String,
    /// `@`: descendants and all that they read.
    pub(super) childrens_parents: bool,
    /// `+m` (any distance) or `2+m`.
    pub(super) parents: Option<Depth>,
    /// `m+` or `m+1`.
    pub(super) children: Option<Depth>,
    /// Where it stands in the argument.
    pub(super) span: Span,
}

/// How many edges to go; `None` is all.
pub(super) type Depth = Option<usize>;
