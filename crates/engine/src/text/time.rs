//! Dates, times and timestamps as text: ISO with a space, no trailing zeros in the fraction.

use std::fmt::Write as _;

use arrow::array::timezone::Tz;
use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow::error::ArrowError;
use chrono::{DateTime, Datelike, Days, NaiveDate, Offset, TimeZone};

const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(1970, 1, 1).expect("a day");

/// The instant in `row` in microseconds since 1970; finer digits are cut.
pub(crate) fn micros(array: &dyn Array, unit: TimeUnit, row: usize) -> i64 {
    match unit {
        TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value(row).saturating_mul(1_000_000),
        TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value(row).saturating_mul(1_000),
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(row),
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value(row).div_euclid(1_000),
    }
}

/// The time of day in `row` in microseconds since midnight.
pub(super) fn time_micros(array: &dyn Array, row: usize) -> u64 {
    let value = match array.data_type() {
        DataType::Time32(TimeUnit::Second) => {
            i64::from(array.as_primitive::<Time32SecondType>().value(row)) * 1_000_000
        }
        DataType::Time32(_) => i64::from(array.as_primitive::<Time32MillisecondType>().value(row)) * 1_000,
        DataType::Time64(TimeUnit::Nanosecond) => array.as_primitive::<Time64NanosecondType>().value(row) / 1_000,
        _ => array.as_primitive::<Time64MicrosecondType>().value(row),
    };
    value.unsigned_abs()
}

pub(super) fn write_date(days: i64, out: &mut String) {
    let date = match u64::try_from(days) {
        Ok(days) => EPOCH.checked_add_days(Days::new(days)),
        Err(_) => EPOCH.checked_sub_days(Days::new(days.unsigned_abs())),
    };
    match date {
        Some(date) => write_day(date, out),
        None => out.push_str("infinity"),
    }
}

fn write_day(date: NaiveDate, out: &mut String) {
    // years before the common era: there is no year 0, 1 BC comes before 1
    let (year, era) = if date.year() > 0 { (date.year(), "") } else { (1 - date.year(), " BC") };
    let _ = write!(out, "{year:04}-{:02}-{:02}{era}", date.month(), date.day());
}

pub(super) fn write_time(micros: u64, out: &mut String) {
    let seconds = micros / 1_000_000;
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    write_fraction(micros % 1_000_000, out);
}

pub(super) fn write_fraction(micros: u64, out: &mut String) {
    if micros > 0 {
        let digits = format!("{micros:06}");
        let _ = write!(out, ".{}", digits.trim_end_matches('0'));
    }
}

pub(super) fn write_timestamp(micros: i64, zone: Option<&str>, out: &mut String) -> Result<(), ArrowError> {
    let Some(instant) = DateTime::from_timestamp_micros(micros) else {
        out.push_str(if micros < 0 { "-infinity" } else { "infinity" });
        return Ok(());
    };
    let (local, offset_seconds) = match zone {
        None => (instant.naive_utc(), None),
        Some(zone) => {
            let zone: Tz = zone.parse()?;
            let offset = zone.offset_from_utc_datetime(&instant.naive_utc()).fix();
            (instant.with_timezone(&zone).naive_local(), Some(offset.local_minus_utc()))
        }
    };
    write_day(local.date(), out);
    out.push(' ');
    let time = local.time();
    let seconds = u64::from(chrono::Timelike::num_seconds_from_midnight(&time));
    let fraction = u64::from(chrono::Timelike::nanosecond(&time)) / 1_000;
    write_time(seconds * 1_000_000 + fraction, out);
    if let Some(offset) = offset_seconds {
        let sign = if offset < 0 { '-' } else { '+' };
        let minutes = offset.unsigned_abs() / 60;
        let _ = write!(out, "{sign}{:02}", minutes / 60);
        if minutes % 60 != 0 {
            let _ = write!(out, ":{:02}", minutes % 60);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timestamp(micros: i64, zone: Option<&str>) -> String {
        let mut out = String::new();
        write_timestamp(micros, zone, &mut out).expect("a known zone");
        out
    }

    #[test]
    fn as_postgresql_prints_times() {
        assert_eq!(timestamp(0, None), "1970-01-01 00:00:00");
        assert_eq!(timestamp(-1, None), "1969-12-31 23:59:59.999999");
        assert_eq!(timestamp(1_709_210_096_500_000, Some("UTC")), "2024-02-29 12:34:56.5+00");
        assert_eq!(timestamp(1_709_210_096_000_000, Some("+05:30")), "2024-02-29 18:04:56+05:30");
    }

    #[test]
    fn as_postgresql_prints_days() {
        for (days, text) in [(0, "1970-01-01"), (-1, "1969-12-31"), (19_782, "2024-02-29"), (-719_163, "0001-12-31 BC")]
        {
            let mut out = String::new();
            write_date(days, &mut out);
            assert_eq!(out, text);
        }
    }
}
