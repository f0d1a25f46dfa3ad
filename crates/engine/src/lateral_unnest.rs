//! `from t, unnest(t.tags) as tag`: rows of an array that another table of the same `from` has.
//!
//! DataFusion plans it as a join with a correlated subquery and has no way to run that. The subquery
//! only unfolds an array, so it can stand on top of the table instead of beside it.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, Result, ScalarValue, TableReference};
use datafusion::logical_expr::{
    Expr, Join, JoinType, LogicalPlan, LogicalPlanBuilder, ScalarUDF, SubqueryAlias, Unnest,
};
use datafusion::optimizer::AnalyzerRule;

use crate::function;

/// Rewrites inner joins, and left joins without a condition, with a correlated `unnest`.
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
    let keeps_left = join.join_type == JoinType::Left;
    let Some(unfolded) = on_top(subquery, &join.left, Place { outermost: true, keeps_left, arrays: false })? else {
        return Ok(Transformed::no(plan));
    };
    let left = join.left.schema();
    let mut columns =
        left.iter().map(|(table, field)| Expr::Column(Column::new(table.cloned(), field.name()))).collect::<Vec<_>>();
    for field in subquery.schema().fields() {
        let inner = Expr::Column(Column::from_name(inner_name(field.name())));
        columns.push(inner.alias_qualified(alias.clone(), field.name()));
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
    // `left join … on true` keeps rows whose array is empty; another condition would have to look at each element
    let unconditional = join.on.is_empty()
        && join.filter.as_ref().is_none_or(|filter| *filter == Expr::Literal(ScalarValue::Boolean(Some(true)), None));
    if !(join.join_type == JoinType::Inner || join.join_type == JoinType::Left && unconditional) {
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

/// Where in the subquery a plan is.
#[derive(Clone, Copy)]
struct Place {
    /// At its top.
    outermost: bool,
    /// In a left join.
    keeps_left: bool,
    /// Under what unfolds arrays of a left join: those without elements become NULL, which gives a row.
    arrays: bool,
}

fn nonempty(wanted: bool) -> Option<Arc<ScalarUDF>> {
    wanted.then(|| function::named(function::NONEMPTY)).flatten()
}

/// `plan`, projections and unnests over a single empty row, with `base` in place of the row.
fn on_top(plan: &LogicalPlan, base: &Arc<LogicalPlan>, place: Place) -> Result<Option<LogicalPlan>> {
    let inside = Place { outermost: false, arrays: false, ..place };
    Ok(match plan {
        LogicalPlan::EmptyRelation(empty) if empty.produce_one_row => Some(base.as_ref().clone()),
        LogicalPlan::Projection(projection) => {
            let Some(input) = on_top(&projection.input, base, inside)? else { return Ok(None) };
            let mut columns = kept(base.schema());
            for expr in &projection.expr {
                let name = expr.name_for_alias()?;
                let expr = expr.clone().transform(|expr| Ok(inner_reference(expr, base.schema())))?.data;
                columns.push(match nonempty(place.arrays) {
                    Some(nonempty) => nonempty.call(vec![expr.unalias()]).alias(name),
                    None if place.outermost => expr.unalias().alias(inner_name(&name)),
                    None => expr,
                });
            }
            Some(LogicalPlanBuilder::from(input).project(columns)?.build()?)
        }
        LogicalPlan::Unnest(unnest) => match on_top(&unnest.input, base, Place { arrays: place.keeps_left, ..inside })?
        {
            Some(input) => Some(LogicalPlan::Unnest(Unnest::try_new(
                Arc::new(input),
                unnest.exec_columns.clone(),
                unnest.options.clone().with_preserve_nulls(place.keeps_left),
            )?)),
            None => None,
        },
        _ => None,
    })
}

/// What a column of the subquery is called until it has its table's name: two columns of a plan must not be
/// called `e.x` and `x`.
fn inner_name(name: &str) -> String {
    format!("ade_row_{name}")
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
