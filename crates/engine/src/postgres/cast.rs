//! Casts: which values they take, and what PostgreSQL makes of them.

use sqlparser::ast::{
    ArrayElemTypeDef, BinaryOperator, CastKind, CharacterLength, DataType, ExactNumberInfo, Expr, TimezoneInfo,
    UnaryOperator, Value,
};

use super::build::{binary, call, literal, number, place, text};
use crate::json::plain_number;
use crate::sql_type::arrow_type;
use crate::type_planner::as_view;
use crate::{SqlError, SqlErrorKind};

/// A numeric with the digits of `plain`: `1e6` is one, not an integer.
pub(super) fn exact_number(plain: &str) -> Expr {
    let digits = plain.trim_start_matches('-');
    let value = Expr::Value(Value::Number(digits.to_owned(), false).into());
    let value = if plain.contains('.') {
        value
    } else {
        let precision = u64::try_from(digits.len()).unwrap_or(38);
        plain_cast(value, DataType::Numeric(ExactNumberInfo::PrecisionAndScale(precision, 0)), CastKind::Cast)
    };
    if digits.len() == plain.len() {
        return value;
    }
    Expr::Nested(Box::new(Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(value) }))
}

/// `inner` as a value of `data_type`, as PostgreSQL makes it.
pub(super) fn cast(inner: Expr, data_type: DataType) -> Result<Expr, SqlError> {
    // names of days are no constants
    if let (DataType::Date | DataType::Timestamp(..), Some(word)) = (&data_type, literal(&inner)) {
        let day = |days: i64| binary(call("current_date", vec![]), BinaryOperator::Plus, number(days));
        let moved = match word.trim().to_ascii_lowercase().as_str() {
            "now" => Some(call("now", vec![])),
            "today" => Some(day(0)),
            "tomorrow" => Some(day(1)),
            "yesterday" => Some(day(-1)),
            _ => None,
        };
        if let Some(moved) = moved {
            return cast(moved, data_type);
        }
    }
    let is_number = matches!(&inner, Expr::Value(value) if matches!(value.value, Value::Number(..)));
    Ok(match &data_type {
        DataType::Text | DataType::String(_) => call("ade_text", vec![inner]),
        DataType::JSON => call("ade_json", vec![inner]),
        DataType::JSONB => call("ade_jsonb", vec![inner]),
        DataType::Uuid => call("lower", vec![call("ade_text", vec![inner])]),
        // blanks at the end of a char(n) are no part of its value
        DataType::Char(length) | DataType::Character(length) => {
            let length = match length {
                Some(CharacterLength::IntegerLength { length, .. }) => i64::try_from(*length).unwrap_or(i64::MAX),
                _ => 1,
            };
            call("rtrim", vec![call("left", vec![call("ade_text", vec![inner]), number(length)])])
        }
        DataType::Varchar(length) | DataType::CharacterVarying(length) | DataType::CharVarying(length) => {
            let value = call("ade_text", vec![inner]);
            match length {
                Some(CharacterLength::IntegerLength { length, .. }) => {
                    call("left", vec![value, number(i64::try_from(*length).unwrap_or(i64::MAX))])
                }
                _ => value,
            }
        }
        DataType::SmallInt(_)
        | DataType::Int2(_)
        | DataType::Int(_)
        | DataType::Integer(_)
        | DataType::Int4(_)
        | DataType::BigInt(_)
        | DataType::Int8(_)
        | DataType::TinyInt(_)
            if !is_number || matches!(&inner, Expr::Value(value) if value.to_string().contains(['.', 'e', 'E'])) =>
        {
            named_cast("arrow_cast", call("ade_whole", vec![inner]), data_type)
        }
        DataType::Numeric(ExactNumberInfo::None) | DataType::Decimal(ExactNumberInfo::None) => {
            match literal(&inner).and_then(|written| plain_number(written.trim())) {
                Some(plain) if plain.len() < 38 => exact_number(&plain),
                _ => call("ade_numeric", vec![inner]),
            }
        }
        DataType::Numeric(_) | DataType::Decimal(_) if !is_number => {
            named_cast("arrow_cast", call("ade_exact", vec![inner]), data_type)
        }
        DataType::Array(ArrayElemTypeDef::SquareBracket(element, _))
            if literal(&inner).is_some_and(|text| text.contains(|c| !matches!(c, '{' | '}' | ' '))) =>
        {
            let elements = literal(&inner).and_then(array_elements).ok_or_else(|| {
                SqlError::new(SqlErrorKind::Invalid, "this text is no array of one dimension")
                    .with_hint("write array[…], or string_to_array(text, ',')")
                    .at(place(&inner))
            })?;
            let element = element.as_ref().clone();
            let cast_element = |value: Option<String>| match value {
                Some(value) => cast(text(value), element.clone()),
                None => Ok(Expr::Value(Value::Null.into())),
            };
            call("make_array", elements.into_iter().map(cast_element).collect::<Result<_, _>>()?)
        }
        DataType::Date => call("ade_date", vec![inner]),
        DataType::Timestamp(Some(digits), _) if *digits != 6 => {
            return Err(SqlError::new(
                SqlErrorKind::Unsupported,
                format!("timestamps have 6 digits of a second, not {digits}"),
            )
            .with_hint("cut them with date_trunc('second', …) or date_trunc('milliseconds', …)")
            .at(place(&inner)));
        }
        DataType::Timestamp(_, TimezoneInfo::Tz | TimezoneInfo::WithTimeZone) => call("ade_timestamptz", vec![inner]),
        DataType::Timestamp(..) | DataType::Datetime(_) => call("ade_timestamp", vec![inner]),
        DataType::Bytea => call("ade_bytea", vec![inner]),
        DataType::Interval { .. } => call("ade_interval", vec![inner]),
        _ if is_number => plain_cast(inner, data_type, CastKind::Cast),
        _ => named_cast("arrow_cast", inner, data_type),
    })
}

/// Blanks at the end of `other`, a literal, do not count where it is compared with `expr`, when that is a char(n).
pub(super) fn without_blanks(expr: &Expr, other: &mut Expr) {
    let mut compared = expr;
    while let Expr::Nested(inner) = compared {
        compared = inner;
    }
    if let Expr::Cast { data_type: DataType::Char(_) | DataType::Character(_), .. } = compared
        && let Some(written) = literal(other)
    {
        *other = text(written.trim_end_matches(' '));
    }
}

/// A cast that DataFusion makes as PostgreSQL does.
pub(super) fn plain_cast(inner: Expr, data_type: DataType, kind: CastKind) -> Expr {
    Expr::Cast { kind, expr: Box::new(inner), data_type, array: false, format: None }
}

/// The elements of `{a,"b c",NULL}`; `None` when it is no array of one dimension.
fn array_elements(written: &str) -> Option<Vec<Option<String>>> {
    let mut chars = written.trim().strip_prefix('{')?.strip_suffix('}')?.chars();
    let mut elements = Vec::new();
    loop {
        let (mut element, mut quoted) = (String::new(), false);
        let mut in_quotes = false;
        loop {
            match chars.next() {
                Some('"') => (in_quotes, quoted) = (!in_quotes, true),
                Some('\\') => element.push(chars.next()?),
                Some('{' | '}') if !in_quotes => return None,
                Some(',') if !in_quotes => break,
                Some(c) => element.push(c),
                None if in_quotes => return None,
                None => {
                    elements.push(finished(element, quoted));
                    return Some(elements);
                }
            }
        }
        elements.push(finished(element, quoted));
    }
}

fn finished(element: String, quoted: bool) -> Option<String> {
    if quoted {
        return Some(element);
    }
    let element = element.trim();
    (!element.eq_ignore_ascii_case("null")).then(|| element.to_owned())
}

/// A cast whose type is part of its name. DataFusion calls `sum(x::real)` and `sum(x::numeric)` both `sum(x)`,
/// and refuses two columns of one name.
fn named_cast(function: &str, inner: Expr, data_type: DataType) -> Expr {
    match arrow_type(&data_type) {
        Ok(arrow) => call(function, vec![inner, text(as_view(arrow).to_string())]),
        Err(_) if function == "arrow_try_cast" => plain_cast(inner, data_type, CastKind::TryCast),
        Err(_) => plain_cast(inner, data_type, CastKind::Cast),
    }
}

/// The same as [`cast`], NULL where that is an error.
pub(super) fn try_cast(inner: Expr, data_type: DataType) -> Expr {
    match data_type {
        DataType::JSON => call("ade_try_json", vec![inner]),
        DataType::JSONB => call("ade_try_jsonb", vec![inner]),
        _ => named_cast("arrow_try_cast", inner, data_type),
    }
}
