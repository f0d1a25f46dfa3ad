//! `array(select …)`: the rows of a subquery as an array.

use sqlparser::ast::{
    Expr, Function, FunctionArgumentClause, FunctionArguments, GroupByExpr, Ident, LimitClause, OrderBy, OrderByExpr,
    OrderByKind, Query, SelectItem, SetExpr, TableAlias, TableFactor, TableWithJoins, Value,
};

use super::build::{call, function_name, place};
use super::relation::query_of;
use crate::{SqlError, SqlErrorKind};

/// What replaces the call, when it is one.
pub(super) fn rewrite(function: &mut Function) -> Result<Option<Expr>, SqlError> {
    if function_name(function).as_deref() != Some("array") {
        return Ok(None);
    }
    let FunctionArguments::Subquery(query) = &function.args else { return Ok(None) };
    let mut query = query.as_ref().clone();
    let at = place(&function.name);
    let collected = if collect_in_place(&mut query) {
        query
    } else if in_order_of_values(&query) {
        collected(query)
    } else {
        return Err(SqlError::new(SqlErrorKind::Unsupported, "array(select …) cannot keep this order")
            .with_hint("use (select array_agg(x order by …) from (select …) as q)")
            .at(at));
    };
    // without rows there is an array without elements
    Ok(Some(call("ade_or_empty", vec![Expr::Subquery(Box::new(collected))])))
}

/// Makes the only output of a plain select an `array_agg` in the query's order. So it stays correlated with what
/// is around it.
fn collect_in_place(query: &mut Query) -> bool {
    let limited = matches!(&query.limit_clause, Some(LimitClause::LimitOffset { limit, offset, .. }) if limit.is_some() || offset.is_some());
    let SetExpr::Select(select) = query.body.as_mut() else { return false };
    let plain = query.with.is_none()
        && !limited
        && query.fetch.is_none()
        && select.distinct.is_none()
        && select.having.is_none()
        && matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
    let [SelectItem::UnnamedExpr(value) | SelectItem::ExprWithAlias { expr: value, .. }] = select.projection.as_slice()
    else {
        return false;
    };
    if !plain || has_calls(value) {
        return false;
    }
    let value = value.clone();
    let mut keys = match query.order_by.take() {
        Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) => keys,
        Some(other) => {
            query.order_by = Some(other);
            return false;
        }
        None => vec![],
    };
    let alias = match &select.projection[0] {
        SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
        _ => None,
    };
    for key in &mut keys {
        let by_name = matches!(&key.expr, Expr::Identifier(ident) if Some(&ident.value) == alias.as_ref());
        if is_first(&key.expr) || by_name {
            key.expr = value.clone();
        }
    }
    let mut aggregate = call("array_agg", vec![value]);
    if let Expr::Function(Function { args: FunctionArguments::List(list), .. }) = &mut aggregate
        && !keys.is_empty()
    {
        list.clauses.push(FunctionArgumentClause::OrderBy(keys));
    }
    select.projection = vec![SelectItem::UnnamedExpr(aggregate)];
    true
}

/// Whether the order, when there is one, is that of the only output.
fn in_order_of_values(query: &Query) -> bool {
    let keys = match &query.order_by {
        None => return true,
        Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) => keys,
        Some(_) => return false,
    };
    let [key] = keys.as_slice() else { return false };
    let output = match query.body.as_ref() {
        SetExpr::Select(select) => select.projection.first(),
        _ => None,
    };
    match output {
        Some(SelectItem::UnnamedExpr(value)) if key.expr == *value => true,
        Some(SelectItem::ExprWithAlias { alias, expr })
            if key.expr == *expr || key.expr == Expr::Identifier(alias.clone()) =>
        {
            true
        }
        _ => is_first(&key.expr),
    }
}

fn is_first(key: &Expr) -> bool {
    matches!(key, Expr::Value(place) if matches!(&place.value, Value::Number(number, _) if number == "1"))
}

/// Aggregates cannot stand in another one.
fn has_calls(expr: &Expr) -> bool {
    matches!(expr, Expr::Function(_))
}

/// `select array_agg(rows.x order by …) from (query) as rows (x)`, in the order of its values when the query has
/// one.
fn collected(query: Query) -> Query {
    let (rows, column) = (Ident::new("rows_of_array"), Ident::new("value_of_array"));
    let value = Expr::CompoundIdentifier(vec![rows.clone(), column.clone()]);
    let mut aggregate = call("array_agg", vec![value.clone()]);
    if let (Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }), Expr::Function(function)) =
        (&query.order_by, &mut aggregate)
        && let [key] = keys.as_slice()
        && let FunctionArguments::List(list) = &mut function.args
    {
        let key = OrderByExpr { expr: value, ..key.clone() };
        list.clauses.push(FunctionArgumentClause::OrderBy(vec![key]));
    }
    let mut outer = query_of([(aggregate, Ident::new("array"))]);
    let columns = vec![sqlparser::ast::TableAliasColumnDef { name: column, data_type: None }];
    let alias = TableAlias { explicit: true, name: rows, columns, at: None };
    let factor = TableFactor::Derived { lateral: false, subquery: Box::new(query), alias: Some(alias), sample: None };
    if let SetExpr::Select(select) = outer.body.as_mut() {
        select.from = vec![TableWithJoins { relation: factor, joins: vec![] }];
    }
    outer
}
