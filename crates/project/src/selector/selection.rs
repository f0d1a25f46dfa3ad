//! The answer to a selection.

use std::collections::BTreeSet;

use ade_diagnostic::Diagnostic;

use crate::NodeId;

/// The selected nodes, and warnings about criteria that match nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// All selected nodes, tests included.
    pub nodes: BTreeSet<NodeId>,
    /// One warning for each criterion of `--select` and `--exclude` that matches nothing, with a suggestion.
    pub warnings: Vec<Diagnostic>,
}
