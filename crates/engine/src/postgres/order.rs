//! Names in `order by`: a name alone is an output column, inside of an expression it is a column of the tables.
//! DataFusion takes the output column in both cases. So names that could be either are marked in the statement, and where
//! the plan knows such a column of the tables, it is the one that is sorted by.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Expr as Planned, LogicalPlan, LogicalPlanBuilder, Projection, Sort};
use sqlparser::ast::{Expr, OrderBy, OrderByKind, Query, SelectItem, SetExpr, VisitMut, VisitorMut};

use super::build::call;
use super::using::folded;

/// Marks a name that is a column of the tables, if they have it.
const INPUT: &str = "ade_input";

/// Marks the names of output columns inside of expressions.
pub(super) fn mark_inputs(query: &mut Query) {
    let SetExpr::Select(select) = query.body.as_ref() else { return };
    let Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) = &mut query.order_by else { return };
    let outputs = select.projection.iter().filter_map(|item| match item {
        SelectItem::ExprWithAlias { alias, expr } => Some((folded(alias), expr)),
        _ => None,
    });
    // `x as x` is the same either way
    let outputs = outputs.filter(|(name, expr)| match expr {
        Expr::Identifier(ident) => folded(ident) != *name,
        Expr::CompoundIdentifier(parts) => parts.last().map(folded).as_ref() != Some(name),
        _ => true,
    });
    let names = outputs.map(|(name, _)| name).collect::<HashSet<_>>();
    if names.is_empty() {
        return;
    }
    let only_table = matches!(select.from.as_slice(), [table] if table.joins.is_empty());
    for key in keys {
        let mut written = &key.expr;
        while let Expr::Nested(inner) = written {
            written = inner;
        }
        if !matches!(written, Expr::Identifier(_)) {
            let _: ControlFlow<()> = key.expr.visit(&mut Marker { names: &names, only_table, depth: 0 });
        }
    }
}

struct Marker<'a> {
    names: &'a HashSet<String>,
    /// Whether there is one table, so that `t.x` can only be its `x`.
    only_table: bool,
    /// How many subqueries around.
    depth: usize,
}

impl VisitorMut for Marker<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let name = match &*expr {
            Expr::Identifier(ident) => Some(ident),
            Expr::CompoundIdentifier(parts) if self.only_table => parts.last(),
            _ => None,
        };
        if let Some(name) = name.filter(|name| self.depth == 0 && self.names.contains(&folded(name))).cloned() {
            *expr = call(INPUT, vec![Expr::Identifier(name)]);
        }
        ControlFlow::Continue(())
    }
}

/// Sorts by the columns that the marks stand for.
pub(crate) fn ordered_by_inputs(plan: LogicalPlan) -> Result<LogicalPlan> {
    Ok(plan
        .transform_up_with_subqueries(|plan| match plan {
            LogicalPlan::Sort(sort) if sort.expr.iter().any(|key| is_marked(&key.expr)) => {
                resolve(sort).map(Transformed::yes)
            }
            other => Ok(Transformed::no(other)),
        })?
        .data)
}

fn is_marked(expr: &Planned) -> bool {
    expr.exists(|part| Ok(marked(part).is_some())).unwrap_or(false)
}

fn marked(expr: &Planned) -> Option<&Planned> {
    match expr {
        Planned::ScalarFunction(ScalarFunction { func, args }) if func.name() == INPUT => args.first(),
        _ => None,
    }
}

fn resolve(sort: Sort) -> Result<LogicalPlan> {
    let Sort { mut expr, input, fetch } = sort;
    let outputs = input.schema().columns();
    let projection = match input.as_ref() {
        LogicalPlan::Projection(projection) => Some(projection),
        _ => None,
    };
    let mut hidden: Vec<(Column, Column)> = Vec::new();
    for key in &mut expr {
        key.expr = std::mem::take(&mut key.expr)
            .transform_up(|part| {
                let Some(Planned::Column(output)) = marked(&part) else {
                    return Ok(match marked(&part) {
                        Some(other) => Transformed::yes(other.clone()),
                        None => Transformed::no(part),
                    });
                };
                let of_tables = projection.and_then(|projection| of_tables(projection, output));
                let Some(of_tables) = of_tables else { return Ok(Transformed::yes(Planned::Column(output.clone()))) };
                let known = hidden.iter().find(|(known, _)| *known == of_tables).map(|(_, name)| name.clone());
                let name = known.unwrap_or_else(|| {
                    let name = Column::from_name(format!("ade_order_{}", hidden.len()));
                    hidden.push((of_tables, name.clone()));
                    name
                });
                Ok(Transformed::yes(Planned::Column(name)))
            })?
            .data;
    }
    let Some(Projection { expr: columns, input: below, .. }) = projection.filter(|_| !hidden.is_empty()) else {
        return Ok(LogicalPlan::Sort(Sort { expr, input, fetch }));
    };
    let beside = hidden.into_iter().map(|(column, name)| Planned::Column(column).alias(name.name));
    let columns = columns.iter().cloned().chain(beside).collect::<Vec<_>>();
    let wider = LogicalPlanBuilder::from(below.as_ref().clone()).project(columns)?.build()?;
    let sorted = LogicalPlan::Sort(Sort { expr, input: Arc::new(wider), fetch });
    LogicalPlanBuilder::from(sorted).project(outputs.into_iter().map(Planned::Column).collect::<Vec<_>>())?.build()
}

/// The column below `projection` that is called as its output.
fn of_tables(projection: &Projection, output: &Column) -> Option<Column> {
    let below = projection.input.schema();
    match below.qualified_fields_with_unqualified_name(&output.name).as_slice() {
        [(table, field)] => Some(Column::new(table.cloned(), field.name())),
        _ => None,
    }
}
