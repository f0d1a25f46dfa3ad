//! Finds the arithmetic of decimals in projections and aggregations.

use std::sync::Arc;

use arrow::datatypes::Schema;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::BinaryExpr;
use datafusion::physical_expr::projection::ProjectionExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateInputMode};
use datafusion::physical_plan::projection::ProjectionExec;

use super::expression::NarrowDecimal;

/// Has decimals computed in 64 bits where they fit. Runs after the rules that look into expressions.
#[derive(Debug)]
pub(crate) struct DecimalArithmetic;

impl PhysicalOptimizerRule for DecimalArithmetic {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let new = match (node.downcast_ref::<ProjectionExec>(), node.downcast_ref::<AggregateExec>()) {
                (Some(projection), _) => in_projection(projection)?,
                (_, Some(aggregate)) => in_aggregate(aggregate)?,
                _ => None,
            };
            Ok(new.map_or_else(|| Transformed::no(node), Transformed::yes))
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "decimal_arithmetic"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn in_projection(projection: &ProjectionExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let schema = projection.input().schema();
    let mut changed = false;
    let mut expressions = Vec::with_capacity(projection.expr().len());
    for given in projection.expr() {
        let new = narrowed(&given.expr, &schema)?;
        changed |= new.transformed;
        expressions.push(ProjectionExpr { expr: new.data, alias: given.alias.clone() });
    }
    if !changed {
        return Ok(None);
    }
    Ok(Some(Arc::new(ProjectionExec::try_new(expressions, Arc::clone(projection.input()))?)))
}

fn in_aggregate(aggregate: &AggregateExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if aggregate.mode().input_mode() != AggregateInputMode::Raw {
        return Ok(None);
    }
    let schema = aggregate.input().schema();
    let mut changed = false;
    let mut functions = Vec::with_capacity(aggregate.aggr_expr().len());
    for function in aggregate.aggr_expr() {
        let given = function.expressions();
        let arguments = given.iter().map(|argument| narrowed(argument, &schema)).collect::<Result<Vec<_>>>()?;
        let new = if function.order_bys().is_empty() && arguments.iter().any(|argument| argument.transformed) {
            function.with_new_expressions(arguments.into_iter().map(|argument| argument.data).collect(), Vec::new())
        } else {
            None
        };
        changed |= new.is_some();
        functions.push(new.map_or_else(|| Arc::clone(function), Arc::new));
    }
    Ok(changed.then(|| Arc::new(aggregate.with_new_aggr_exprs(functions)) as _))
}

/// The expression with its arithmetic replaced.
fn narrowed(expression: &Arc<dyn PhysicalExpr>, schema: &Schema) -> Result<Transformed<Arc<dyn PhysicalExpr>>> {
    Arc::clone(expression).transform_up(|part| {
        let new = part.downcast_ref::<BinaryExpr>().and_then(|binary| NarrowDecimal::of(binary, schema));
        Ok(new.map_or_else(|| Transformed::no(part), |new| Transformed::yes(Arc::new(new))))
    })
}
