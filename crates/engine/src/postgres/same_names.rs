//! Outputs of one name, which DataFusion refuses: `select id, * from t`, `select 1 as a, 2 as a`. A statement that fails of
//! them is planned once more with marks behind the names that were written; in the end the marks go, and the second of a
//! name gets a number.

use std::collections::{HashMap, HashSet};

use datafusion::common::Result;
use datafusion::logical_expr::{Expr as Planned, LogicalPlan, LogicalPlanBuilder};
use sqlparser::ast::{Expr, Ident, OrderBy, OrderByKind, Select, SelectItem, SetExpr, Statement};

use super::names::column_name;
use super::using::folded;

/// Stands between a name and the number of its item: no name has it.
const MARK: char = '\u{1f}';

/// Marks the outputs of the outermost query.
pub(crate) fn mark(statement: &mut Statement) {
    let Statement::Query(query) = statement else { return };
    let marked = mark_body(&mut query.body);
    if let Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) = &mut query.order_by {
        for key in keys {
            if let Expr::Identifier(ident) = &mut key.expr
                && let Some(name) = marked.get(&folded(ident))
            {
                *ident = name.clone();
            }
        }
    }
}

fn mark_body(body: &mut SetExpr) -> HashMap<String, Ident> {
    match body {
        SetExpr::Select(select) => mark_select(select),
        SetExpr::SetOperation { left, right, .. } => {
            mark_body(right);
            mark_body(left)
        }
        _ => HashMap::new(),
    }
}

/// The first mark of each name.
fn mark_select(select: &mut Select) -> HashMap<String, Ident> {
    let mut first = HashMap::new();
    for (index, item) in select.projection.iter_mut().enumerate() {
        let (name, expr) = match item {
            SelectItem::UnnamedExpr(expr) => match column_name(expr) {
                Some(name) => (name, expr),
                None => continue,
            },
            SelectItem::ExprWithAlias { expr, alias } => (folded(alias), expr),
            _ => continue,
        };
        let alias = Ident::with_quote('"', format!("{name}{MARK}{index}"));
        first.entry(name).or_insert_with(|| alias.clone());
        let expr = super::build::take(expr);
        *item = SelectItem::ExprWithAlias { expr, alias };
    }
    first
}

/// `plan` without marks in its outputs' names.
pub(crate) fn numbered(plan: LogicalPlan) -> Result<LogicalPlan> {
    let columns = plan.schema().columns();
    let names = unique(columns.iter().map(|column| column.name.split(MARK).next().unwrap_or_default()));
    let columns = columns.into_iter().zip(names).map(|(column, name)| Planned::Column(column).alias(name));
    let columns = columns.collect::<Vec<_>>();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}

/// `names`, those that are there before with a number behind them that makes a new name.
pub(crate) fn unique<'a>(names: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let written = names.clone().collect::<HashSet<_>>();
    let mut taken = HashSet::new();
    let names = names.map(|written_name| {
        let mut name = written_name.to_owned();
        let mut number = 0;
        while !taken.insert(name.clone()) || (number > 0 && written.contains(name.as_str())) {
            number += 1;
            name = format!("{written_name}_{number}");
        }
        name
    });
    names.collect()
}
