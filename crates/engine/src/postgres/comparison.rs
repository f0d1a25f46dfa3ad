//! Comparisons that PostgreSQL refuses and DataFusion answers: a point in time with a number.
//!
//! `where day > 2026-07-20`, without quotes, compares with 1999, which DataFusion takes for a day of 1975: every row
//! passes.

use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result, plan_err};
use datafusion::logical_expr::expr::{Between, InList};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator};
use datafusion::optimizer::AnalyzerRule;

/// What the error says; [`crate::hint`] puts it into words.
pub(crate) const TIME_BESIDE_NUMBER: &str = "a point in time beside a number";

/// Refuses to compare points in time with numbers.
#[derive(Debug)]
pub(crate) struct Comparisons;

impl AnalyzerRule for Comparisons {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.apply_with_subqueries(|node| {
            let mut schema = merge_schema(&node.inputs());
            if let LogicalPlan::TableScan(scan) = node {
                schema.merge(&DFSchema::try_from_qualified_schema(scan.table_name.clone(), &scan.source.schema())?);
            }
            node.apply_expressions(|expression| {
                expression.apply(|part| check(part, &schema).map(|()| TreeNodeRecursion::Continue))
            })
        })?;
        Ok(plan)
    }

    fn name(&self) -> &'static str {
        "comparisons"
    }
}

fn check(expression: &Expr, schema: &DFSchema) -> Result<()> {
    let (one, others): (&Expr, Vec<&Expr>) = match expression {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_comparison(*op) => (left, vec![right]),
        Expr::Between(Between { expr, low, high, .. }) => (expr, vec![low, high]),
        Expr::InList(InList { expr, list, .. }) => (expr, list.iter().collect()),
        _ => return Ok(()),
    };
    // What has no type here is refused elsewhere, with the reason.
    let Ok(one) = one.get_type(schema) else { return Ok(()) };
    for other in others {
        let Ok(other) = other.get_type(schema) else { continue };
        if is_time(&one) && other.is_numeric() || one.is_numeric() && is_time(&other) {
            return plan_err!("{TIME_BESIDE_NUMBER}");
        }
    }
    Ok(())
}

fn is_comparison(operator: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(operator, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}

fn is_time(data_type: &DataType) -> bool {
    use DataType::{Date32, Date64, Duration, Interval, Time32, Time64, Timestamp};
    matches!(data_type, Date32 | Date64 | Timestamp(..) | Time32(_) | Time64(_) | Interval(_) | Duration(_))
}
