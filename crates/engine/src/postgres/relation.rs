//! What stands in `from`, and how many rows are kept.

use std::ops::ControlFlow;

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident, Interval, LimitClause,
    Query, Select, SelectFlavor, SelectItem, SetExpr, TableAlias, TableAliasColumnDef, TableFactor, Visit, Visitor,
    visit_expressions_mut,
};

use super::build::{arguments, binary, call, literal, number, place, take, text};
use super::call::{array_of_set, is_set};
use crate::{SqlError, SqlErrorKind};

/// `fetch first n rows only` is `limit n`.
pub(super) fn fetch_as_limit(query: &mut Query) -> Result<(), SqlError> {
    let Some(fetch) = query.fetch.take() else { return Ok(()) };
    if fetch.with_ties || fetch.percent {
        return Err(SqlError::new(SqlErrorKind::Unsupported, "fetch … with ties and percent are not supported")
            .with_hint("number the rows with rank() over (order by …) and filter on it"));
    }
    let rows = fetch.quantity.unwrap_or_else(|| number(1));
    match &mut query.limit_clause {
        Some(LimitClause::LimitOffset { limit, .. }) => *limit = Some(rows),
        clause => *clause = Some(LimitClause::LimitOffset { limit: Some(rows), offset: None, limit_by: vec![] }),
    }
    Ok(())
}

/// `exists (…)` in the select list is a count of the subquery's rows: DataFusion only knows it in
/// conditions. Subqueries that group or limit their rows stay as they are.
pub(super) fn exists_in_outputs(select: &mut Select) {
    for item in &mut select.projection {
        let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else { continue };
        let _: ControlFlow<()> = visit_expressions_mut(expr, |expr| {
            if let Expr::Exists { subquery, negated } = expr
                && let SetExpr::Select(inner) = subquery.body.as_mut()
                && subquery.limit_clause.is_none()
                && inner.having.is_none()
                && inner.distinct.is_none()
                && matches!(&inner.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty())
            {
                let op = if *negated { BinaryOperator::Eq } else { BinaryOperator::Gt };
                let Some(rows) = count_of_rows() else { return ControlFlow::Continue(()) };
                inner.projection = vec![SelectItem::UnnamedExpr(rows)];
                let count = Expr::Subquery(std::mem::replace(subquery, Box::new(query_of(text(""), Ident::new("x")))));
                *expr = binary(count, op, number(0));
            }
            ControlFlow::Continue(())
        });
    }
}

fn count_of_rows() -> Option<Expr> {
    let Expr::Function(mut count) = call("count", vec![]) else { return None };
    if let FunctionArguments::List(list) = &mut count.args {
        list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Wildcard));
    }
    Some(Expr::Function(count))
}

/// The column of a function in `from` is called as the function, or as its alias.
pub(super) fn name_function_columns(factor: &mut TableFactor) -> Result<(), SqlError> {
    let (name, alias) = match factor {
        TableFactor::Table { name, alias, args: Some(args), .. } => {
            let Some(function) = name.0.last().and_then(|part| part.as_ident()) else { return Ok(()) };
            let function = function.value.to_lowercase();
            if function != "generate_series" {
                return Ok(());
            }
            step_as_interval(&mut args.args);
            (function, alias)
        }
        TableFactor::UNNEST { alias, array_exprs, with_ordinality: false, .. } if array_exprs.len() == 1 => {
            ("unnest".to_owned(), alias)
        }
        TableFactor::UNNEST { with_ordinality: true, array_exprs, .. } => {
            return Err(SqlError::new(SqlErrorKind::Unsupported, "with ordinality is not supported")
                .with_hint("number the rows with row_number() over ()")
                .at(array_exprs.first().and_then(place)));
        }
        _ => return Ok(()),
    };
    let alias =
        alias.get_or_insert_with(|| TableAlias { explicit: true, name: Ident::new(name), columns: vec![], at: None });
    if alias.columns.is_empty() {
        alias.columns = vec![TableAliasColumnDef { name: alias.name.clone(), data_type: None }];
    }
    Ok(())
}

/// `generate_series(a, b, '1 day')`: the text is an interval.
fn step_as_interval(args: &mut [FunctionArg]) {
    if let [_, _, FunctionArg::Unnamed(FunctionArgExpr::Expr(step))] = args
        && let Some(written) = literal(step)
    {
        *step = Expr::Interval(Interval {
            value: Box::new(text(written)),
            leading_field: None,
            leading_precision: None,
            last_field: None,
            fractional_seconds_precision: None,
        });
    }
}

/// Functions in `from` that read columns of what stands before them (`from t, unnest(t.tags) as tag`)
/// and set functions that are no table functions become lateral subqueries over `unnest`.
pub(super) fn series_in_from(select: &mut Select) -> Result<(), SqlError> {
    for table in &mut select.from {
        lateral(&mut table.relation)?;
        for join in &mut table.joins {
            lateral(&mut join.relation)?;
        }
    }
    Ok(())
}

fn lateral(factor: &mut TableFactor) -> Result<(), SqlError> {
    let (name, array, alias) = match factor {
        TableFactor::Table { name, alias, args: Some(args), with_ordinality, .. } => {
            let Some(function) = name.0.last().and_then(|part| part.as_ident()) else { return Ok(()) };
            let function = function.value.to_lowercase();
            if !is_set(&function) {
                return Ok(());
            }
            refuse_ordinality(*with_ordinality, name)?;
            step_as_interval(&mut args.args);
            let Some(values) = arguments(&args.args) else { return Ok(()) };
            if function == "generate_series" && values.iter().all(|value| is_constant(value)) {
                return Ok(());
            }
            let values = values.into_iter().cloned().collect();
            (function.clone(), array_of_set(&function, values), alias.take())
        }
        TableFactor::Function { name, args, alias, with_ordinality, .. } => {
            let Some(function) = name.0.last().and_then(|part| part.as_ident()) else { return Ok(()) };
            let function = function.value.to_lowercase();
            refuse_ordinality(*with_ordinality, name)?;
            step_as_interval(args);
            let Some(values) = arguments(args) else { return Ok(()) };
            let values = values.into_iter().cloned().collect::<Vec<_>>();
            let array = match function.as_str() {
                "unnest" => values.into_iter().next().unwrap_or_else(|| text("")),
                set if is_set(set) => array_of_set(set, values),
                _ => return Ok(()),
            };
            (function, array, alias.take())
        }
        TableFactor::UNNEST { alias, array_exprs, with_ordinality: false, with_offset: false, .. }
            if array_exprs.len() == 1 && !is_constant(&array_exprs[0]) =>
        {
            ("unnest".to_owned(), take(&mut array_exprs[0]), alias.take())
        }
        _ => return Ok(()),
    };
    let mut alias =
        alias.unwrap_or_else(|| TableAlias { explicit: true, name: Ident::new(name), columns: vec![], at: None });
    let column = match alias.columns.as_slice() {
        [column] => column.name.clone(),
        _ => alias.name.clone(),
    };
    alias.columns.clear();
    *factor = TableFactor::Derived {
        lateral: true,
        subquery: Box::new(query_of(call("unnest", vec![array]), column)),
        alias: Some(alias),
        sample: None,
    };
    Ok(())
}

fn refuse_ordinality(asked: bool, name: &sqlparser::ast::ObjectName) -> Result<(), SqlError> {
    if !asked {
        return Ok(());
    }
    Err(SqlError::new(SqlErrorKind::Unsupported, "with ordinality is not supported")
        .with_hint("number the rows with row_number() over ()")
        .at(place(name)))
}

/// Whether no column is read.
fn is_constant(expr: &Expr) -> bool {
    struct Columns;
    impl Visitor for Columns {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Subquery(_) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
    }
    expr.visit(&mut Columns).is_continue()
}

/// `select expr as column`
fn query_of(expr: Expr, column: Ident) -> Query {
    let select = Select {
        select_token: AttachedToken::empty(),
        optimizer_hints: vec![],
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: vec![SelectItem::ExprWithAlias { expr, alias: column }],
        exclude: None,
        into: None,
        from: vec![],
        lateral_views: vec![],
        prewhere: None,
        selection: None,
        connect_by: vec![],
        group_by: GroupByExpr::Expressions(vec![], vec![]),
        cluster_by: vec![],
        distribute_by: vec![],
        sort_by: vec![],
        having: None,
        named_window: vec![],
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: SelectFlavor::Standard,
    };
    Query {
        with: None,
        body: Box::new(SetExpr::Select(Box::new(select))),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: vec![],
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: vec![],
    }
}
