//! Columns of `join … using (k)` in `where`. DataFusion merges them in the select list, but calls `k`
//! ambiguous in a condition: there it is qualified with the table whose value PostgreSQL would take.

use std::collections::HashMap;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Ident, Join, JoinConstraint, JoinOperator, Query, Select, SelectItem, TableFactor, VisitMut, VisitorMut,
};

/// Qualifies merged columns in `where`, and everywhere when more than two tables share them. Joins that keep
/// rows of their right table are for [`super::outer_using`].
pub(super) fn qualify_merged_columns(select: &mut Select) {
    let mut merged = HashMap::new();
    for table in &select.from {
        let mut left = name_of(&table.relation).map(|name| vec![name]);
        for join in &table.joins {
            add(join, left.as_deref(), &mut merged);
            // beyond the first join, only a chain over the same columns says where a column comes from
            left = match (left, same_columns(join, &merged)) {
                (Some(left), true) => Some(left),
                _ => None,
            };
        }
    }
    if merged.is_empty() {
        return;
    }
    let mut qualifier = Qualifier { merged: &merged, depth: 0 };
    if let Some(condition) = &mut select.selection {
        let _: ControlFlow<()> = condition.visit(&mut qualifier);
    }
    // two tables DataFusion merges itself
    let chained = select.from.iter().any(|table| table.joins.iter().filter(|join| using(join).is_some()).count() > 1);
    if !chained {
        return;
    }
    for item in &mut select.projection {
        if let SelectItem::UnnamedExpr(Expr::Identifier(ident)) = item {
            let alias = Ident::with_quote('"', folded(ident));
            if let Some(value) = merged.get(&alias.value) {
                *item = SelectItem::ExprWithAlias { expr: value.clone(), alias };
            }
            continue;
        }
        let _: ControlFlow<()> = item.visit(&mut qualifier);
    }
    let _: ControlFlow<()> = select.group_by.visit(&mut qualifier);
    let _: ControlFlow<()> = select.having.visit(&mut qualifier);
}

pub(super) fn name_of(factor: &TableFactor) -> Option<Vec<Ident>> {
    match factor {
        TableFactor::Table { alias: Some(alias), .. }
        | TableFactor::Derived { alias: Some(alias), .. }
        | TableFactor::UNNEST { alias: Some(alias), .. }
        | TableFactor::Function { alias: Some(alias), .. } => Some(vec![alias.name.clone()]),
        TableFactor::Table { name, alias: None, args: None, .. } => {
            name.0.iter().map(|part| part.as_ident().cloned()).collect()
        }
        _ => None,
    }
}

fn using(join: &Join) -> Option<Vec<String>> {
    let (JoinOperator::Join(constraint)
    | JoinOperator::Inner(constraint)
    | JoinOperator::Left(constraint)
    | JoinOperator::LeftOuter(constraint)) = &join.join_operator
    else {
        return None;
    };
    match constraint {
        JoinConstraint::Using(columns) => {
            columns.iter().map(|column| column.0.last().and_then(|part| part.as_ident()).map(folded)).collect()
        }
        _ => None,
    }
}

pub(super) fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

fn same_columns(join: &Join, merged: &HashMap<String, Expr>) -> bool {
    using(join).is_some_and(|columns| columns.iter().all(|column| merged.contains_key(column)))
}

fn add(join: &Join, left: Option<&[Vec<Ident>]>, merged: &mut HashMap<String, Expr>) {
    let Some(columns) = using(join) else { return };
    let right = name_of(&join.relation);
    let left = left.and_then(<[_]>::first);
    for column in columns {
        let of = |table: &Vec<Ident>| {
            let mut parts = table.clone();
            parts.push(Ident::with_quote('"', column.clone()));
            Expr::CompoundIdentifier(parts)
        };
        let before = merged.get(&column).cloned().or_else(|| left.map(of));
        let value = match &join.join_operator {
            JoinOperator::Join(_) | JoinOperator::Inner(_) => before.or_else(|| right.as_ref().map(of)),
            _ => before,
        };
        match value {
            Some(value) => merged.insert(column, value),
            None => merged.remove(&column),
        };
    }
}

/// Puts its value in the place of each unqualified merged column.
pub(super) struct Qualifier<'a> {
    pub(super) merged: &'a HashMap<String, Expr>,
    /// How many subqueries around: inside of them the name may be another table's.
    pub(super) depth: usize,
}

impl VisitorMut for Qualifier<'_> {
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
        if self.depth == 0
            && let Expr::Identifier(ident) = expr
            && let Some(value) = self.merged.get(&folded(ident))
        {
            *expr = value.clone();
        }
        ControlFlow::Continue(())
    }
}
