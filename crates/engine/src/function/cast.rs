//! Casts where PostgreSQL's answer is not arrow's. `x::t` in SQL becomes one of these functions; where
//! the two agree for the type of `x`, the function is replaced by the plain cast, so that filters still
//! reach the scan.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, Date32Builder, StringViewBuilder, TimestampMicrosecondBuilder,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, TimeUnit};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Expr, ExprSchemable, cast};

use super::scalar::{Scalar, any, gives_text, is_text, text_at, text_of};
use crate::planning::carried;
use crate::sql_type::WIDE_NUMERIC;
use crate::time::parse;
use crate::time::zone::Zone;
use crate::{SqlError, SqlErrorKind, json, text};

const STRICT: CastOptions<'static> =
    CastOptions { safe: false, format_options: arrow::util::display::FormatOptions::new() };

/// Casts to text, integers, `numeric`, `date`, `timestamp`, `timestamptz`, `bytea`.
pub(super) fn all() -> Vec<Scalar> {
    vec![
        Scalar::new("ade_text", any, gives_text, to_text)
            .simplified(|args, info| plain(args, info, &DataType::Utf8View, |from| !text::differs_from_arrow(from))),
        Scalar::new("ade_whole", any, same, to_whole).simplified(|args, info| {
            let from = args[0].get_type(info.schema())?;
            Ok((!needs_rounding(&from) && !is_text(&from)).then(|| args[0].clone()))
        }),
        Scalar::new("ade_exact", any, same, |args, _| written_out(&args[0])).simplified(|args, info| {
            let from = args[0].get_type(info.schema())?;
            Ok((!is_text(&from)).then(|| args[0].clone()))
        }),
        Scalar::new("ade_numeric", any, numeric_of, |args, to| {
            Ok(cast_with_options(&written_out(&args[0])?, to, &STRICT)?)
        }),
        Scalar::new("ade_date", moment, |_| Ok(DataType::Date32), to_date)
            .simplified(|args, info| plain(args, info, &DataType::Date32, |from| !is_text(from))),
        Scalar::new("ade_timestamp", moment, |_| Ok(timestamp()), to_timestamp).simplified(|args, info| {
            plain(args, info, &timestamp(), |from| !is_text(from) && !matches!(from, DataType::Timestamp(_, Some(_))))
        }),
        Scalar::new("ade_timestamptz", moment, |_| Ok(timestamptz()), to_timestamptz)
            .simplified(|args, info| plain(args, info, &timestamptz(), |from| !is_text(from))),
        Scalar::new("ade_bytea", any, |_| Ok(DataType::Binary), to_bytea),
    ]
}

/// Microseconds without a zone.
pub(crate) fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, None)
}

/// Microseconds, an instant.
pub(crate) fn timestamptz() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// A cast of the only argument, when arrow's is right for its type.
fn plain(args: &[Expr], info: &SimplifyContext, to: &DataType, agrees: fn(&DataType) -> bool) -> Result<Option<Expr>> {
    let from = args[0].get_type(info.schema())?;
    if from == *to {
        return Ok(Some(args[0].clone()));
    }
    Ok(agrees(&from).then(|| cast(args[0].clone(), to.clone())))
}

/// Numbers are no dates, whatever unit they would be counted in.
fn moment(types: &[DataType]) -> Result<Vec<DataType>> {
    match &types[0] {
        number if number.is_numeric() || *number == DataType::Boolean => Err(carried(
            SqlError::new(
                SqlErrorKind::Invalid,
                format!("{} cannot be cast to a date or timestamp", crate::type_name(number)),
            )
            .with_hint("to_timestamp(x) reads seconds since 1970; date '1970-01-01' + x adds days"),
        )),
        _ => any(types),
    }
}

fn same(types: &[DataType]) -> Result<DataType> {
    Ok(types[0].clone())
}

fn to_text(args: &[ArrayRef], to: &DataType) -> Result<ArrayRef> {
    let array = &args[0];
    if !text::differs_from_arrow(array.data_type()) {
        return Ok(cast_with_options(array, to, &STRICT)?);
    }
    let mut builder = StringViewBuilder::with_capacity(array.len());
    let mut value = String::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            builder.append_null();
            continue;
        }
        value.clear();
        text::write_value(array.as_ref(), row, &mut value)?;
        builder.append_value(&value);
    }
    Ok(Arc::new(builder.finish()))
}

fn needs_rounding(data_type: &DataType) -> bool {
    match data_type {
        DataType::Float32 | DataType::Float64 => true,
        DataType::Decimal128(_, scale) => *scale > 0,
        _ => false,
    }
}

/// Rounded to a whole number, as a cast to an integer does before it narrows: floating point to the
/// even neighbour, decimals away from zero. Text loses the space around it.
fn to_whole(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let array = &args[0];
    Ok(match array.data_type() {
        DataType::Float64 => {
            Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(f64::round_ties_even))
        }
        DataType::Float32 => {
            Arc::new(array.as_primitive::<Float32Type>().unary::<_, Float32Type>(f32::round_ties_even))
        }
        DataType::Decimal128(precision, scale) if *scale > 0 => {
            let unit = 10_i128.pow(u32::from(scale.unsigned_abs()));
            let rounded = array.as_primitive::<Decimal128Type>().unary::<_, Decimal128Type>(|value| {
                let rest = value % unit;
                let whole = value - rest;
                if rest.abs() * 2 >= unit { whole + unit * value.signum() } else { whole }
            });
            Arc::new(rounded.with_precision_and_scale(*precision, *scale)?)
        }
        data_type if is_text(data_type) => {
            let texts = text_of(array)?;
            let mut builder = StringViewBuilder::with_capacity(texts.len());
            for row in 0..texts.len() {
                match text_at(&texts, row).map(str::trim) {
                    Some(number) if json::is_json(data_type) && number.contains('.') => {
                        builder.append_value(whole_number(number).unwrap_or_else(|| number.to_owned()));
                    }
                    other => builder.append_option(other),
                }
            }
            arrow::compute::cast(&(Arc::new(builder.finish()) as ArrayRef), data_type)?
        }
        _ => Arc::clone(array),
    })
}

/// A number of JSON, rounded half away from zero.
fn whole_number(written: &str) -> Option<String> {
    written.parse::<f64>().ok().map(|number| format!("{:.0}", number.round()))
}

/// Texts of numbers without exponents and without the space around them.
fn written_out(array: &ArrayRef) -> Result<ArrayRef> {
    if !is_text(array.data_type()) {
        return Ok(Arc::clone(array));
    }
    let texts = text_of(array)?;
    let mut builder = StringViewBuilder::with_capacity(texts.len());
    for row in 0..texts.len() {
        match text_at(&texts, row).map(str::trim) {
            Some(number) if number.contains(['e', 'E']) => {
                builder.append_value(json::plain_number(number).as_deref().unwrap_or(number));
            }
            other => builder.append_option(other),
        }
    }
    Ok(arrow::compute::cast(&(Arc::new(builder.finish()) as ArrayRef), array.data_type())?)
}

/// `numeric` without digits keeps what its input has.
fn numeric_of(types: &[DataType]) -> Result<DataType> {
    Ok(match &types[0] {
        DataType::Decimal128(..) | DataType::Decimal256(..) => types[0].clone(),
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32 => DataType::Decimal128(20, 0),
        _ => DataType::Decimal128(WIDE_NUMERIC.0, WIDE_NUMERIC.1),
    })
}

fn bad(text: &str, what: &str, example: &str) -> DataFusionError {
    carried(
        SqlError::new(SqlErrorKind::Data, format!("\"{text}\" is no {what}"))
            .with_hint(format!("write it like {example}, or read another form with to_timestamp(text, pattern)")),
    )
}

fn to_date(args: &[ArrayRef], to: &DataType) -> Result<ArrayRef> {
    let array = &args[0];
    if !is_text(array.data_type()) {
        return Ok(cast_with_options(array, to, &STRICT)?);
    }
    let texts = text_of(array)?;
    let mut builder = Date32Builder::with_capacity(texts.len());
    for row in 0..texts.len() {
        let Some(text) = text_at(&texts, row) else {
            builder.append_null();
            continue;
        };
        let parsed = parse::parse(text).ok_or_else(|| bad(text, "date", "2024-02-29"))?;
        builder.append_value(arrow::datatypes::Date32Type::from_naive_date(parsed.local.date()));
    }
    Ok(Arc::new(builder.finish()))
}

fn to_timestamp(args: &[ArrayRef], to: &DataType) -> Result<ArrayRef> {
    let array = &args[0];
    match array.data_type() {
        // the session's zone is UTC: what clocks show there
        DataType::Timestamp(unit, Some(_)) => {
            let utc = cast_with_options(array, &DataType::Timestamp(*unit, Some("UTC".into())), &STRICT)?;
            Ok(cast_with_options(&utc, to, &STRICT)?)
        }
        data_type if is_text(data_type) => from_texts(array, None, |parsed| parsed.local),
        _ => Ok(cast_with_options(array, to, &STRICT)?),
    }
}

fn to_timestamptz(args: &[ArrayRef], to: &DataType) -> Result<ArrayRef> {
    let array = &args[0];
    if !is_text(array.data_type()) {
        return Ok(cast_with_options(array, to, &STRICT)?);
    }
    from_texts(array, Some("UTC"), |parsed| parsed.zone.unwrap_or(Zone::Fixed(0)).to_utc(parsed.local))
}

fn from_texts(
    array: &ArrayRef,
    zone: Option<&str>,
    moment: fn(parse::DateTimeText) -> chrono::NaiveDateTime,
) -> Result<ArrayRef> {
    let texts = text_of(array)?;
    let mut builder = TimestampMicrosecondBuilder::with_capacity(texts.len());
    for row in 0..texts.len() {
        let Some(text) = text_at(&texts, row) else {
            builder.append_null();
            continue;
        };
        let parsed = parse::parse(text).ok_or_else(|| bad(text, "timestamp", "2024-02-29 12:34:56"))?;
        builder.append_value(moment(parsed).and_utc().timestamp_micros());
    }
    Ok(Arc::new(builder.finish().with_timezone_opt(zone)))
}

/// `\x` and hexadecimal digits, or the bytes of the text.
fn to_bytea(args: &[ArrayRef], to: &DataType) -> Result<ArrayRef> {
    if !is_text(args[0].data_type()) {
        return Ok(cast_with_options(&args[0], to, &STRICT)?);
    }
    let texts = text_of(&args[0])?;
    let mut builder = BinaryBuilder::with_capacity(texts.len(), texts.value_data().len());
    for row in 0..texts.len() {
        match text_at(&texts, row) {
            None => builder.append_null(),
            Some(text) => match text.strip_prefix("\\x") {
                None => builder.append_value(text.as_bytes()),
                Some(digits) => builder.append_value(hexadecimal(digits).ok_or_else(|| bad(text, "bytea", "\\x00ff"))?),
            },
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn hexadecimal(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.is_ascii() {
        return None;
    }
    (0..digits.len()).step_by(2).map(|start| u8::from_str_radix(&digits[start..start + 2], 16).ok()).collect()
}
