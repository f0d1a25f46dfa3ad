//! Truncation of dates and timestamps, on whole days of the proleptic Gregorian calendar.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, AsArray},
    datatypes::{
        ArrowTimestampType, DataType, Date32Type, Date64Type, TimeUnit, TimestampMicrosecondType,
        TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    },
};

use super::{Failure, TruncateTo};

const MILLISECONDS_PER_DAY: i64 = 86_400_000;

/// Truncates an array of dates or timestamps; the type, with its time zone, stays.
pub(super) fn apply(array: &ArrayRef, unit: TruncateTo) -> Result<ArrayRef, Failure> {
    Ok(match array.data_type() {
        DataType::Date32 => {
            let day = |day: i32| i32::try_from(start_of(i64::from(day), unit)).unwrap_or(i32::MIN);
            Arc::new(array.as_primitive::<Date32Type>().unary::<_, Date32Type>(day))
        }
        DataType::Date64 => {
            let day = |at: i64| instant(at, MILLISECONDS_PER_DAY, unit);
            Arc::new(array.as_primitive::<Date64Type>().unary::<_, Date64Type>(day))
        }
        DataType::Timestamp(TimeUnit::Second, _) => timestamps::<TimestampSecondType>(array, 86_400, unit),
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            timestamps::<TimestampMillisecondType>(array, MILLISECONDS_PER_DAY, unit)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            timestamps::<TimestampMicrosecondType>(array, 1_000 * MILLISECONDS_PER_DAY, unit)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            timestamps::<TimestampNanosecondType>(array, 1_000_000 * MILLISECONDS_PER_DAY, unit)
        }
        _ => return Err(Failure::Arrow),
    })
}

fn timestamps<T: ArrowTimestampType>(array: &ArrayRef, per_day: i64, unit: TruncateTo) -> ArrayRef {
    let times = array.as_primitive::<T>();
    let zone = match array.data_type() {
        DataType::Timestamp(_, zone) => zone.clone(),
        _ => None,
    };
    let truncated = times.unary::<_, T>(|at| instant(at, per_day, unit));
    Arc::new(truncated.with_timezone_opt(zone))
}

/// The beginning of the unit; clamped to the earliest instant that the type holds.
fn instant(at: i64, per_day: i64, unit: TruncateTo) -> i64 {
    if unit == TruncateTo::Hour {
        return at.div_euclid(per_day / 24).saturating_mul(per_day / 24);
    }
    start_of(at.div_euclid(per_day), unit).saturating_mul(per_day)
}

/// The first day of the unit that a day lies in; days are counted from 1970-01-01.
pub(super) fn start_of(day: i64, unit: TruncateTo) -> i64 {
    match unit {
        TruncateTo::Day | TruncateTo::Hour => return day,
        // Day 0 was a Thursday: three days after a Monday.
        TruncateTo::Week => return day - (day + 3).rem_euclid(7),
        TruncateTo::Year | TruncateTo::Quarter | TruncateTo::Month => {}
    }
    let (year, month) = year_and_month(day);
    let month = match unit {
        TruncateTo::Year => 1,
        TruncateTo::Quarter => (month - 1) / 3 * 3 + 1,
        _ => month,
    };
    days_from_civil(year, month, 1)
}

/// Days from 1970-01-01 to a date. Howard Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`.
pub(super) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year and month of a day counted from 1970-01-01; the inverse, `civil_from_days` of the same source.
pub(super) fn year_and_month(day: i64) -> (i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let day_of_era = day.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree_over_centuries() {
        assert_eq!(days_from_civil(1970, 1, 1), 0);
        assert_eq!(days_from_civil(2000, 3, 1), 11_017);
        assert_eq!(days_from_civil(1969, 12, 31), -1);
        for day in (-800_000..800_000).step_by(17) {
            let (year, month) = year_and_month(day);
            let first = days_from_civil(year, month, 1);
            let next = if month == 12 { days_from_civil(year + 1, 1, 1) } else { days_from_civil(year, month + 1, 1) };
            assert!((first..next).contains(&day), "{day} lies in {year}-{month}");
        }
    }

    #[test]
    fn units_begin_where_people_expect() {
        let day = days_from_civil(2024, 8, 15);
        for (unit, expected) in [
            (TruncateTo::Year, (2024, 1, 1)),
            (TruncateTo::Quarter, (2024, 7, 1)),
            (TruncateTo::Month, (2024, 8, 1)),
            (TruncateTo::Week, (2024, 8, 12)),
            (TruncateTo::Day, (2024, 8, 15)),
        ] {
            assert_eq!(start_of(day, unit), days_from_civil(expected.0, expected.1, expected.2), "{unit:?}");
        }
        assert_eq!(instant(-1, 86_400, TruncateTo::Hour), -3_600);
        assert_eq!(instant(i64::MIN, 86_400_000_000_000, TruncateTo::Year), i64::MIN);
    }
}
