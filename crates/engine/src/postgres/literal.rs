//! Texts in quotes whose type the other operand says: `d >= '2024-01-01'`, `ts + '1 day'`, `flag = 'true'`.
//! Source: PostgreSQL 15, chapters 10.2 and 10.5, where a literal without a type takes the other's.

use arrow::datatypes::{DataType, IntervalUnit};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Expr, lit};

use crate::json::{is_json, plain_number};
use crate::planning::carried;
use crate::time::{interval, parse};
use crate::{SqlError, SqlErrorKind, type_name};

/// The text of a literal without a type. Casts to text are calls, so that they are none.
pub(crate) fn untyped(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(ScalarValue::Utf8(Some(text)), _) => Some(text),
        _ => None,
    }
}

/// `text` as a value of `data_type`; `None` where the engine's own conversion is right.
pub(crate) fn typed(text: &str, data_type: &DataType) -> Result<Option<Expr>> {
    let trimmed = text.trim();
    let value = match data_type {
        DataType::Boolean => boolean(trimmed).map(|value| ScalarValue::Boolean(Some(value))),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            trimmed.parse::<i64>().ok().map(|value| ScalarValue::Int64(Some(value)))
        }
        DataType::Decimal128(..) | DataType::Decimal256(..) => decimal(trimmed),
        DataType::Float32 | DataType::Float64 => {
            trimmed.parse::<f64>().ok().map(|value| ScalarValue::Float64(Some(value)))
        }
        DataType::Date32 => parse::parse(text)
            .map(|read| ScalarValue::Date32(Some(arrow::datatypes::Date32Type::from_naive_date(read.local.date())))),
        DataType::Timestamp(_, None) => parse::parse(text)
            .map(|read| ScalarValue::TimestampMicrosecond(Some(read.local.and_utc().timestamp_micros()), None)),
        DataType::Timestamp(_, Some(_)) => parse::parse(text).map(|read| {
            let utc = read.zone.unwrap_or(crate::time::zone::Zone::Fixed(0)).to_utc(read.local);
            ScalarValue::TimestampMicrosecond(Some(utc.and_utc().timestamp_micros()), Some("UTC".into()))
        }),
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            interval::parse(text).map(|value| ScalarValue::IntervalMonthDayNano(Some(value)))
        }
        data_type if is_json(data_type) => {
            crate::json::Json::try_parse(text).ok().map(|value| ScalarValue::LargeUtf8(Some(value.sorted().written())))
        }
        _ => return Ok(None),
    };
    value.map(|value| Some(lit(value))).ok_or_else(|| {
        let name = if is_json(data_type) { "jsonb".to_owned() } else { type_name(data_type) };
        let name = name.split('(').next().unwrap_or(&name);
        carried(
            SqlError::new(SqlErrorKind::Invalid, format!("'{text}' is no {name}, the type of what it stands beside"))
                .with_hint("write a value of that type, or cast the other side to text: ::text"),
        )
    })
}

/// Source: PostgreSQL 15, `parse_bool`: words may be cut short.
fn boolean(text: &str) -> Option<bool> {
    let text = text.to_ascii_lowercase();
    match text.as_str() {
        "" | "o" => None,
        "on" | "1" => Some(true),
        "of" | "off" | "0" => Some(false),
        _ if "true".starts_with(&text) || "yes".starts_with(&text) => Some(true),
        _ if "false".starts_with(&text) || "no".starts_with(&text) => Some(false),
        _ => None,
    }
}

/// With the digits that are written.
fn decimal(text: &str) -> Option<ScalarValue> {
    let plain = plain_number(text.strip_prefix('+').unwrap_or(text))?;
    let scale = plain.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let digits = plain.chars().filter(|c| *c != '.').collect::<String>().parse::<i128>().ok()?;
    let precision = digits.unsigned_abs().checked_ilog10().map_or(1, |log| log as usize + 1).max(scale).max(1);
    if precision > 38 {
        return None;
    }
    Some(ScalarValue::Decimal128(Some(digits), u8::try_from(precision).ok()?, i8::try_from(scale).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truth_values_may_be_cut_short() {
        for (text, value) in [("t", Some(true)), ("No", Some(false)), ("on", Some(true)), ("o", None), ("2", None)] {
            assert_eq!(boolean(text), value, "{text}");
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(decimal("1.50"), Some(ScalarValue::Decimal128(Some(150), 3, 2)));
        assert_eq!(decimal("-0.05"), Some(ScalarValue::Decimal128(Some(-5), 2, 2)));
        assert_eq!(decimal("1e3"), Some(ScalarValue::Decimal128(Some(1000), 4, 0)));
        assert_eq!(decimal("x"), None);
    }
}
