//! Values as PostgreSQL writes them: for printed cells and for casts to text.

mod float;
mod interval;
mod time;

use std::fmt::Write as _;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Float16Type, Float32Type, Float64Type, IntervalMonthDayNanoType, TimeUnit,
};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// Appends the value in `row` of `array` to `out` as PostgreSQL's text output does: `t` and `f` are
/// spelled `true` and `false` as in a cast; NULL appends nothing.
pub(crate) fn write_value(array: &dyn Array, row: usize, out: &mut String) -> Result<(), ArrowError> {
    if is_null(array, row) {
        return Ok(());
    }
    match array.data_type() {
        DataType::Utf8 => out.push_str(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => out.push_str(array.as_string::<i64>().value(row)),
        DataType::Utf8View => out.push_str(array.as_string_view().value(row)),
        DataType::Float16 => float::write_f32(array.as_primitive::<Float16Type>().value(row).to_f32(), out),
        DataType::Float32 => float::write_f32(array.as_primitive::<Float32Type>().value(row), out),
        DataType::Float64 => float::write_f64(array.as_primitive::<Float64Type>().value(row), out),
        DataType::Date32 => time::write_date(i64::from(array.as_primitive::<Date32Type>().value(row)), out),
        DataType::Date64 => {
            time::write_date(array.as_primitive::<Date64Type>().value(row).div_euclid(86_400_000), out);
        }
        DataType::Timestamp(unit, zone) => {
            time::write_timestamp(time::micros(array, *unit, row), zone.as_deref(), out)?;
        }
        DataType::Time32(_) | DataType::Time64(_) => time::write_time(time::time_micros(array, row), out),
        DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano) => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            interval::write_interval(value.months, value.days, value.nanoseconds, out);
        }
        DataType::Interval(_) | DataType::Duration(_) => {
            let wide = arrow::compute::cast(
                &array.slice(row, 1),
                &DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano),
            )?;
            let value = wide.as_primitive::<IntervalMonthDayNanoType>().value(0);
            interval::write_interval(value.months, value.days, value.nanoseconds, out);
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            let wide = arrow::compute::cast(&array.slice(row, 1), &DataType::LargeBinary)?;
            out.push_str("\\x");
            for byte in wide.as_binary::<i64>().value(0) {
                let _ = write!(out, "{byte:02x}");
            }
        }
        DataType::List(_) => write_list(array.as_list::<i32>().value(row).as_ref(), out)?,
        DataType::LargeList(_) => write_list(array.as_list::<i64>().value(row).as_ref(), out)?,
        DataType::FixedSizeList(..) => write_list(array.as_fixed_size_list().value(row).as_ref(), out)?,
        DataType::Dictionary(_, values) => {
            let plain = arrow::compute::cast(&array.slice(row, 1), values)?;
            write_value(plain.as_ref(), 0, out)?;
        }
        _ => {
            let options = FormatOptions::default();
            let _ = write!(out, "{}", ArrayFormatter::try_new(array, &options)?.value(row));
        }
    }
    Ok(())
}

/// Whether the value is NULL, also in an array whose type is.
pub(crate) fn is_null(array: &dyn Array, row: usize) -> bool {
    array.is_null(row) || *array.data_type() == DataType::Null
}

/// `{a,"b c",NULL}`
fn write_list(values: &dyn Array, out: &mut String) -> Result<(), ArrowError> {
    out.push('{');
    let mut text = String::new();
    for row in 0..values.len() {
        if row > 0 {
            out.push(',');
        }
        if values.is_null(row) {
            out.push_str("NULL");
            continue;
        }
        if matches!(values.data_type(), DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..)) {
            write_value(values, row, out)?;
            continue;
        }
        if *values.data_type() == DataType::Boolean {
            out.push(if values.as_boolean().value(row) { 't' } else { 'f' });
            continue;
        }
        text.clear();
        write_value(values, row, &mut text)?;
        let quoted = text.is_empty()
            || text.eq_ignore_ascii_case("null")
            || text.contains(|c: char| c.is_whitespace() || matches!(c, '{' | '}' | ',' | '"' | '\\'));
        if quoted {
            let _ = write!(out, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        } else {
            out.push_str(&text);
        }
    }
    out.push('}');
    Ok(())
}

/// Whether the cast of `data_type` to text that arrow does is not PostgreSQL's.
pub(crate) fn differs_from_arrow(data_type: &DataType) -> bool {
    match data_type {
        DataType::Float16
        | DataType::Float32
        | DataType::Float64
        | DataType::Timestamp(
            TimeUnit::Second | TimeUnit::Millisecond | TimeUnit::Microsecond | TimeUnit::Nanosecond,
            _,
        )
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Interval(_)
        | DataType::Duration(_)
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_)
        | DataType::List(_)
        | DataType::LargeList(_)
        | DataType::FixedSizeList(..) => true,
        DataType::Dictionary(_, values) => differs_from_arrow(values),
        _ => false,
    }
}
