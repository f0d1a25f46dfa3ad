//! Pieces of statements.

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident,
    ObjectName, Spanned, Value, ValueWithSpan,
};

use crate::SqlPosition;

/// `name(args…)`. The name carries the place of `at`, so that errors about the call point there.
pub(super) fn call(name: &str, args: Vec<Expr>) -> Expr {
    let span = args.first().map_or_else(sqlparser::tokenizer::Span::empty, Spanned::span);
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::with_span(span, name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect(),
            clauses: vec![],
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: vec![],
    })
}

/// `'text'`
pub(super) fn text(text: impl Into<String>) -> Expr {
    Expr::Value(ValueWithSpan::from(Value::SingleQuotedString(text.into())))
}

/// A number.
pub(super) fn number(value: i64) -> Expr {
    Expr::Value(ValueWithSpan::from(Value::Number(value.to_string(), false)))
}

/// `left op right` in parentheses.
pub(super) fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::Nested(Box::new(Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }))
}

/// The text of a literal.
pub(super) fn literal(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Some(text),
            Value::DollarQuotedString(text) => Some(&text.value),
            _ => None,
        },
        Expr::Nested(inner) => literal(inner),
        _ => None,
    }
}

/// What `expr` was, with NULL in its place.
pub(super) fn take(expr: &mut Expr) -> Expr {
    std::mem::replace(expr, Expr::Value(ValueWithSpan::from(Value::Null)))
}

/// The lower-case name of a function without a schema.
pub(super) fn function_name(function: &Function) -> Option<String> {
    let [part] = function.name.0.as_slice() else { return None };
    part.as_ident().map(|ident| ident.value.to_lowercase())
}

/// Plain arguments of a call; `None` when one is named or a star.
pub(super) fn arguments(args: &[FunctionArg]) -> Option<Vec<&Expr>> {
    args.iter()
        .map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        })
        .collect()
}

/// Where a piece of a statement stands. The text is not at hand: the offset is filled in by the caller.
pub(super) fn place(item: &impl Spanned) -> Option<SqlPosition> {
    let span = item.span();
    (span.start.line > 0).then(|| SqlPosition {
        offset: usize::MAX,
        length: 0,
        line: usize::try_from(span.start.line).unwrap_or(1),
        column: usize::try_from(span.start.column).unwrap_or(1),
    })
}
