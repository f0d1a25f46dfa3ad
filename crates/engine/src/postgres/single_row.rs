//! Correlated subqueries that stand for a value: `(select name from c where c.id = o.c)`. DataFusion only plans
//! those that aggregate. The others become aggregates: of one row with an order, or of all rows, of which
//! there must not be two.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, Result};
use datafusion::functions_aggregate::expr_fn::{array_agg, first_value};
use datafusion::logical_expr::expr::Sort as SortExpr;
use datafusion::logical_expr::{
    Expr, FetchType, Limit, LogicalPlan, LogicalPlanBuilder, Projection, SkipType, Sort, Subquery,
};

use crate::function;

/// Rewrites the correlated scalar subqueries of `plan`.
pub(crate) fn aggregated(plan: LogicalPlan) -> Result<LogicalPlan> {
    Ok(plan
        .transform_up_with_subqueries(|plan| {
            plan.map_expressions(|expr| {
                expr.transform_up(|expr| match expr {
                    Expr::ScalarSubquery(subquery) if !subquery.outer_ref_columns.is_empty() => {
                        match one_row(&subquery.subquery)? {
                            Some(plan) => Ok(Transformed::yes(Expr::ScalarSubquery(Subquery {
                                subquery: Arc::new(plan),
                                ..subquery
                            }))),
                            None => Ok(Transformed::no(Expr::ScalarSubquery(subquery))),
                        }
                    }
                    other => Ok(Transformed::no(other)),
                })
            })
        })?
        .data)
}

/// What gives the value of a subquery: rows, an expression over them, and their order.
struct Value {
    rows: Arc<LogicalPlan>,
    expr: Expr,
    order: Vec<SortExpr>,
}

/// `plan` as an aggregate, unless it is one.
fn one_row(plan: &LogicalPlan) -> Result<Option<LogicalPlan>> {
    if plan.schema().fields().len() != 1 {
        return Ok(None);
    }
    let (value, first) = match plan {
        LogicalPlan::Limit(limit) => match fetched(limit)? {
            Some(1) if !aggregates(&limit.input) => (value_of(&limit.input), true),
            _ => return Ok(None),
        },
        other if aggregates(other) => return Ok(None),
        other => (value_of(other), false),
    };
    let (aggregate, only) = if first {
        (first_value(value.expr, value.order), None)
    } else {
        let Some(only) = function::named("ade_only") else { return Ok(None) };
        (array_agg(value.expr), Some(only))
    };
    let made = LogicalPlanBuilder::from(value.rows).aggregate(Vec::<Expr>::new(), vec![aggregate])?;
    let column = made.schema().columns().into_iter().next();
    let Some(column) = column.map(Expr::Column) else { return Ok(None) };
    let output = match only {
        Some(only) => only.call(vec![column]),
        None => column,
    };
    // what the subquery is correlated by is put beside it: that has the columns' own names
    Ok(Some(made.project(vec![output.alias("ade_value")])?.build()?))
}

/// How many rows a limit keeps, when nothing is skipped.
fn fetched(limit: &Limit) -> Result<Option<usize>> {
    Ok(match (limit.get_skip_type()?, limit.get_fetch_type()?) {
        (SkipType::Literal(0), FetchType::Literal(rows)) => rows,
        _ => None,
    })
}

/// Whether there is one row for certain: an aggregate without groups, under what keeps its rows.
fn aggregates(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
        LogicalPlan::Projection(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Limit(_) => plan.inputs().into_iter().all(aggregates),
        _ => false,
    }
}

fn value_of(plan: &LogicalPlan) -> Value {
    let column = |plan: &LogicalPlan| {
        let (table, field) = plan.schema().qualified_field(0);
        Expr::Column(Column::new(table.cloned(), field.name()))
    };
    match plan {
        LogicalPlan::Sort(Sort { expr, input, .. }) => {
            Value { rows: Arc::clone(input), expr: column(input), order: expr.clone() }
        }
        LogicalPlan::Projection(Projection { expr, input, .. }) => match (expr.as_slice(), input.as_ref()) {
            // a sort by what is no output
            ([value], LogicalPlan::Sort(Sort { expr, input, .. })) => {
                Value { rows: Arc::clone(input), expr: value.clone().unalias(), order: expr.clone() }
            }
            _ => Value { rows: Arc::new(plan.clone()), expr: column(plan), order: vec![] },
        },
        other => Value { rows: Arc::new(other.clone()), expr: column(other), order: vec![] },
    }
}
