//! Functions in `from` that give rows: those that read columns of what stands before them (`from t,
//! unnest(t.tags) as tag`), and set functions that are no table functions of the engine, become lateral
//! subqueries over `unnest`.

use std::collections::HashMap;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Ident, OrderBy, OrderByKind, Query, Select, SelectItem, SetExpr, TableAlias, TableFactor, VisitMut,
    VisitorMut,
};

use super::build::{arguments, call, place, take};
use super::call::{array_of_set, arrays_of_pairs, is_set};
use super::relation::{is_constant, query_of, step_as_interval};
use super::using::folded;
use crate::SqlError;

/// Aliases that stand for the only column of their function, which has another name.
type Rows = HashMap<String, Expr>;

/// Rewrites the functions of a plain query, and what names their rows in its `order by`.
pub(super) fn in_query(query: &mut Query) -> Result<(), SqlError> {
    let SetExpr::Select(select) = query.body.as_mut() else { return Ok(()) };
    let rows = in_select(select)?;
    if let Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) = &mut query.order_by
        && !rows.is_empty()
    {
        for key in keys {
            let is_output = |name: &str| {
                select
                    .projection
                    .iter()
                    .any(|item| matches!(item, SelectItem::ExprWithAlias { alias, .. } if folded(alias) == name))
            };
            if !matches!(&key.expr, Expr::Identifier(ident) if is_output(&folded(ident))) {
                let _: ControlFlow<()> = key.expr.visit(&mut Naming(&rows));
            }
        }
    }
    Ok(())
}

/// Rewrites the functions in the `from` of `select`, and what names their rows.
pub(super) fn in_select(select: &mut Select) -> Result<Rows, SqlError> {
    let mut rows = Rows::new();
    for table in &mut select.from {
        lateral(&mut table.relation, &mut rows)?;
        for join in &mut table.joins {
            lateral(&mut join.relation, &mut rows)?;
        }
    }
    if !rows.is_empty() {
        for item in &mut select.projection {
            // the output keeps the name that was written
            if let SelectItem::UnnamedExpr(expr @ Expr::Identifier(_)) = item
                && let Expr::Identifier(ident) = &*expr
                && let Some(value) = rows.get(&folded(ident))
            {
                let alias = ident.clone();
                *item = SelectItem::ExprWithAlias { expr: value.clone(), alias };
            }
        }
        let _: ControlFlow<()> = select.visit(&mut Naming(&rows));
    }
    Ok(rows)
}

/// Puts the column in the place of its alias.
struct Naming<'a>(&'a Rows);

impl VisitorMut for Naming<'_> {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Identifier(ident) = expr
            && let Some(value) = self.0.get(&folded(ident))
        {
            *expr = value.clone();
        }
        ControlFlow::Continue(())
    }
}

/// A function in `from`: its arrays with the names that PostgreSQL gives them.
struct Arrays {
    function: String,
    columns: Vec<(Option<&'static str>, Expr)>,
    ordinality: bool,
    alias: Option<TableAlias>,
}

fn arrays(factor: &mut TableFactor) -> Option<Arrays> {
    let (function, columns, ordinality, alias) = match factor {
        TableFactor::Table { name, alias, args: Some(args), with_ordinality, .. } => {
            let function = name.0.last()?.as_ident()?.value.to_lowercase();
            step_as_interval(&mut args.args);
            let values = arguments(&args.args)?;
            if function == "generate_series" && !*with_ordinality && values.iter().all(|value| is_constant(value)) {
                return None;
            }
            let values = values.into_iter().cloned().collect();
            (function.clone(), columns(&function, values)?, *with_ordinality, alias.take())
        }
        TableFactor::Function { name, args, alias, with_ordinality, .. } => {
            let function = name.0.last()?.as_ident()?.value.to_lowercase();
            step_as_interval(args);
            let values = arguments(args)?.into_iter().cloned().collect();
            (function.clone(), columns(&function, values)?, *with_ordinality, alias.take())
        }
        TableFactor::UNNEST { alias, array_exprs, with_ordinality, with_offset: false, .. }
            if array_exprs.len() == 1 && (*with_ordinality || !is_constant(&array_exprs[0])) =>
        {
            ("unnest".to_owned(), vec![(None, take(&mut array_exprs[0]))], *with_ordinality, alias.take())
        }
        _ => return None,
    };
    Some(Arrays { function, columns, ordinality, alias })
}

fn columns(function: &str, args: Vec<Expr>) -> Option<Vec<(Option<&'static str>, Expr)>> {
    if let Some(pairs) = arrays_of_pairs(function, &args) {
        return Some(pairs.into_iter().map(|(name, array)| (Some(name), array)).collect());
    }
    if function == "unnest" {
        return args.into_iter().next().map(|array| vec![(None, array)]);
    }
    // the only ones whose result has a name of its own
    let name = function.contains("array_elements").then_some("value");
    is_set(function).then(|| vec![(name, array_of_set(function, args))])
}

fn lateral(factor: &mut TableFactor, rows: &mut Rows) -> Result<(), SqlError> {
    if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
        lateral(&mut table_with_joins.relation, rows)?;
        return table_with_joins.joins.iter_mut().try_for_each(|join| lateral(&mut join.relation, rows));
    }
    let at = place(factor);
    let Some(Arrays { function, columns, ordinality, alias }) = arrays(factor) else { return Ok(()) };
    let mut alias =
        alias.unwrap_or_else(|| TableAlias { explicit: true, name: Ident::new(function), columns: vec![], at: None });
    let written = std::mem::take(&mut alias.columns);
    let only = columns.len() == 1;
    let first = columns.first().map(|(_, array)| array.clone());
    let mut unfolded = Vec::with_capacity(columns.len() + 1);
    for (name, array) in columns {
        let default = name.map_or_else(|| alias.name.clone(), Ident::new);
        unfolded.push((call("unnest", vec![array]), default));
    }
    if let (true, Some(array)) = (ordinality, first) {
        unfolded.push((call("unnest", vec![call("ade_ordinals", vec![array])]), Ident::new("ordinality")));
    }
    if written.len() > unfolded.len() {
        let message = format!("{} has {} columns, not {}", alias.name, unfolded.len(), written.len());
        return Err(SqlError::new(crate::SqlErrorKind::Invalid, message).at(at));
    }
    for ((_, column), name) in unfolded.iter_mut().zip(written) {
        *column = name.name;
    }
    if let (true, Some((_, column))) = (only, unfolded.first())
        && folded(column) != folded(&alias.name)
    {
        let value = Expr::CompoundIdentifier(vec![alias.name.clone(), column.clone()]);
        rows.insert(folded(&alias.name), value);
    }
    *factor = TableFactor::Derived {
        lateral: true,
        subquery: Box::new(query_of(unfolded)),
        alias: Some(alias),
        sample: None,
    };
    Ok(())
}
