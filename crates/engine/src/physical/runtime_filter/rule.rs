//! Finds the scans that runtime filters were handed down to.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::Schema;
use datafusion::common::config::ConfigOptions;
use datafusion::common::{NullEquality, Result};
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{CastExpr, Column, DynamicFilterPhysicalExpr};
use datafusion::physical_expr::utils::split_conjunction;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec, SortMergeJoinExec};
use datafusion::physical_plan::recursive_query::RecursiveQueryExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, replace_children_if_necessary};

use super::build_keys::BuildKeys;
use super::exec::RuntimeFilterExec;
use super::filter::RuntimeFilter;
use super::gather_exec::GatherKeysExec;
use super::path::replaced;

/// Puts a [`RuntimeFilterExec`] above each scan that has runtime filters, and a [`GatherKeysExec`] below each join
/// whose integer keys those ask for. Runs last, when all filters have been handed down.
///
/// A filter that looks keys up by their hash is left out when it comes from the next join: that one looks every key up
/// anyway.
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

/// By the identity of a filter that comes from above: what is known of it here.
type Handed = HashMap<u64, Origin>;

#[derive(Debug, Clone)]
struct Origin {
    /// Whether a join or an aggregation lies between the filter's origin and here.
    spares: bool,
    /// The keys of the join that it comes from, where they are integers.
    keys: Option<Arc<BuildKeys>>,
}

/// The plan with runtime filters above its scans.
fn place(node: Arc<dyn ExecutionPlan>, handed: &Handed) -> Result<Arc<dyn ExecutionPlan>> {
    if node.downcast_ref::<RecursiveQueryExec>().is_some() {
        // Its inputs are read again and again, and each time the keys are others.
        return Ok(node);
    }
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
        for origin in below.values_mut() {
            origin.spares = true;
        }
    }
    let gathered = integer_key(&node);
    for filter in node.dynamic_expressions_produced() {
        if let Some(id) = filter.expression_id() {
            let keys = gathered.as_ref().map(|(_, keys)| Arc::clone(keys));
            below.insert(id, Origin { spares: false, keys });
        }
    }
    let children = node.children().into_iter().map(|child| place(Arc::clone(child), &below));
    let mut children = children.collect::<Result<Vec<_>>>()?;
    drop(below);
    if let Some((key, keys)) = gathered
        && Arc::strong_count(&keys) > 1
        && let Some(build) = children.first_mut()
    {
        *build = Arc::new(GatherKeysExec::new(Arc::clone(build), key, keys));
    }
    replace_children_if_necessary(node, children)
}

/// The key of a join's build side, when it is one integer that is equal or not.
fn integer_key(node: &Arc<dyn ExecutionPlan>) -> Option<(Arc<dyn PhysicalExpr>, Arc<BuildKeys>)> {
    let join = node.downcast_ref::<HashJoinExec>()?;
    let [(build, probe)] = join.on() else { return None };
    let build_type = build.data_type(&join.left().schema()).ok()?;
    let same = probe.data_type(&join.right().schema()).is_ok_and(|probe_type| probe_type == build_type);
    let plain = join.null_equality() == NullEquality::NullEqualsNothing && !join.null_aware;
    let keys = || Arc::new(BuildKeys::new(join.left().output_partitioning().partition_count()));
    (same && plain && BuildKeys::supports(&build_type)).then(|| (Arc::clone(build), keys()))
}

/// Whether an operator does so much for each row that filtering before it pays.
fn is_worth_sparing(node: &Arc<dyn ExecutionPlan>) -> bool {
    node.downcast_ref::<HashJoinExec>().is_some()
        || node.downcast_ref::<SortMergeJoinExec>().is_some()
        || node.downcast_ref::<NestedLoopJoinExec>().is_some()
        || node.downcast_ref::<AggregateExec>().is_some()
}

/// The runtime filters of a scan, over the columns that it gives; nothing for what is no scan of files.
fn above_scan(node: &Arc<dyn ExecutionPlan>, handed: &Handed) -> Option<Vec<RuntimeFilter>> {
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
    let filters = split_conjunction(&predicate).into_iter().filter_map(|part| {
        let filter = part.downcast_ref::<DynamicFilterPhysicalExpr>()?;
        let origin = handed.get(&part.expression_id()?)?;
        let key = match filter.children().as_slice() {
            [key] => moved(key, &given),
            _ => None,
        };
        let keys = key.zip(origin.keys.clone());
        (origin.spares || keys.is_some()).then_some(())?;
        let predicate = moved(part, &given)?;
        predicate.children().into_iter().all(|key| cannot_fail(key, &node.schema())).then_some(())?;
        Some(RuntimeFilter { predicate, spares: origin.spares, keys })
    });
    Some(filters.collect())
}

/// Whether an expression is no error for any value. Others may be guarded by what comes after the scan:
/// `where length(code) < 5` may be what makes `code::int` a number.
fn cannot_fail(expression: &Arc<dyn PhysicalExpr>, schema: &Schema) -> bool {
    let Some(cast) = expression.downcast_ref::<CastExpr>() else {
        return expression.downcast_ref::<Column>().is_some();
    };
    let widens = cast.expr().data_type(schema).is_ok_and(|from| cast.is_bigger_cast(&from));
    widens && cannot_fail(cast.expr(), schema)
}

/// The runtime filters of the scan below a filter, over the columns that the filter gives; nothing when there is no
/// scan of files right below.
fn above_filter(filter: &FilterExec, handed: &Handed) -> Option<Vec<RuntimeFilter>> {
    let filters = above_scan(filter.input(), handed)?;
    let given = |index: usize| match filter.projection() {
        None => Some(index),
        Some(projection) => projection.iter().position(|given| *given == index),
    };
    let filters = filters.into_iter().filter_map(|filter| {
        let keys = match filter.keys {
            Some((key, keys)) => Some((moved(&key, &given)?, keys)),
            None => None,
        };
        Some(RuntimeFilter { predicate: moved(&filter.predicate, &given)?, spares: filter.spares, keys })
    });
    Some(filters.collect())
}

/// The expression with each column at its new place; nothing when one is not there.
fn moved(expression: &Arc<dyn PhysicalExpr>, place: &impl Fn(usize) -> Option<usize>) -> Option<Arc<dyn PhysicalExpr>> {
    replaced(expression, &|column| Some(Arc::new(Column::new(column.name(), place(column.index())?))))
}
