//! `x in (select …)`, `x op any (select …)`, `x op all (select …)`, true, false or NULL as PostgreSQL has it.
//!
//! DataFusion knows two values: a row is in a subquery or not. That is enough where `in` is a condition of its own, and
//! `not in` of an uncorrelated subquery is a join that minds NULLs. Both stay, for they are fast. Everywhere else (under
//! `or` and `not`, in `case`, in the select list, correlated) NULL is told from false here:
//!
//! - `x op any (S)` is true if a row of S makes `x op s` true, else NULL if one makes it NULL, else false.
//! - `x op all (S)` is false if a row makes it false, else NULL if one makes it NULL, else true.
//! - Whether a row makes it NULL, an uncorrelated S tells once for all `x`: by whether it has rows, and NULLs.
//! - Whether a row makes it true, tells `exists (S where s = x)`, or S's least and greatest value where `op` is an order.
//!
//! The values of S get a name of their own, so that `x` is never taken for one of them.

mod members;
mod scope;
mod test;

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, JoinType, Result};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::{conjunction, merge_schema, split_conjunction_owned};
use datafusion::logical_expr::{Expr, Filter, LogicalPlan, Subquery, lit};
use datafusion::optimizer::AnalyzerRule;

use self::scope::Scope;
use super::correlation::without_aliases;
use crate::function;

/// What the values of a subquery are called.
const MEMBER: &str = "ade_member";

/// Rewrites tests of values against subqueries.
#[derive(Debug)]
pub(crate) struct Membership;

impl AnalyzerRule for Membership {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        Ok(plan.transform_up_with_subqueries(rewrite_plan)?.data)
    }

    fn name(&self) -> &'static str {
        "membership"
    }
}

fn rewrite_plan(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let plan = without_aliases(plan)?.data;
    let mut found = false;
    plan.apply_expressions(|expr| {
        found |= expr.exists(|part| Ok(is_test(part)))?;
        Ok(TreeNodeRecursion::Continue)
    })?;
    if !found {
        return Ok(Transformed::no(plan));
    }
    let plan = conditions_on_top(plan)?;
    let schema = merge_schema(&plan.inputs());
    let scope = Scope { schema: &schema };
    if let LogicalPlan::Filter(filter) = plan {
        let conditions = split_conjunction_owned(filter.predicate).into_iter().map(|part| scope.condition(part, true));
        let predicate = conjunction(conditions.collect::<Result<Vec<_>>>()?).unwrap_or_else(|| lit(true));
        return Ok(Transformed::yes(LogicalPlan::Filter(Filter::try_new(predicate, filter.input)?)));
    }
    let names = NamePreserver::new(&plan);
    let plan = plan.map_expressions(|expr| {
        let name = names.save(&expr);
        Ok(scope.value(expr)?.update_data(|expr| name.restore(expr)))
    })?;
    plan.map_data(LogicalPlan::recompute_schema)
}

fn is_test(expr: &Expr) -> bool {
    matches!(expr, Expr::InSubquery(_) | Expr::SetComparison(_) | Expr::Exists(_))
}

/// Conditions of an inner join that ask a subquery stand above the join: only there they can be planned.
fn conditions_on_top(plan: LogicalPlan) -> Result<LogicalPlan> {
    let LogicalPlan::Join(mut join) = plan else { return Ok(plan) };
    if join.join_type != JoinType::Inner {
        return Ok(LogicalPlan::Join(join));
    }
    let (above, within) = split_conjunction_owned(join.filter.take().unwrap_or_else(|| lit(true)))
        .into_iter()
        .partition::<Vec<_>, _>(|part| part.exists(|part| Ok(is_test(part))).unwrap_or(false));
    join.filter = conjunction(within);
    match conjunction(above) {
        Some(above) => Ok(LogicalPlan::Filter(Filter::try_new(above, Arc::new(LogicalPlan::Join(join)))?)),
        None => Ok(LogicalPlan::Join(join)),
    }
}

fn member() -> Expr {
    Expr::Column(Column::from_name(MEMBER))
}

fn subquery(plan: LogicalPlan) -> Subquery {
    let outer_ref_columns = plan.all_out_ref_exprs();
    Subquery { subquery: Arc::new(plan), outer_ref_columns, spans: datafusion::common::Spans::new() }
}

/// The value of `plan`'s only row, which may be missing.
fn scalar(plan: LogicalPlan) -> Expr {
    let value = Expr::ScalarSubquery(subquery(plan));
    match function::named("ade_scalar") {
        Some(mark) => mark.call(vec![value]),
        None => value,
    }
}
