//! `from t, unnest(t.tags) as tag`: rows of an array that another table of the same `from` has.
//!
//! DataFusion plans it as a join with a correlated subquery and has no way to run that. The subquery
//! only unfolds an array, so it can stand on top of the table instead of beside it.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, Result, TableReference};
use datafusion::logical_expr::{Expr, Join, JoinType, LogicalPlan, LogicalPlanBuilder, SubqueryAlias, Unnest};
use datafusion::optimizer::AnalyzerRule;

/// Rewrites inner joins with a correlated `unnest`.
#[derive(Debug)]
pub(crate) struct LateralUnnest;

impl AnalyzerRule for LateralUnnest {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        Ok(plan.transform_up_with_subqueries(rewrite)?.data)
    }

    fn name(&self) -> &'static str {
        "lateral_unnest"
    }
}

fn rewrite(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let LogicalPlan::Join(join) = &plan else { return Ok(Transformed::no(plan)) };
    let Some((subquery, alias)) = lateral(join) else { return Ok(Transformed::no(plan)) };
    let Some(unfolded) = on_top(subquery, &join.left)? else { return Ok(Transformed::no(plan)) };
    let left = join.left.schema();
    let mut columns =
        left.iter().map(|(table, field)| Expr::Column(Column::new(table.cloned(), field.name()))).collect::<Vec<_>>();
    for field in subquery.schema().fields() {
        columns.push(Expr::Column(Column::from_name(field.name())).alias_qualified(alias.clone(), field.name()));
    }
    let mut builder = LogicalPlanBuilder::from(unfolded).project(columns)?;
    for (left, right) in &join.on {
        builder = builder.filter(left.clone().eq(right.clone()))?;
    }
    if let Some(filter) = &join.filter {
        builder = builder.filter(filter.clone())?;
    }
    Ok(Transformed::yes(builder.build()?))
}

/// The correlated subquery on the right of an inner join.
fn lateral(join: &Join) -> Option<(&LogicalPlan, Option<TableReference>)> {
    if join.join_type != JoinType::Inner {
        return None;
    }
    match join.right.as_ref() {
        LogicalPlan::Subquery(subquery) => Some((subquery.subquery.as_ref(), None)),
        LogicalPlan::SubqueryAlias(SubqueryAlias { input, alias, .. }) => match input.as_ref() {
            LogicalPlan::Subquery(subquery) => Some((subquery.subquery.as_ref(), Some(alias.clone()))),
            _ => None,
        },
        _ => None,
    }
}

/// `plan`, projections and unnests over a single empty row, with `base` in place of the row.
fn on_top(plan: &LogicalPlan, base: &Arc<LogicalPlan>) -> Result<Option<LogicalPlan>> {
    Ok(match plan {
        LogicalPlan::EmptyRelation(empty) if empty.produce_one_row => Some(base.as_ref().clone()),
        LogicalPlan::Projection(projection) => {
            let Some(input) = on_top(&projection.input, base)? else { return Ok(None) };
            let mut columns = kept(base.schema());
            for expr in &projection.expr {
                columns.push(expr.clone().transform(|expr| Ok(inner_reference(expr, base.schema())))?.data);
            }
            Some(LogicalPlanBuilder::from(input).project(columns)?.build()?)
        }
        LogicalPlan::Unnest(unnest) => match on_top(&unnest.input, base)? {
            Some(input) => Some(LogicalPlan::Unnest(Unnest::try_new(
                Arc::new(input),
                unnest.exec_columns.clone(),
                unnest.options.clone(),
            )?)),
            None => None,
        },
        _ => None,
    })
}

fn kept(schema: &DFSchema) -> Vec<Expr> {
    schema.iter().map(|(table, field)| Expr::Column(Column::new(table.cloned(), field.name()))).collect()
}

fn inner_reference(expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    match expr {
        Expr::OuterReferenceColumn(_, column) if schema.has_column(&column) => Transformed::yes(Expr::Column(column)),
        other => Transformed::no(other),
    }
}
