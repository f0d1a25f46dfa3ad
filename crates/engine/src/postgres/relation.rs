//! What stands in `from`, and how many rows are kept.

use std::ops::ControlFlow;

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, DataType, Expr, FunctionArg, FunctionArgExpr, GroupByExpr, Ident, Interval,
    LimitClause, Query, Select, SelectFlavor, SelectItem, SetExpr, TableAlias, TableAliasColumnDef, TableFactor,
    TableWithJoins, Value, ValueWithSpan, Visit, Visitor,
};

use super::build::{binary, literal, number, take, text};
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

/// Texts in quotes in `values` take the type that another row of their column was given.
pub(super) fn type_values(query: &mut Query) {
    let SetExpr::Values(values) = query.body.as_mut() else { return };
    let width = values.rows.first().map_or(0, |row| row.len());
    for column in 0..width {
        let given = values.rows.iter().filter_map(|row| row.get(column)).find_map(given_type);
        let Some(data_type) = given else { continue };
        for row in &mut values.rows {
            if let Some(expr) = row.get_mut(column).filter(|expr| literal(expr).is_some()) {
                *expr = cast_to(take(expr), data_type.clone());
            }
        }
    }
}

/// `(a, b) in (select x, y …)` as `exists (select … where x = a and y = b)`, which is NULL when the condition of one of
/// the rows is NULL, and true of none.
pub(super) fn is_among(values: Vec<Expr>, subquery: &Query, negated: bool) -> Expr {
    let rows = Ident::new("rows_of_subquery");
    let names = (1..=values.len()).map(|number| Ident::new(format!("column_{number}"))).collect::<Vec<_>>();
    let equal = values.into_iter().zip(&names).map(|(value, name)| {
        binary(Expr::CompoundIdentifier(vec![rows.clone(), name.clone()]), BinaryOperator::Eq, value)
    });
    let condition = equal.reduce(|left, right| binary(left, BinaryOperator::And, right));
    let columns = names.into_iter().map(|name| TableAliasColumnDef { name, data_type: None }).collect();
    let alias = TableAlias { explicit: true, name: rows, columns, at: None };
    let relation =
        TableFactor::Derived { lateral: false, subquery: Box::new(subquery.clone()), alias: Some(alias), sample: None };
    let exists = |condition: Option<Expr>| {
        let mut exists = query_of([(number(1), Ident::new("one"))]);
        if let SetExpr::Select(select) = exists.body.as_mut() {
            select.from = vec![TableWithJoins { relation: relation.clone(), joins: vec![] }];
            select.selection = condition;
        }
        Expr::Exists { subquery: Box::new(exists), negated: false }
    };
    let unknown = condition.clone().map(|condition| Expr::IsNull(Box::new(condition)));
    let constant = |value: Value| Expr::Value(ValueWithSpan::from(value));
    let branch = |condition: Expr, result: Value| CaseWhen { condition, result: constant(result) };
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![branch(exists(condition), Value::Boolean(!negated)), branch(exists(unknown), Value::Null)],
        else_result: Some(Box::new(constant(Value::Boolean(negated)))),
    }
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
        _ => return Ok(()),
    };
    let alias =
        alias.get_or_insert_with(|| TableAlias { explicit: true, name: Ident::new(name), columns: vec![], at: None });
    if alias.columns.is_empty() {
        alias.columns = vec![TableAliasColumnDef { name: alias.name.clone(), data_type: None }];
    }
    Ok(())
}

/// `generate_series(a, b, '1 day')`: the text is an interval, and an end in quotes has the type of the other.
pub(super) fn step_as_interval(args: &mut [FunctionArg]) {
    let given = args.iter().take(2).find_map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => given_type(expr),
        _ => None,
    });
    for arg in args.iter_mut().take(2) {
        if let (FunctionArg::Unnamed(FunctionArgExpr::Expr(end)), Some(data_type)) = (arg, &given)
            && literal(end).is_some()
        {
            *end = cast_to(take(end), data_type.clone());
        }
    }
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

/// The type that an expression is cast to.
fn given_type(expr: &Expr) -> Option<DataType> {
    match expr {
        Expr::Cast { data_type, .. } => Some(data_type.clone()),
        Expr::TypedString(typed) => Some(typed.data_type.clone()),
        _ => None,
    }
}

fn cast_to(expr: Expr, data_type: DataType) -> Expr {
    Expr::Cast { kind: CastKind::Cast, expr: Box::new(expr), data_type, array: false, format: None }
}

/// Whether no column is read.
pub(super) fn is_constant(expr: &Expr) -> bool {
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

/// `select expr as column, …`
pub(super) fn query_of(columns: impl IntoIterator<Item = (Expr, Ident)>) -> Query {
    let select = Select {
        select_token: AttachedToken::empty(),
        optimizer_hints: vec![],
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: columns.into_iter().map(|(expr, alias)| SelectItem::ExprWithAlias { expr, alias }).collect(),
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
