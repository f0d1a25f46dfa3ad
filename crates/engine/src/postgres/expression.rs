//! Expressions that DataFusion does not know, or understands otherwise.

use sqlparser::ast::{
    BinaryOperator, CastKind, CeilFloorKind, DataType, DateTimeField, Expr, FunctionArg, FunctionArgExpr,
    FunctionArguments, Ident, UnaryOperator, Value,
};

use super::build::{binary, call, function_name, literal, number, place, take, text};
use super::cast::{cast, exact_number, try_cast, without_blanks};
use super::{array_of_rows, call as calls, pattern, regex, relation};
use crate::function::MOST_IN_A_CONSTANT;
use crate::{SqlError, SqlErrorKind};

/// Marks scalar subqueries.
const SCALAR: &str = "ade_scalar";

/// The subquery inside of its mark.
fn unmarked(expr: &mut Expr) -> Option<Expr> {
    let Expr::Function(function) = expr else { return None };
    if function_name(function).as_deref() != Some(SCALAR) {
        return None;
    }
    let FunctionArguments::List(list) = &mut function.args else { return None };
    match list.args.pop() {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(subquery))) => Some(subquery),
        _ => None,
    }
}

/// Rewrites forms that are whole only before what is inside of them has been rewritten.
pub(super) fn rewrite_whole(expr: &mut Expr) -> Result<(), SqlError> {
    match expr {
        Expr::Function(function) => {
            if function_name(function).as_deref() == Some("generate_series")
                && let FunctionArguments::List(list) = &mut function.args
            {
                relation::step_as_interval(&mut list.args);
            }
            if let Some(rows) = array_of_rows::rewrite(function)? {
                *expr = rows;
            }
        }
        Expr::Like { any: true, pattern, .. } | Expr::ILike { any: true, pattern, .. } => {
            let written = match pattern.as_ref() {
                Expr::Nested(inner) => inner.as_ref(),
                other => other,
            };
            let Expr::Array(patterns) = written else {
                return Err(SqlError::new(SqlErrorKind::Unsupported, "like any needs its patterns in array[…]")
                    .with_hint("write them out, or use ~ with a|b|c")
                    .at(place(pattern.as_ref())));
            };
            let patterns = patterns.elem.clone();
            let one = |pattern: Expr| {
                let mut one = expr.clone();
                if let Expr::Like { any, pattern: inner, .. } | Expr::ILike { any, pattern: inner, .. } = &mut one {
                    *any = false;
                    **inner = pattern;
                }
                one
            };
            let either = patterns.into_iter().map(one).reduce(|left, right| Expr::BinaryOp {
                left: Box::new(left),
                op: BinaryOperator::Or,
                right: Box::new(right),
            });
            if let Some(either) = either {
                *expr = Expr::Nested(Box::new(either));
            }
        }
        Expr::InSubquery { expr: tuple, subquery, negated } if matches!(tuple.as_ref(), Expr::Tuple(_)) => {
            if let Expr::Tuple(values) = take(tuple) {
                *expr = relation::is_among(values, subquery, *negated);
            }
        }
        Expr::BinaryOp { left, op, right } if is_comparison(op) => {
            without_blanks(left, right);
            without_blanks(right, left);
            if let (Expr::Tuple(lefts), Expr::Tuple(rights)) = (left.as_ref(), right.as_ref())
                && lefts.len() == rights.len()
                && let Some(compared) = rows_compared(lefts, op, rights)
            {
                *expr = compared;
            }
        }
        Expr::Collate { expr: inner, collation } => {
            let name = collation.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.clone());
            match name.as_deref() {
                Some("C" | "POSIX" | "C.UTF-8" | "C.utf8" | "ucs_basic" | "default") => *expr = take(inner),
                _ => {
                    return Err(SqlError::new(
                        SqlErrorKind::Unsupported,
                        format!("collate {collation} is not supported"),
                    )
                    .with_hint(
                        "texts are compared by code point, as collate \"C\" does; compare lower(x) to pass over case",
                    )
                    .at(place(inner.as_ref())));
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn is_comparison(op: &BinaryOperator) -> bool {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq)
}

/// `(a, b) < (c, d)`: the first pair that differs decides.
fn rows_compared(lefts: &[Expr], op: &BinaryOperator, rights: &[Expr]) -> Option<Expr> {
    use BinaryOperator::{And, Eq, Gt, GtEq, Lt, LtEq, NotEq, Or};
    let mut pairs = lefts.iter().cloned().zip(rights.iter().cloned());
    let joined = match op {
        Eq => And,
        NotEq => Or,
        _ => {
            let strict = if matches!(op, Lt | LtEq) { Lt } else { Gt };
            let (left, right) = pairs.next_back()?;
            let last = binary(left, if matches!(op, LtEq | GtEq) { op.clone() } else { strict.clone() }, right);
            return Some(pairs.rev().fold(last, |rest, (left, right)| {
                let equal = binary(left.clone(), Eq, right.clone());
                binary(binary(left, strict.clone(), right), Or, binary(equal, And, rest))
            }));
        }
    };
    let compared = pairs.map(|(left, right)| binary(left, op.clone(), right));
    compared.reduce(|before, next| binary(before, joined.clone(), next))
}

/// Rewrites one expression; those inside it have been rewritten before.
pub(super) fn rewrite(expr: &mut Expr, schema: &str) -> Result<(), SqlError> {
    match expr {
        Expr::Cast { kind, expr: inner, data_type, format: None, .. } => {
            let (kind, inner, data_type) = (kind.clone(), take(inner), data_type.clone());
            *expr = match kind {
                CastKind::Cast | CastKind::DoubleColon => cast(inner, data_type)?,
                CastKind::TryCast | CastKind::SafeCast => try_cast(inner, data_type),
            };
        }
        Expr::TypedString(typed) => {
            let value = Expr::Value(typed.value.clone());
            if matches!(typed.data_type, DataType::Date | DataType::Timestamp(..) | DataType::Datetime(_)) {
                *expr = cast(value, typed.data_type.clone())?;
            }
        }
        Expr::Value(value) => {
            if let Value::SingleQuotedString(written) = &value.value
                && written.len() > MOST_IN_A_CONSTANT
            {
                let message = format!("a text in quotes may have at most {} kB", MOST_IN_A_CONSTANT / 1024);
                return Err(SqlError::new(SqlErrorKind::Limit, message)
                    .with_hint("land it: as a seed, or as a file of a connection")
                    .at(place(expr)));
            }
            if let Value::UnicodeStringLiteral(text) = &value.value {
                value.value = Value::SingleQuotedString(text.clone());
            }
            if let Value::Number(digits, _) = &value.value
                && let Some(plain) = without_exponent(digits)
            {
                *expr = exact_number(&plain);
            } else if let Value::Number(digits, _) = &value.value
                && digits.contains(['e', 'E'])
            {
                // more digits than an exact number has
                *expr = call("arrow_cast", vec![text(digits.clone()), text("Float64")]);
            }
        }
        Expr::SimilarTo { negated, expr: value, pattern: given, escape_char } => {
            let escape = escape_of(escape_char.as_ref().map(|escape| &escape.value)).unwrap_or('\\');
            let regex = match literal(given) {
                Some(given) => text(pattern::similar_to_regex(given, escape)),
                None => call("ade_similar_pattern", vec![take(given)]),
            };
            let op = if *negated { BinaryOperator::PGRegexNotMatch } else { BinaryOperator::PGRegexMatch };
            *expr = binary(take(value), op, regex);
        }
        Expr::Like { pattern: given, escape_char, .. } | Expr::ILike { pattern: given, escape_char, .. } => {
            if let Some(escape) = escape_of(escape_char.as_ref().map(|escape| &escape.value)).filter(|c| *c != '\\') {
                let Some(written) = literal(given) else {
                    return Err(SqlError::new(SqlErrorKind::Unsupported, "like … escape needs a pattern in quotes")
                        .with_hint("escape with a backslash, or use ~ with a regular expression")
                        .at(place(given.as_ref())));
                };
                **given = text(pattern::with_backslashes(written, escape));
                *escape_char = None;
            }
        }
        Expr::UnaryOp { op, expr: inner } => match op {
            UnaryOperator::PGSquareRoot => *expr = call("sqrt", vec![take(inner)]),
            UnaryOperator::PGCubeRoot => *expr = call("cbrt", vec![take(inner)]),
            UnaryOperator::PGAbs => *expr = call("abs", vec![take(inner)]),
            UnaryOperator::BitwiseNot => {
                let minus_one = Expr::Nested(Box::new(number(-1)));
                *expr = binary(take(inner), BinaryOperator::PGBitwiseXor, minus_one);
            }
            // a sign binds stronger than `^`
            UnaryOperator::Minus => {
                if let Expr::BinaryOp { left, op: BinaryOperator::PGExp, .. } = inner.as_mut() {
                    let base = take(left);
                    **left = Expr::Nested(Box::new(Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(base) }));
                    *expr = take(inner);
                } else if let Expr::Interval(interval) = inner.as_mut()
                    && let Some(written) = literal(&interval.value)
                {
                    let negated = written.split(' ').map(|word| match word.parse::<i64>() {
                        Ok(number) => (-number).to_string(),
                        Err(_) => word.to_owned(),
                    });
                    *interval.value = text(negated.collect::<Vec<_>>().join(" "));
                    *expr = take(inner);
                }
            }
            _ => {}
        },
        Expr::Array(array) => {
            // a function's arguments may be columns of an outer query, an array's may not
            *expr = call("make_array", std::mem::take(&mut array.elem));
        }
        Expr::Ceil { expr: inner, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
            *expr = call("ade_ceil", vec![take(inner)]);
        }
        Expr::Floor { expr: inner, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
            *expr = call("ade_floor", vec![take(inner)]);
        }
        Expr::AtTimeZone { timestamp, time_zone } => {
            *expr = call("timezone", vec![take(time_zone), take(timestamp)]);
        }
        Expr::Extract { field, expr: inner, .. } => {
            let field = field_name(field);
            *expr = calls::extract(&field, take(inner));
        }
        // substring(text from pattern)
        Expr::Substring { expr: value, substring_from: Some(from), substring_for: None, .. }
            if literal(from).is_some() =>
        {
            *expr = call("regexp_substr", vec![take(value), take(from)]);
        }
        Expr::BinaryOp {
            op:
                BinaryOperator::PGRegexMatch
                | BinaryOperator::PGRegexIMatch
                | BinaryOperator::PGRegexNotMatch
                | BinaryOperator::PGRegexNotIMatch,
            right,
            ..
        } => **right = regex::with_flags(take(right), ""),
        // a subquery without rows is NULL, whatever its column says
        Expr::Subquery(_) => *expr = call(SCALAR, vec![take(expr)]),
        Expr::AnyOp { right, .. } | Expr::AllOp { right, .. } => {
            if let Some(subquery) = unmarked(right) {
                **right = subquery;
            }
        }
        Expr::BinaryOp { left, op: BinaryOperator::PGStartsWith, right } => {
            *expr = call("starts_with", vec![take(left), take(right)]);
        }
        Expr::BinaryOp { left, op: BinaryOperator::PGOverlap, right } => {
            *expr = call("array_has_any", vec![take(left), take(right)]);
        }
        Expr::BinaryOp { left, op: BinaryOperator::Overlaps, .. } => {
            return Err(SqlError::new(SqlErrorKind::Unsupported, "overlaps is not supported")
                .with_hint("(a, b) overlaps (c, d) is a < d and c < b")
                .at(place(left.as_ref())));
        }
        Expr::Interval(interval) => {
            if let (Some(written), Some(leading), Some(last)) =
                (literal(&interval.value), &interval.leading_field, &interval.last_field)
            {
                let spelled = spell_range(written, leading, last).ok_or_else(|| {
                    SqlError::new(
                        SqlErrorKind::Unsupported,
                        format!("cannot read interval '{written}' {leading} to {last}"),
                    )
                    .with_hint("write it like interval '1 year 2 months 3 days 04:05:06'")
                    .at(place(interval.value.as_ref()))
                })?;
                *interval.value = text(spelled);
                interval.leading_field = None;
                interval.last_field = None;
            }
            if let (Some(written), None) = (literal(&interval.value), &interval.leading_field) {
                let spelled = spell_interval(written).ok_or_else(|| {
                    SqlError::new(SqlErrorKind::Invalid, format!("'{written}' is no interval"))
                        .with_hint("write it like interval '1 year 2 months 3 days 04:05:06'")
                        .at(place(interval.value.as_ref()))
                })?;
                *interval.value = text(spelled);
            }
        }
        Expr::Identifier(ident) if is_niladic(ident) => {
            *expr = match ident.value.to_lowercase().as_str() {
                "current_schema" => text(schema),
                "current_catalog" => text("ade"),
                name => call(name, vec![]),
            };
        }
        Expr::Function(function) => {
            if let Some(replacement) = calls::rewrite(function, schema)? {
                *expr = replacement;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Names that are calls without parentheses and that the parser takes for columns.
pub(super) fn is_niladic(ident: &Ident) -> bool {
    ident.quote_style.is_none()
        && matches!(ident.value.to_lowercase().as_str(), "localtimestamp" | "current_schema" | "current_catalog")
}

/// `1.5e3` is the exact number 1500, and `1e-2` is 0.01, when 38 digits can hold it.
fn without_exponent(digits: &str) -> Option<String> {
    let (mantissa, exponent) = digits.split_once(['e', 'E'])?;
    let exponent = exponent.parse::<i32>().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let point = i32::try_from(whole.len()).ok()? + exponent;
    if !(-37..=37).contains(&point) || all.len() > 37 {
        return None;
    }
    let length = i32::try_from(all.len()).ok()?;
    Some(if point <= 0 {
        format!("0.{}{all}", "0".repeat(usize::try_from(-point).ok()?))
    } else if point >= length {
        format!("{all}{}", "0".repeat(usize::try_from(point - length).ok()?))
    } else {
        let (whole, fraction) = all.split_at(usize::try_from(point).ok()?);
        format!("{whole}.{fraction}")
    })
}

fn escape_of(value: Option<&Value>) -> Option<char> {
    match value {
        Some(Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text)) => text.chars().next(),
        _ => None,
    }
}

/// `1-2 year to month` and `1 12:30:00 day to second` with their units spelled out.
fn spell_range(written: &str, leading: &DateTimeField, last: &DateTimeField) -> Option<String> {
    match (leading, last) {
        (DateTimeField::Year, DateTimeField::Month) => {
            let (sign, digits) = match written.trim().strip_prefix('-') {
                Some(digits) => ("-", digits),
                None => ("", written.trim()),
            };
            let (years, months) = digits.split_once('-').unwrap_or((digits, "0"));
            Some(format!("{sign}{years} years {sign}{months} months"))
        }
        (DateTimeField::Day, DateTimeField::Hour | DateTimeField::Minute | DateTimeField::Second) => {
            let (days, time) = written.trim().split_once(' ')?;
            Some(format!("{days} days {time}"))
        }
        (DateTimeField::Hour, DateTimeField::Minute | DateTimeField::Second) => Some(written.trim().to_owned()),
        _ => None,
    }
}

/// The interval in the form that DataFusion reads, whatever PostgreSQL's form was.
fn spell_interval(written: &str) -> Option<String> {
    let value = crate::time::interval::parse(written)?;
    Some(format!("{} months {} days {} nanoseconds", value.months, value.days, value.nanoseconds))
}

fn field_name(field: &DateTimeField) -> String {
    field.to_string().to_lowercase().trim_matches('\'').to_owned()
}
