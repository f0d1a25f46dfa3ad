//! What a scan is told of the keys of a join further up.

use std::fmt;
use std::sync::Arc;

use datafusion::physical_expr::PhysicalExpr;

use super::build_keys::BuildKeys;

/// A filter of a scan that becomes known while the query runs.
#[derive(Debug, Clone)]
pub(super) struct RuntimeFilter {
    /// What DataFusion has handed down; it changes.
    pub(super) predicate: Arc<dyn PhysicalExpr>,
    /// Whether it pays to look each key up by its hash: whether more than the join that asks for it lies in between.
    pub(super) spares: bool,
    /// The key and the set of those that the join knows, where keys are integers.
    pub(super) keys: Option<(Arc<dyn PhysicalExpr>, Arc<BuildKeys>)>,
}

impl fmt::Display for RuntimeFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.keys {
            Some((key, _)) => write!(f, "{key} in keys"),
            None => self.predicate.fmt(f),
        }
    }
}
