//! `exists (…)` outside of conditions: in the select list, in the argument of an aggregate.
//!
//! DataFusion plans it in filters alone, by a join that adds a column with the answer. Here the other nodes get that
//! join below them.

use std::collections::{BTreeSet, HashSet};

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, JoinType, Result};
use datafusion::logical_expr::expr::Exists;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit, not};
use datafusion::optimizer::decorrelate::PullUpCorrelatedExpr;
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

/// Joins the subqueries of `exists` to the input of the node that asks.
#[derive(Debug)]
pub(crate) struct MarkJoins;

impl OptimizerRule for MarkJoins {
    fn name(&self) -> &'static str {
        "mark_joins"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let takes_part =
            matches!(plan, LogicalPlan::Projection(_) | LogicalPlan::Aggregate(_) | LogicalPlan::Window(_));
        let mut found = false;
        if takes_part {
            plan.apply_expressions(|expr| {
                found |= expr.exists(|part| Ok(matches!(part, Expr::Exists(_))))?;
                Ok(TreeNodeRecursion::Continue)
            })?;
        }
        if !found {
            return Ok(Transformed::no(plan));
        }
        let outputs = plan.schema().columns();
        let names = NamePreserver::new(&plan);
        let mut input = plan.inputs()[0].clone();
        let mut marked = false;
        let expressions = plan.expressions().into_iter().map(|expr| {
            let name = names.save(&expr);
            let expr = expr.transform_up(|part| {
                let Expr::Exists(Exists { subquery, negated }) = &part else { return Ok(Transformed::no(part)) };
                let alias = config.alias_generator().next("__correlated_sq");
                let Some(joined) = mark(&input, &subquery.subquery, &alias)? else { return Ok(Transformed::no(part)) };
                input = joined;
                marked = true;
                let mark = Expr::Column(Column::new(Some(alias), "mark"));
                Ok(Transformed::yes(if *negated { not(mark) } else { mark }))
            })?;
            Ok(name.restore(expr.data))
        });
        let expressions = expressions.collect::<Result<Vec<_>>>()?;
        if !marked {
            return Ok(Transformed::no(plan));
        }
        let made = plan.with_new_exprs(expressions, vec![input])?;
        if made.schema().fields().len() == outputs.len() {
            return Ok(Transformed::yes(made));
        }
        let outputs = outputs.into_iter().map(Expr::Column).collect::<Vec<_>>();
        Ok(Transformed::yes(LogicalPlanBuilder::from(made).project(outputs)?.build()?))
    }
}

/// `input` with a column `alias.mark`: whether `subquery` has a row for it. `None` when it cannot be joined.
fn mark(input: &LogicalPlan, subquery: &LogicalPlan, alias: &str) -> Result<Option<LogicalPlan>> {
    let mut pull_up = PullUpCorrelatedExpr::new().with_exists_sub_query(true);
    let plan = subquery.clone().rewrite(&mut pull_up)?.data;
    if !pull_up.can_pull_up || pull_up.pull_up_having_expr.is_some() {
        return Ok(None);
    }
    let inner = pull_up.correlated_subquery_cols_map.values().flatten().collect::<BTreeSet<_>>();
    let mut needed = HashSet::new();
    let filter = match conjunction(pull_up.join_filters.clone()) {
        None => None,
        Some(filter) => Some(
            filter
                .transform_up(|part| {
                    Ok(match part {
                        Expr::Column(column) if inner.contains(&column) => {
                            let column = Column::new(Some(alias), column.name);
                            needed.insert(column.clone());
                            Transformed::yes(Expr::Column(column))
                        }
                        other => Transformed::no(other),
                    })
                })?
                .data,
        ),
    };
    let mut right = LogicalPlanBuilder::from(plan);
    if filter.is_none() {
        right = right.limit(0, Some(1))?;
    }
    right = right.alias(alias)?;
    let columns = right.schema().columns().into_iter().filter(|column| needed.contains(column));
    let columns = columns.map(Expr::Column).collect::<Vec<_>>();
    if !columns.is_empty() {
        right = right.project(columns)?;
    }
    let right = right.build()?;
    let joined = LogicalPlanBuilder::from(input.clone()).join_on(
        right,
        JoinType::LeftMark,
        Some(filter.unwrap_or_else(|| lit(true))),
    )?;
    Ok(Some(joined.build()?))
}
