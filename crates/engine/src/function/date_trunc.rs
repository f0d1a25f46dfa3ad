//! `date_trunc` in microseconds. DataFusion's goes through nanoseconds, which end in 2262, and
//! 9999-12-31 is a common "for ever".

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, TimestampMicrosecondBuilder};
use arrow::datatypes::{DataType, TimestampMicrosecondType};
use chrono::{DateTime, Datelike, Days, NaiveDate};
use datafusion::common::{DataFusionError, Result};

use super::cast::{timestamp, timestamptz};
use super::scalar::{Scalar, is_text, text_at, text_of};
use crate::planning::carried;
use crate::suggest::closest;
use crate::{SqlError, SqlErrorKind, type_name};

/// Units in the order of their length.
const UNITS: [&str; 13] = [
    "microsecond",
    "millisecond",
    "second",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "quarter",
    "year",
    "decade",
    "century",
    "millennium",
];

/// The function.
pub(super) fn all() -> Vec<Scalar> {
    vec![Scalar::new("date_trunc", coerce, |types| Ok(types[1].clone()), truncate)]
}

fn coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    let [_, moment] = types else {
        return Err(DataFusionError::Plan("date_trunc takes a unit and a timestamp".to_owned()));
    };
    let moment = match moment {
        DataType::Timestamp(_, Some(_)) => timestamptz(),
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 | DataType::Null => timestamp(),
        text if is_text(text) => timestamp(),
        other => {
            return Err(carried(
                SqlError::new(
                    SqlErrorKind::Invalid,
                    format!("date_trunc takes a date or timestamp, not {}", type_name(other)),
                )
                .with_hint("cast it: ::timestamp"),
            ));
        }
    };
    Ok(vec![DataType::Utf8, moment])
}

fn truncate(args: &[ArrayRef], to: &DataType) -> Result<ArrayRef> {
    let (units, moments) = (text_of(&args[0])?, args[1].as_primitive::<TimestampMicrosecondType>());
    let mut builder = TimestampMicrosecondBuilder::with_capacity(moments.len());
    let mut last: Option<(&str, &str)> = None;
    for row in 0..moments.len() {
        let (Some(written), false) = (text_at(&units, row), moments.is_null(row)) else {
            builder.append_null();
            continue;
        };
        let unit = match last {
            Some((known, unit)) if known == written => unit,
            _ => {
                let unit = unit_of(written)?;
                last = Some((written, unit));
                unit
            }
        };
        let truncated = start_of(unit, moments.value(row));
        builder.append_value(truncated.ok_or_else(|| DataFusionError::Execution("timestamp out of range".to_owned()))?);
    }
    let zone = if *to == timestamptz() { Some("UTC") } else { None };
    Ok(Arc::new(builder.finish().with_timezone_opt(zone)))
}

fn unit_of(written: &str) -> Result<&'static str> {
    let lower = written.to_lowercase();
    let singular = match lower.as_str() {
        "centuries" => "century",
        "millennia" => "millennium",
        other => other.trim_end_matches('s'),
    };
    UNITS.into_iter().find(|unit| *unit == singular).ok_or_else(|| {
        let error = SqlError::new(SqlErrorKind::Invalid, format!("date_trunc knows no unit \"{written}\""));
        carried(match closest(singular, UNITS) {
            Some(near) => error.with_hint(format!("did you mean {near}?")),
            None => error.with_hint(format!("units: {}", UNITS.join(", "))),
        })
    })
}

fn start_of(unit: &str, micros: i64) -> Option<i64> {
    let length = match unit {
        "microsecond" => return Some(micros),
        "millisecond" => 1_000,
        "second" => 1_000_000,
        "minute" => 60_000_000,
        "hour" => 3_600_000_000,
        "day" => 86_400_000_000,
        _ => 0,
    };
    if length > 0 {
        return Some(micros - micros.rem_euclid(length));
    }
    let date = DateTime::from_timestamp_micros(micros)?.date_naive();
    let year = date.year();
    let first_of = |year: i32| NaiveDate::from_ymd_opt(year, 1, 1);
    // centuries begin with the year 1, decades with the year 0
    let long = |years: i32| first_of((year - 1).div_euclid(years) * years + 1);
    let start = match unit {
        "week" => date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday())))?,
        "month" => date.with_day(1)?,
        "quarter" => NaiveDate::from_ymd_opt(year, date.month0() / 3 * 3 + 1, 1)?,
        "year" => first_of(year)?,
        "decade" => first_of(year.div_euclid(10) * 10)?,
        "century" => long(100)?,
        _ => long(1_000)?,
    };
    Some(start.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros())
}
