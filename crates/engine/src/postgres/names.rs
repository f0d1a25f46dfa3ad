//! Names of output columns as PostgreSQL gives them: `sum(x)` is called `sum`, `x::date` is `x`,
//! `a + b` is `?column?`. A name that is there already gets a number behind it.

use std::collections::HashSet;

use sqlparser::ast::{CastKind, DataType, Expr, Ident, Select, SelectItem, SetExpr};

use super::build::{function_name, place};
use crate::{SqlError, SqlErrorKind};

/// `'a' 'b'` reads as a name for the first, which PostgreSQL does not allow: on two lines it is one text there.
pub(super) fn refuse_text_names(select: &Select) -> Result<(), SqlError> {
    for item in &select.projection {
        if let SelectItem::ExprWithAlias { alias, .. } = item
            && alias.quote_style == Some('\'')
        {
            let message = format!("'{}' stands where the name of a column would", alias.value);
            return Err(SqlError::new(SqlErrorKind::Syntax, message)
                .with_hint(format!("join texts with ||; a name stands in double quotes: as \"{}\"", alias.value))
                .at(place(item)));
        }
    }
    Ok(())
}

/// Gives every expression without a name in the select list the name that PostgreSQL would show.
pub(super) fn name_outputs(select: &mut Select) {
    let mut taken = HashSet::new();
    let mut repeated = Vec::with_capacity(select.projection.len());
    for item in &select.projection {
        let name = match item {
            SelectItem::UnnamedExpr(expr) => column_name(expr),
            SelectItem::ExprWithAlias { alias, .. } => Some(folded(alias)),
            _ => None,
        };
        repeated.push(name.is_some_and(|name| !taken.insert(name)));
    }
    for (item, repeated) in select.projection.iter_mut().zip(repeated) {
        let SelectItem::UnnamedExpr(expr) = item else { continue };
        if column_name(expr).is_some() && !repeated {
            continue;
        }
        let name = output_name(expr).unwrap_or_else(|| "?column?".to_owned());
        let mut unique = name.clone();
        let mut number = 1;
        while !taken.insert(unique.clone()) {
            unique = format!("{name}_{number}");
            number += 1;
        }
        let expr = super::build::take(expr);
        *item = SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', unique) };
    }
}

/// The name of an expression that is a column: DataFusion gives it the right name itself.
pub(super) fn column_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(ident) if !super::expression::is_niladic(ident) => Some(folded(ident)),
        Expr::CompoundIdentifier(parts) => parts.last().map(folded),
        _ => None,
    }
}

fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

/// Source: `FigureColname` of PostgreSQL.
fn output_name(expr: &Expr) -> Option<String> {
    let fixed = |name: &str| Some(name.to_owned());
    match expr {
        Expr::Identifier(ident) => Some(folded(ident)),
        Expr::CompoundIdentifier(parts) => parts.last().map(folded),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => output_name(inner),
        Expr::CompoundFieldAccess { root, .. } => output_name(root),
        Expr::Function(function) => match function_name(function) {
            Some(name) => Some(name),
            None => function.name.0.last().and_then(|part| part.as_ident()).map(folded),
        },
        Expr::Cast { kind: CastKind::TryCast | CastKind::SafeCast, expr, .. } => output_name(expr),
        Expr::Cast { expr, data_type, .. } => output_name(expr).or_else(|| Some(type_word(data_type))),
        Expr::TypedString(typed) => Some(type_word(&typed.data_type)),
        Expr::Interval(_) => fixed("interval"),
        Expr::Case { else_result, .. } => match else_result.as_deref() {
            Some(Expr::Identifier(ident)) => Some(folded(ident)),
            Some(Expr::CompoundIdentifier(parts)) => parts.last().map(folded),
            _ => fixed("case"),
        },
        Expr::Exists { .. } => fixed("exists"),
        Expr::Array(_) => fixed("array"),
        Expr::Extract { .. } => fixed("extract"),
        Expr::Substring { .. } => fixed("substring"),
        Expr::Position { .. } => fixed("position"),
        Expr::Overlay { .. } => fixed("overlay"),
        Expr::Ceil { .. } => fixed("ceil"),
        Expr::Floor { .. } => fixed("floor"),
        Expr::Trim { trim_where, .. } => fixed(match trim_where {
            Some(sqlparser::ast::TrimWhereField::Leading) => "ltrim",
            Some(sqlparser::ast::TrimWhereField::Trailing) => "rtrim",
            _ => "btrim",
        }),
        Expr::AtTimeZone { .. } => fixed("timezone"),
        Expr::Tuple(_) => fixed("row"),
        Expr::Subquery(query) => match query.body.as_ref() {
            SetExpr::Select(select) => match select.projection.first() {
                Some(SelectItem::UnnamedExpr(expr)) => output_name(expr),
                Some(SelectItem::ExprWithAlias { alias, .. }) => Some(folded(alias)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn type_word(data_type: &DataType) -> String {
    let text = data_type.to_string().to_lowercase();
    let word = text.split('(').next().unwrap_or(&text).trim();
    match word {
        "int" | "integer" => "int4",
        "bigint" => "int8",
        "smallint" => "int2",
        "double precision" | "float" | "double" => "float8",
        "real" => "float4",
        "boolean" => "bool",
        "decimal" => "numeric",
        "character varying" => "varchar",
        "char" | "character" => "bpchar",
        "timestamp with time zone" => "timestamptz",
        "timestamp without time zone" => "timestamp",
        other => other,
    }
    .to_owned()
}
