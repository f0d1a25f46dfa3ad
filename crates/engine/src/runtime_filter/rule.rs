//! Finds the scans that runtime filters were handed down to.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{Column, DynamicFilterPhysicalExpr};
use datafusion::physical_expr::utils::{collect_columns, split_conjunction};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::{ExecutionPlan, replace_children_if_necessary};

use super::exec::RuntimeFilterExec;

/// Puts a [`RuntimeFilterExec`] above each scan that has runtime filters from further up than the next join: that one
/// looks every key up anyway. Runs last, when all filters have been handed down.
#[derive(Debug)]
pub(crate) struct RuntimeFilters;

impl PhysicalOptimizerRule for RuntimeFilters {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        place(plan, &HashMap::new())
    }

    fn name(&self) -> &'static str {
        "runtime_filters"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// By the identity of a filter that comes from above: whether a join or an aggregation lies between its origin and here.
type Handed = HashMap<u64, bool>;

/// The plan with runtime filters above its scans.
fn place(node: Arc<dyn ExecutionPlan>, handed: &Handed) -> Result<Arc<dyn ExecutionPlan>> {
    let found = match node.downcast_ref::<FilterExec>() {
        Some(filter) => above_filter(filter, handed),
        None => above_scan(&node, handed),
    };
    if let Some(filters) = found {
        return Ok(if filters.is_empty() { node } else { Arc::new(RuntimeFilterExec::new(node, filters)) });
    }
    if node.children().is_empty() {
        return Ok(node);
    }
    let mut below = handed.clone();
    if is_worth_sparing(&node) {
        for spares in below.values_mut() {
            *spares = true;
        }
    }
    below
        .extend(node.dynamic_expressions_produced().iter().filter_map(|filter| Some((filter.expression_id()?, false))));
    let children = node.children().into_iter().map(|child| place(Arc::clone(child), &below));
    let children = children.collect::<Result<Vec<_>>>()?;
    replace_children_if_necessary(node, children)
}

/// Whether an operator does so much for each row that filtering before it pays.
fn is_worth_sparing(node: &Arc<dyn ExecutionPlan>) -> bool {
    node.downcast_ref::<HashJoinExec>().is_some()
        || node.downcast_ref::<SortMergeJoinExec>().is_some()
        || node.downcast_ref::<NestedLoopJoinExec>().is_some()
        || node.downcast_ref::<AggregateExec>().is_some()
}

/// The runtime filters of a scan, over the columns that it gives; nothing for what is no scan of files.
fn above_scan(node: &Arc<dyn ExecutionPlan>, handed: &Handed) -> Option<Vec<Arc<dyn PhysicalExpr>>> {
    let scan = node.downcast_ref::<DataSourceExec>()?.data_source().downcast_ref::<FileScanConfig>()?;
    let source = scan.file_source();
    let Some(predicate) = source.filter() else { return Some(Vec::new()) };
    let given = |index: usize| match source.projection() {
        None => Some(index),
        Some(projection) => projection
            .as_ref()
            .iter()
            .position(|given| given.expr.downcast_ref::<Column>().is_some_and(|column| column.index() == index)),
    };
    let spares = |part: &&Arc<dyn PhysicalExpr>| {
        part.downcast_ref::<DynamicFilterPhysicalExpr>().is_some()
            && part.expression_id().and_then(|id| handed.get(&id)).copied().unwrap_or_default()
    };
    Some(split_conjunction(&predicate).into_iter().filter(spares).filter_map(|part| moved(part, &given)).collect())
}

/// The runtime filters of the scan below a filter, over the columns that the filter gives; nothing when there is no
/// scan of files right below.
fn above_filter(filter: &FilterExec, handed: &Handed) -> Option<Vec<Arc<dyn PhysicalExpr>>> {
    let filters = above_scan(filter.input(), handed)?;
    let given = |index: usize| match filter.projection() {
        None => Some(index),
        Some(projection) => projection.iter().position(|given| *given == index),
    };
    Some(filters.iter().filter_map(|part| moved(part, &given)).collect())
}

/// The expression with each column at its new place; nothing when one is not there.
fn moved(expression: &Arc<dyn PhysicalExpr>, place: &impl Fn(usize) -> Option<usize>) -> Option<Arc<dyn PhysicalExpr>> {
    if collect_columns(expression).iter().any(|column| place(column.index()).is_none()) {
        return None;
    }
    let moved = Arc::clone(expression).transform(|node| {
        Ok(match node.downcast_ref::<Column>() {
            Some(column) => match place(column.index()) {
                Some(index) => Transformed::yes(Arc::new(Column::new(column.name(), index)) as _),
                None => Transformed::no(node),
            },
            None => Transformed::no(node),
        })
    });
    moved.data().ok()
}
