//! Arithmetic of moments and intervals as PostgreSQL does it: an interval is months, days and a time
//! of day apart; a month counts as 30 days and a day as 24 hours only when intervals are compared.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Builder, IntervalMonthDayNanoBuilder, PrimitiveArray};
use arrow::datatypes::{
    DataType, Date32Type, Float64Type, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit,
    TimestampMicrosecondType,
};
use arrow::error::ArrowError;
use chrono::{DateTime, Datelike, NaiveDateTime, Timelike};
use datafusion::common::{DataFusionError, Result};

use super::cast::timestamp;
use super::scalar::{Scalar, any, is_text, text_at, text_of};
use crate::planning::carried;
use crate::time::interval::parse;
use crate::{SqlError, SqlErrorKind};

const INTERVAL: DataType = DataType::Interval(IntervalUnit::MonthDayNano);
const DAY_NANOS: i64 = 86_400_000_000_000;
const DAY_MICROS: i64 = 86_400_000_000;
const MONTH_DAYS: i32 = 30;

/// Difference, age, multiples and comparison of intervals.
pub(super) fn all() -> Vec<Scalar> {
    vec![
        Scalar::new(
            "ade_between_moments",
            two_moments,
            |_| Ok(INTERVAL),
            |args, _| moments(args, |after, before| Some(days_and_time(after.checked_sub(before)?))),
        ),
        Scalar::new(
            "ade_days_later",
            date_and_days,
            |_| Ok(DataType::Date32),
            |args, _| days(args, |date, days| i64::from(date).checked_add(days)),
        ),
        Scalar::new(
            "ade_days_earlier",
            date_and_days,
            |_| Ok(DataType::Date32),
            |args, _| days(args, |date, days| i64::from(date).checked_sub(days)),
        ),
        Scalar::new(
            "ade_days_between",
            |_| Ok(vec![DataType::Date32; 2]),
            |_| Ok(DataType::Int64),
            |args, _| {
                let (after, before) = (args[0].as_primitive::<Date32Type>(), args[1].as_primitive::<Date32Type>());
                let days: PrimitiveArray<Int64Type> =
                    arrow::compute::binary(after, before, |after, before| i64::from(after) - i64::from(before))?;
                Ok(Arc::new(days))
            },
        ),
        Scalar::new(
            "age",
            moments_of_age,
            |_| Ok(INTERVAL),
            |args, _| moments(args, |after, before| age(at(after)?, at(before)?)),
        ),
        Scalar::new(
            "ade_interval_times",
            |_| Ok(vec![INTERVAL, DataType::Float64]),
            |_| Ok(INTERVAL),
            |args, _| scaled(args, |interval, factor| rescaled(interval, |part| part * factor)),
        ),
        Scalar::new(
            "ade_interval_over",
            |_| Ok(vec![INTERVAL, DataType::Float64]),
            |_| Ok(INTERVAL),
            |args, _| {
                scaled(args, |interval, factor| (factor != 0.0).then(|| rescaled(interval, |part| part / factor))?)
            },
        ),
        Scalar::new("ade_interval", any, |_| Ok(INTERVAL), to_interval),
        Scalar::new("ade_interval_size", |_| Ok(vec![INTERVAL]), |_| Ok(DataType::Decimal128(38, 0)), sizes),
        Scalar::new("justify_hours", |_| Ok(vec![INTERVAL]), |_| Ok(INTERVAL), |args, _| changed(args, justify_hours)),
        Scalar::new("justify_days", |_| Ok(vec![INTERVAL]), |_| Ok(INTERVAL), |args, _| changed(args, justify_days)),
        Scalar::new(
            "justify_interval",
            |_| Ok(vec![INTERVAL]),
            |_| Ok(INTERVAL),
            |args, _| changed(args, |interval| justify_signs(justify_days(justify_hours(interval)))),
        ),
    ]
}

fn date_and_days(_: &[DataType]) -> Result<Vec<DataType>> {
    Ok(vec![DataType::Date32, DataType::Int64])
}

fn days(args: &[ArrayRef], moved: fn(i32, i64) -> Option<i64>) -> Result<ArrayRef> {
    let (dates, days) = (args[0].as_primitive::<Date32Type>(), args[1].as_primitive::<Int64Type>());
    let result: PrimitiveArray<Date32Type> = arrow::compute::try_binary(dates, days, |date, days| {
        let moved = moved(date, days).and_then(|day| i32::try_from(day).ok());
        moved.ok_or_else(|| ArrowError::ComputeError("date out of range".to_owned()))
    })?;
    Ok(Arc::new(result))
}

fn two_moments(types: &[DataType]) -> Result<Vec<DataType>> {
    Ok(vec![timestamp(); types.len()])
}

fn moments_of_age(types: &[DataType]) -> Result<Vec<DataType>> {
    match types.len() {
        2 => two_moments(types),
        // `age(x)` has been written out as `age(current_date, x)`
        _ => any(types).and_then(|_| Err(DataFusionError::Plan("age takes one or two timestamps".to_owned()))),
    }
}

fn moments(args: &[ArrayRef], difference: fn(i64, i64) -> Option<IntervalMonthDayNano>) -> Result<ArrayRef> {
    let (after, before) =
        (args[0].as_primitive::<TimestampMicrosecondType>(), args[1].as_primitive::<TimestampMicrosecondType>());
    let mut builder = IntervalMonthDayNanoBuilder::with_capacity(after.len());
    for (after, before) in after.iter().zip(before) {
        match (after, before) {
            (Some(after), Some(before)) => builder.append_value(difference(after, before).ok_or_else(too_long)?),
            _ => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn too_long() -> DataFusionError {
    DataFusionError::Execution("interval out of range".to_owned())
}

fn days_and_time(micros: i64) -> IntervalMonthDayNano {
    let days = i32::try_from(micros / DAY_MICROS).unwrap_or(i32::MAX);
    IntervalMonthDayNano::new(0, days, micros % DAY_MICROS * 1_000)
}

fn at(micros: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(micros).map(|moment| moment.naive_utc())
}

/// Years, months, days and time between two moments, counted on the calendar.
/// Source: `timestamp_age` of PostgreSQL.
fn age(after: NaiveDateTime, before: NaiveDateTime) -> Option<IntervalMonthDayNano> {
    if after < before {
        let positive = age_forward(before, after)?;
        return Some(IntervalMonthDayNano::new(-positive.months, -positive.days, -positive.nanoseconds));
    }
    age_forward(after, before)
}

fn age_forward(after: NaiveDateTime, before: NaiveDateTime) -> Option<IntervalMonthDayNano> {
    let mut months = (after.year() - before.year()) * 12 + i32::try_from(after.month()).ok()?
        - i32::try_from(before.month()).ok()?;
    let mut days = i32::try_from(after.day()).ok()? - i32::try_from(before.day()).ok()?;
    let time = |moment: NaiveDateTime| {
        i64::from(moment.num_seconds_from_midnight()) * 1_000_000_000 + i64::from(moment.nanosecond())
    };
    let mut nanos = time(after) - time(before);
    if nanos < 0 {
        nanos += DAY_NANOS;
        days -= 1;
    }
    if days < 0 {
        // days of the month of the earlier moment
        let first = before.date().with_day(1)?;
        let next = first.checked_add_months(chrono::Months::new(1))?;
        days += i32::try_from((next - first).num_days()).ok()?;
        months -= 1;
    }
    Some(IntervalMonthDayNano::new(months, days, nanos))
}

fn scaled(args: &[ArrayRef], scale: fn(IntervalMonthDayNano, f64) -> Option<IntervalMonthDayNano>) -> Result<ArrayRef> {
    let (intervals, factors) =
        (args[0].as_primitive::<IntervalMonthDayNanoType>(), args[1].as_primitive::<Float64Type>());
    let mut builder = IntervalMonthDayNanoBuilder::with_capacity(intervals.len());
    for (interval, factor) in intervals.iter().zip(factors) {
        match (interval, factor) {
            (Some(interval), Some(factor)) => builder.append_value(scale(interval, factor).ok_or_else(too_long)?),
            _ => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// Parts of a month go to days, parts of a day to the time. Source: `interval_mul` and `interval_div` of PostgreSQL.
#[expect(clippy::cast_possible_truncation, reason = "out of range ends in None before")]
fn rescaled(interval: IntervalMonthDayNano, scale: impl Fn(f64) -> f64) -> Option<IntervalMonthDayNano> {
    let (months, days) = (scale(f64::from(interval.months)), scale(f64::from(interval.days)));
    if !months.is_finite() || months.abs() > f64::from(i32::MAX) || days.abs() > f64::from(i32::MAX) {
        return None;
    }
    let to_micros = |value: f64| (value * 1e6).round_ties_even() / 1e6;
    let month_rest = to_micros((months - months.trunc()) * f64::from(MONTH_DAYS));
    let mut whole_days = days.trunc();
    let mut seconds = to_micros((days - whole_days + month_rest - month_rest.trunc()) * 86_400.0);
    if seconds.abs() >= 86_400.0 {
        let more = (seconds / 86_400.0).trunc();
        whole_days += more;
        seconds -= more * 86_400.0;
    }
    whole_days += month_rest.trunc();
    #[expect(clippy::cast_precision_loss, reason = "PostgreSQL computes in double precision")]
    let micros = scale((interval.nanoseconds / 1_000) as f64) + seconds * 1e6;
    let nanos = micros.round_ties_even() * 1e3;
    if nanos.abs() >= 9.2e18 {
        return None;
    }
    Some(IntervalMonthDayNano::new(months.trunc() as i32, whole_days as i32, nanos as i64))
}

fn to_interval(args: &[ArrayRef], to: &DataType) -> Result<ArrayRef> {
    if !is_text(args[0].data_type()) {
        return Ok(arrow::compute::cast(&args[0], to)?);
    }
    let texts = text_of(&args[0])?;
    let mut builder = IntervalMonthDayNanoBuilder::with_capacity(texts.len());
    for row in 0..texts.len() {
        builder.append_option(match text_at(&texts, row) {
            None => None,
            Some(text) => Some(parse(text).ok_or_else(|| {
                carried(
                    SqlError::new(SqlErrorKind::Data, format!("\"{text}\" is no interval"))
                        .with_hint("write it like 1 year 2 months 3 days 04:05:06"),
                )
            })?),
        });
    }
    Ok(Arc::new(builder.finish()))
}

/// How long an interval is in nanoseconds, for comparisons. Source: `interval_cmp_value` of PostgreSQL.
fn sizes(args: &[ArrayRef], to: &DataType) -> Result<ArrayRef> {
    let intervals = args[0].as_primitive::<IntervalMonthDayNanoType>();
    let mut builder = Decimal128Builder::with_capacity(intervals.len()).with_data_type(to.clone());
    for interval in intervals {
        builder.append_option(interval.map(|interval| {
            let days = i128::from(interval.months) * i128::from(MONTH_DAYS) + i128::from(interval.days);
            days * i128::from(DAY_NANOS) + i128::from(interval.nanoseconds)
        }));
    }
    Ok(Arc::new(builder.finish()))
}

fn changed(args: &[ArrayRef], change: fn(IntervalMonthDayNano) -> IntervalMonthDayNano) -> Result<ArrayRef> {
    let intervals = args[0].as_primitive::<IntervalMonthDayNanoType>();
    Ok(Arc::new(intervals.unary::<_, IntervalMonthDayNanoType>(change)))
}

fn justify_hours(interval: IntervalMonthDayNano) -> IntervalMonthDayNano {
    let days = interval.days + i32::try_from(interval.nanoseconds / DAY_NANOS).unwrap_or(0);
    let nanos = interval.nanoseconds % DAY_NANOS;
    if days > 0 && nanos < 0 {
        IntervalMonthDayNano::new(interval.months, days - 1, nanos + DAY_NANOS)
    } else if days < 0 && nanos > 0 {
        IntervalMonthDayNano::new(interval.months, days + 1, nanos - DAY_NANOS)
    } else {
        IntervalMonthDayNano::new(interval.months, days, nanos)
    }
}

fn justify_days(interval: IntervalMonthDayNano) -> IntervalMonthDayNano {
    let months = interval.months + interval.days / MONTH_DAYS;
    let days = interval.days % MONTH_DAYS;
    if months > 0 && days < 0 {
        IntervalMonthDayNano::new(months - 1, days + MONTH_DAYS, interval.nanoseconds)
    } else if months < 0 && days > 0 {
        IntervalMonthDayNano::new(months + 1, days - MONTH_DAYS, interval.nanoseconds)
    } else {
        IntervalMonthDayNano::new(months, days, interval.nanoseconds)
    }
}

/// All parts with the sign of the whole.
fn justify_signs(interval: IntervalMonthDayNano) -> IntervalMonthDayNano {
    let mut days = i64::from(interval.months) * i64::from(MONTH_DAYS) + i64::from(interval.days);
    let mut nanos = interval.nanoseconds;
    if days > 0 && nanos < 0 {
        days -= 1;
        nanos += DAY_NANOS;
    } else if days < 0 && nanos > 0 {
        days += 1;
        nanos -= DAY_NANOS;
    }
    let narrow = |value: i64| i32::try_from(value).unwrap_or(i32::MAX);
    IntervalMonthDayNano::new(narrow(days / i64::from(MONTH_DAYS)), narrow(days % i64::from(MONTH_DAYS)), nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> NaiveDateTime {
        crate::time::parse::parse(text).expect("a date").local
    }

    #[test]
    fn age_counts_on_the_calendar() {
        let age = |after, before| age(moment(after), moment(before)).expect("in range");
        assert_eq!(age("2024-03-01", "2023-01-15"), IntervalMonthDayNano::new(13, 17, 0));
        assert_eq!(age("2024-02-29", "2023-02-28"), IntervalMonthDayNano::new(12, 1, 0));
        assert_eq!(age("2023-01-15", "2024-03-01"), IntervalMonthDayNano::new(-13, -17, 0));
    }
}
