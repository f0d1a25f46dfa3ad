//! Leaves out files that cannot hold a row that a filter lets through.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;

use super::ScanFile;
use crate::stats::Bounds;

/// For each file whether it may hold a row for which `predicate` (over `schema`) is true. When in doubt: yes.
pub(crate) fn prune(predicate: Arc<dyn PhysicalExpr>, schema: &SchemaRef, files: &[Arc<ScanFile>]) -> Vec<bool> {
    let all = || vec![true; files.len()];
    if files.is_empty() {
        return Vec::new();
    }
    let Ok(pruning) = PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema)).try_build(predicate) else {
        return all();
    };
    let bounds = Bounds::new(Arc::clone(schema), files.iter().map(|file| &file.stats).collect());
    pruning.prune(&bounds).unwrap_or_else(|_| all())
}
