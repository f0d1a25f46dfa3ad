//! Cheap conditions first.
//!
//! A conjunction is evaluated from left to right, and once few rows are left only those are looked at. So comparisons
//! of numbers and times go before everything else: they are cheap, and they cannot fail.
//!
//! As long as more rows are left, DataFusion evaluates the next condition for all of them, and `x <> 0 and 1 / x > 2`
//! divides by zero. PostgreSQL does not look at a condition whose predecessor is false. So what can fail, and all after
//! it, becomes a filter of its own, above the one that guards it.

use std::sync::Arc;

use arrow::datatypes::Schema;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, CastExpr, Column, Literal};
use datafusion::physical_expr::utils::split_conjunction;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr, conjunction};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};

/// Orders the conditions of every filter.
#[derive(Debug)]
pub(super) struct FilterOrder;

impl PhysicalOptimizerRule for FilterOrder {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let Some(filter) = node.downcast_ref::<FilterExec>() else { return Ok(Transformed::no(node)) };
            let parts = split_conjunction(filter.predicate());
            let schema = filter.input().schema();
            let costs: Vec<Cost> = parts.iter().map(|part| cost(part, &schema)).collect();
            let mut order: Vec<usize> = (0..parts.len()).collect();
            order.sort_by_key(|index| costs[*index]);
            let guarded = order.iter().position(|index| can_fail(parts[*index])).filter(|place| *place > 0);
            if costs.is_sorted() && guarded.is_none() {
                return Ok(Transformed::no(node));
            }
            let all = |order: &[usize]| conjunction(order.iter().map(|index| Arc::clone(parts[*index])));
            let (guards, rest) = order.split_at(guarded.unwrap_or_default());
            let mut ordered = FilterExecBuilder::from(filter).with_predicate(all(rest));
            if !guards.is_empty() {
                let input = FilterExecBuilder::new(all(guards), Arc::clone(filter.input()))
                    .with_batch_size(filter.batch_size())
                    .with_default_selectivity(filter.default_selectivity())
                    .build()?;
                ordered = ordered.with_input(Arc::new(input));
            }
            Ok(Transformed::yes(Arc::new(ordered.build()?) as _))
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "filter_order"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Whether a condition may be an error for some values: a division, a cast, a function.
fn can_fail(condition: &Arc<dyn PhysicalExpr>) -> bool {
    let mut found = false;
    let walked = condition.apply(|part| {
        let divides = |part: &BinaryExpr| matches!(part.op(), Operator::Divide | Operator::Modulo);
        found |= part.downcast_ref::<CastExpr>().is_some()
            || part.downcast_ref::<ScalarFunctionExpr>().is_some()
            || part.downcast_ref::<BinaryExpr>().is_some_and(divides);
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    found || walked.is_err()
}

/// What a condition costs, in the order of evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cost {
    /// A column of numbers or times beside a constant.
    Constant,
    /// Two columns of numbers or times.
    Columns,
    /// Anything else, which may also fail.
    Other,
}

fn cost(condition: &Arc<dyn PhysicalExpr>, schema: &Schema) -> Cost {
    use Operator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    let Some(comparison) = condition.downcast_ref::<BinaryExpr>() else { return Cost::Other };
    if !matches!(comparison.op(), Eq | NotEq | Lt | LtEq | Gt | GtEq) {
        return Cost::Other;
    }
    let is_constant = |side: &Arc<dyn PhysicalExpr>| side.downcast_ref::<Literal>().is_some();
    let is_column = |side: &Arc<dyn PhysicalExpr>| {
        side.downcast_ref::<Column>().is_some() && side.data_type(schema).is_ok_and(|kind| kind.is_primitive())
    };
    match (comparison.left(), comparison.right()) {
        (left, right) if is_column(left) && is_column(right) => Cost::Columns,
        (left, right) if is_column(left) && is_constant(right) || is_constant(left) && is_column(right) => {
            Cost::Constant
        }
        _ => Cost::Other,
    }
}
