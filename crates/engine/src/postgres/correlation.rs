//! What a subquery reads of the queries around it.

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, Result};
use datafusion::logical_expr::expr::{Exists, InSubquery, SetComparison};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Subquery};

/// The subquery that `expr` itself is about, not one in its operands.
pub(super) fn subquery_of(expr: &Expr) -> Option<&Subquery> {
    match expr {
        Expr::Exists(Exists { subquery, .. })
        | Expr::InSubquery(InSubquery { subquery, .. })
        | Expr::SetComparison(SetComparison { subquery, .. })
        | Expr::ScalarSubquery(subquery) => Some(subquery),
        _ => None,
    }
}

/// Columns of queries around `plan` that it reads, however deep inside.
pub(super) fn outer_columns(plan: &LogicalPlan) -> Result<Vec<Column>> {
    let mut found = Vec::new();
    plan.apply(|node| {
        let schema = merge_schema(&node.inputs());
        node.apply_expressions(|expr| {
            found.extend(outer_columns_in(expr, &schema)?);
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok(found)
}

/// Columns that `expr` reads, itself or in its subqueries, of queries around the one whose columns are `schema`.
pub(super) fn outer_columns_in(expr: &Expr, schema: &DFSchema) -> Result<Vec<Column>> {
    let mut found = Vec::new();
    expr.apply(|part| {
        match part {
            Expr::OuterReferenceColumn(_, column) => found.push(column.clone()),
            other => {
                if let Some(subquery) = subquery_of(other) {
                    let read = outer_columns(&subquery.subquery)?;
                    found.extend(read.into_iter().filter(|column| !schema.has_column(column)));
                }
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}

/// `plan` with its subqueries' derived tables, when they are correlated, as projections: what DataFusion adds to a table
/// in order to join it with what is around it does not come through an alias.
pub(super) fn without_aliases(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    plan.map_subqueries(|subquery| {
        subquery.transform_up(|node| match node {
            LogicalPlan::SubqueryAlias(alias) if !outer_columns(&alias.input)?.is_empty() => {
                let columns = alias.schema.iter().zip(alias.input.schema().columns());
                let columns = columns
                    .map(|((table, field), inner)| Expr::Column(inner).alias_qualified(table.cloned(), field.name()));
                let columns = columns.collect::<Vec<_>>();
                let input = alias.input.as_ref().clone();
                Ok(Transformed::yes(LogicalPlanBuilder::from(input).project(columns)?.build()?))
            }
            other => Ok(Transformed::no(other)),
        })
    })
}

/// Whether `plan` gives one row for certain: an aggregate without groups, under what keeps its rows.
pub(super) fn is_one_row(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
        LogicalPlan::Projection(_) | LogicalPlan::SubqueryAlias(_) | LogicalPlan::Sort(_) => {
            plan.inputs().into_iter().all(is_one_row)
        }
        _ => false,
    }
}
