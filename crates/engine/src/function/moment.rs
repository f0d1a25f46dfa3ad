//! Functions of moments: parts, truncation, time zones, text in patterns.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Builder, Float64Builder, Int64Builder, StringViewBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{
    DataType, Date32Type, Float64Type, Int64Type, IntervalMonthDayNanoType, IntervalUnit, TimestampMicrosecondType,
};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike};
use datafusion::common::{DataFusionError, Result};

use super::cast::{timestamp, timestamptz};
use super::scalar::{Scalar, gives_text, text_at, text_of};
use crate::planning::carried;
use crate::time::pattern::{self, Part};
use crate::time::zone::Zone;
use crate::time::{read, write};
use crate::{SqlError, SqlErrorKind, function};

/// `to_char`, `to_date`, `to_timestamp`, `timezone`, seconds with fractions, long truncations, `make_timestamp`.
pub(super) fn all() -> Vec<Scalar> {
    vec![
        Scalar::new("to_char", coerce_to_char, gives_text, to_char),
        Scalar::new("to_date", super::scalar::all_text, |_| Ok(DataType::Date32), to_date),
        Scalar::new("to_timestamp", coerce_to_timestamp, |_| Ok(timestamptz()), to_timestamp),
        Scalar::new(
            "timezone",
            coerce_zone,
            |types| Ok(if types[1] == timestamp() { timestamptz() } else { timestamp() }),
            in_zone,
        ),
        Scalar::new(
            "ade_seconds",
            |types| Ok(vec![moment_or_interval(&types[0]), DataType::Float64]),
            |_| Ok(DataType::Float64),
            seconds,
        ),
        Scalar::new("ade_epoch", |types| Ok(vec![moment_or_interval(&types[0])]), |_| Ok(DataType::Float64), epoch),
        Scalar::new("ade_century", |_| Ok(vec![timestamp(), DataType::Int64]), |_| Ok(DataType::Int64), century),
        Scalar::new("make_timestamp", coerce_make, |_| Ok(timestamp()), make_timestamp),
    ]
}

fn keep_zone(data_type: &DataType) -> DataType {
    if matches!(data_type, DataType::Timestamp(_, Some(_))) { timestamptz() } else { timestamp() }
}

fn wrong(message: impl Into<String>, hint: &str) -> DataFusionError {
    carried(SqlError::new(SqlErrorKind::Data, message).with_hint(hint))
}

fn at(micros: i64) -> Result<NaiveDateTime> {
    DateTime::from_timestamp_micros(micros)
        .map(|moment| moment.naive_utc())
        .ok_or_else(|| DataFusionError::Execution("timestamp out of range".to_owned()))
}

/// The last pattern that was read: it is the same one in nearly all rows.
#[derive(Default)]
struct Patterns {
    text: String,
    parts: Vec<Part>,
}

impl Patterns {
    fn get(&mut self, text: &str) -> &[Part] {
        if self.text != text || self.parts.is_empty() {
            text.clone_into(&mut self.text);
            self.parts = pattern::parse(text);
        }
        &self.parts
    }
}

fn coerce_to_char(types: &[DataType]) -> Result<Vec<DataType>> {
    let [value, _] = types else {
        return Err(DataFusionError::Plan("to_char takes a value and a pattern".to_owned()));
    };
    let value = match value {
        DataType::Date32 | DataType::Date64 => timestamp(),
        DataType::Timestamp(..) => keep_zone(value),
        value if value.is_numeric() => function::number::exact_or_float(value),
        other => {
            return Err(carried(
                SqlError::new(
                    SqlErrorKind::Unsupported,
                    format!("to_char cannot format a value of type {}", crate::type_name(other)),
                )
                .with_hint("it takes numbers, dates and timestamps: cast the value to one of them"),
            ));
        }
    };
    Ok(vec![value, DataType::Utf8])
}

fn to_char(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    if !matches!(args[0].data_type(), DataType::Timestamp(..)) {
        return function::number::to_char(args);
    }
    let in_utc = *args[0].data_type() == timestamptz();
    let (moments, texts) = (args[0].as_primitive::<TimestampMicrosecondType>(), text_of(&args[1])?);
    let mut patterns = Patterns::default();
    let mut builder = StringViewBuilder::with_capacity(moments.len());
    let mut value = String::new();
    for row in 0..moments.len() {
        match (moments.is_null(row), text_at(&texts, row)) {
            (false, Some(pattern)) => {
                value.clear();
                write::write(patterns.get(pattern), at(moments.value(row))?, in_utc, &mut value);
                builder.append_value(&value);
            }
            _ => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn read_rows(args: &[ArrayRef], mut put: impl FnMut(Option<NaiveDateTime>)) -> Result<()> {
    let [texts, patterns] = args else {
        return Err(DataFusionError::Plan("write to_date(text, pattern), or text::date".to_owned()));
    };
    let (texts, given) = (text_of(texts)?, text_of(patterns)?);
    let mut patterns = Patterns::default();
    for row in 0..texts.len() {
        put(match (text_at(&texts, row), text_at(&given, row)) {
            (Some(text), Some(pattern)) => {
                let read = read::read(patterns.get(pattern), text);
                Some(read.map_err(|message| wrong(message, "the pattern must say what the text has, part by part"))?)
            }
            _ => None,
        });
    }
    Ok(())
}

fn to_date(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let mut builder = Date32Builder::with_capacity(args[0].len());
    read_rows(args, |moment| builder.append_option(moment.map(|moment| Date32Type::from_naive_date(moment.date()))))?;
    Ok(Arc::new(builder.finish()))
}

fn coerce_to_timestamp(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [value] if value.is_numeric() => Ok(vec![DataType::Float64]),
        [_] => Ok(vec![DataType::Utf8]),
        [_, _] => Ok(vec![DataType::Utf8; 2]),
        _ => Err(DataFusionError::Plan("to_timestamp takes seconds since 1970, or a text and a pattern".to_owned())),
    }
}

fn to_timestamp(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let mut builder = TimestampMicrosecondBuilder::with_capacity(args[0].len());
    match args {
        [seconds] if *seconds.data_type() == DataType::Float64 => {
            for value in seconds.as_primitive::<Float64Type>() {
                let micros = value.map(|seconds| (seconds * 1e6).round());
                if micros.is_some_and(|micros| micros.is_nan() || micros.abs() > 9e18) {
                    return Err(DataFusionError::Execution("timestamp out of range".to_owned()));
                }
                #[expect(clippy::cast_possible_truncation, reason = "checked above")]
                builder.append_option(micros.map(|micros| micros as i64));
            }
        }
        [texts] => {
            let texts = text_of(texts)?;
            for row in 0..texts.len() {
                let Some(text) = text_at(&texts, row) else {
                    builder.append_null();
                    continue;
                };
                let parsed = crate::time::parse::parse(text)
                    .ok_or_else(|| wrong(format!("\"{text}\" is no timestamp"), "write to_timestamp(text, pattern)"))?;
                let zone = parsed.zone.unwrap_or(Zone::Fixed(0));
                builder.append_value(zone.to_utc(parsed.local).and_utc().timestamp_micros());
            }
        }
        _ => read_rows(args, |moment| builder.append_option(moment.map(|moment| moment.and_utc().timestamp_micros())))?,
    }
    Ok(Arc::new(builder.finish().with_timezone("UTC")))
}

fn coerce_zone(types: &[DataType]) -> Result<Vec<DataType>> {
    let [_, moment] = types else {
        return Err(DataFusionError::Plan("timezone takes a zone and a timestamp".to_owned()));
    };
    Ok(vec![DataType::Utf8, keep_zone(moment)])
}

/// `x at time zone z`: what clocks in `z` show at an instant, or the instant at which they show `x`.
fn in_zone(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let to_instant = *args[1].data_type() == timestamp();
    let (zones, moments) = (text_of(&args[0])?, args[1].as_primitive::<TimestampMicrosecondType>());
    let mut builder = TimestampMicrosecondBuilder::with_capacity(moments.len());
    let mut last: Option<(String, Zone)> = None;
    for row in 0..moments.len() {
        let (false, Some(name)) = (moments.is_null(row), text_at(&zones, row)) else {
            builder.append_null();
            continue;
        };
        let zone = match &last {
            Some((known, zone)) if known == name => *zone,
            _ => {
                let zone = Zone::named(name)
                    .ok_or_else(|| wrong(format!("there is no time zone \"{name}\""), "write it like Europe/Berlin"))?;
                last = Some((name.to_owned(), zone));
                zone
            }
        };
        let moment = at(moments.value(row))?;
        let moved = if to_instant { zone.to_utc(moment) } else { zone.to_local(moment) };
        builder.append_value(moved.and_utc().timestamp_micros());
    }
    Ok(Arc::new(builder.finish().with_timezone_opt(to_instant.then_some("UTC"))))
}

fn moment_or_interval(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Interval(_) | DataType::Duration(_) => DataType::Interval(IntervalUnit::MonthDayNano),
        _ => timestamp(),
    }
}

/// Seconds since 1970, or seconds of an interval with months of 30 days and years of 365.25.
#[expect(clippy::cast_precision_loss, reason = "microseconds of dates that occur fit in double precision")]
fn epoch(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let mut builder = Float64Builder::with_capacity(args[0].len());
    if matches!(args[0].data_type(), DataType::Interval(_)) {
        for value in args[0].as_primitive::<IntervalMonthDayNanoType>() {
            builder.append_option(value.map(|value| {
                let years = f64::from(value.months / 12) * 365.25 * 86_400.0;
                let days = f64::from(value.months % 12) * 30.0 + f64::from(value.days);
                years + days * 86_400.0 + (value.nanoseconds / 1_000) as f64 / 1e6
            }));
        }
    } else {
        for moment in args[0].as_primitive::<TimestampMicrosecondType>() {
            builder.append_option(moment.map(|moment| moment as f64 / 1e6));
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// Which decade (10), century (100) or millennium (1000) a moment is in.
fn century(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let (moments, years) = (args[0].as_primitive::<TimestampMicrosecondType>(), args[1].as_primitive::<Int64Type>());
    let mut builder = Int64Builder::with_capacity(moments.len());
    for (moment, length) in moments.iter().zip(years) {
        let (Some(moment), Some(length)) = (moment, length) else {
            builder.append_null();
            continue;
        };
        let year = i64::from(at(moment)?.year());
        builder.append_value(if length == 10 { year.div_euclid(10) } else { (year - 1).div_euclid(length) + 1 });
    }
    Ok(Arc::new(builder.finish()))
}

/// Seconds of the minute with their fraction, times a factor.
fn seconds(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    if matches!(args[0].data_type(), DataType::Interval(_)) {
        let (intervals, factors) =
            (args[0].as_primitive::<IntervalMonthDayNanoType>(), args[1].as_primitive::<Float64Type>());
        let mut builder = Float64Builder::with_capacity(intervals.len());
        for (interval, factor) in intervals.iter().zip(factors) {
            builder.append_option(interval.zip(factor).map(|(interval, factor)| {
                let micros = i32::try_from(interval.nanoseconds / 1_000 % 60_000_000).unwrap_or(0);
                f64::from(micros) * factor / 1e6
            }));
        }
        return Ok(Arc::new(builder.finish()));
    }
    let (moments, factors) =
        (args[0].as_primitive::<TimestampMicrosecondType>(), args[1].as_primitive::<Float64Type>());
    let mut builder = Float64Builder::with_capacity(moments.len());
    for (moment, factor) in moments.iter().zip(factors) {
        builder.append_option(match (moment, factor) {
            (Some(moment), Some(factor)) => {
                let micros = i32::try_from(moment.rem_euclid(60_000_000)).unwrap_or(0);
                Some(f64::from(micros) * factor / 1e6)
            }
            _ => None,
        });
    }
    Ok(Arc::new(builder.finish()))
}

fn coerce_make(types: &[DataType]) -> Result<Vec<DataType>> {
    if types.len() != 6 {
        return Err(DataFusionError::Plan(
            "make_timestamp takes year, month, day, hour, minute and seconds".to_owned(),
        ));
    }
    Ok(vec![DataType::Float64; 6])
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "chrono checks the ranges of the parts")]
fn make_timestamp(args: &[ArrayRef], _: &DataType) -> Result<ArrayRef> {
    let parts = args.iter().map(AsArray::as_primitive::<Float64Type>).collect::<Vec<_>>();
    let mut builder = TimestampMicrosecondBuilder::with_capacity(args[0].len());
    for row in 0..args[0].len() {
        if parts.iter().any(|part| part.is_null(row)) {
            builder.append_null();
            continue;
        }
        let part = |index: usize| parts[index].value(row);
        let moment = NaiveDate::from_ymd_opt(part(0) as i32, part(1) as u32, part(2) as u32)
            .and_then(|date| date.and_hms_opt(part(3) as u32, part(4) as u32, 0))
            .filter(|_| (0.0..=60.0).contains(&part(5)))
            .ok_or_else(|| {
                wrong("make_timestamp: there is no such date or time", "check the ranges of its arguments")
            })?;
        let micros = (part(5) * 1e6).round() as i64;
        debug_assert_eq!(moment.second(), 0);
        builder.append_value(moment.and_utc().timestamp_micros() + micros);
    }
    Ok(Arc::new(builder.finish()))
}
