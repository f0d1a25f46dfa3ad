//! `to_char` of a date or timestamp.

use std::fmt::Write as _;

use chrono::{Datelike, NaiveDateTime, Timelike};

use super::pattern::{Field, Part};
use super::{DAYS, MONTHS};

const ROMAN: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

/// Days from the Julian day 0 to 0001-01-01, less one.
const JULIAN_BEFORE_COMMON_ERA: i32 = 1_721_425;

/// Appends `moment` in the given pattern. `in_utc` says whether it has a zone, which then is UTC.
pub(crate) fn write(parts: &[Part], moment: NaiveDateTime, in_utc: bool, out: &mut String) {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Field { field, written, fill, ordinal } => {
                let start = out.len();
                write_field(*field, written, *fill, moment, in_utc, out);
                if let Some(style) = ordinal {
                    let suffix = ordinal_of(&out[start..]);
                    out.push_str(&if *style == "TH" { suffix.to_uppercase() } else { suffix.to_owned() });
                }
            }
        }
    }
}

fn write_field(field: Field, written: &str, fill: bool, moment: NaiveDateTime, in_utc: bool, out: &mut String) {
    let mut number = |value: i64, width: usize| {
        let width = if fill { 1 } else { width };
        let _ = write!(out, "{value:0width$}");
    };
    let year = i64::from(moment.year());
    let shown_year = if year > 0 { year } else { 1 - year };
    let iso = moment.iso_week();
    let day_of_year = i64::from(moment.ordinal());
    match field {
        Field::Hour24 => number(i64::from(moment.hour()), 2),
        Field::Hour12 => number(i64::from(moment.hour12().1), 2),
        Field::Minute => number(i64::from(moment.minute()), 2),
        Field::Second => number(i64::from(moment.second()), 2),
        Field::Millisecond => number(i64::from(moment.nanosecond() / 1_000_000), 3),
        Field::Microsecond => number(i64::from(moment.nanosecond() / 1_000), 6),
        Field::Fraction(digits) => {
            let micros = i64::from(moment.nanosecond() / 1_000);
            let _ = write!(out, "{:0digits$}", micros / 10_i64.pow(u32::try_from(6 - digits).unwrap_or(0)));
        }
        Field::SecondOfDay => number(i64::from(moment.num_seconds_from_midnight()), 1),
        Field::HalfDay => {
            let half = match (moment.hour() < 12, written.contains('.')) {
                (true, false) => "am",
                (false, false) => "pm",
                (true, true) => "a.m.",
                (false, true) => "p.m.",
            };
            out.push_str(&in_case(half, written));
        }
        Field::YearWithComma => {
            let _ = write!(out, "{},{:03}", shown_year / 1000, shown_year % 1000);
        }
        Field::Year(4) => number(shown_year, 4),
        Field::Year(digits) => number(shown_year % 10_i64.pow(u32::try_from(digits).unwrap_or(0)), digits),
        Field::IsoYear(4) => number(i64::from(iso.year()), 4),
        Field::IsoYear(digits) => {
            number(i64::from(iso.year()) % 10_i64.pow(u32::try_from(digits).unwrap_or(0)), digits);
        }
        Field::Era => {
            let era = match (year > 0, written.contains('.')) {
                (true, false) => "ad",
                (false, false) => "bc",
                (true, true) => "a.d.",
                (false, true) => "b.c.",
            };
            out.push_str(&in_case(era, written));
        }
        Field::MonthName => name(MONTHS[moment.month0() as usize], written, fill, 9, out),
        Field::MonthShort => name(&MONTHS[moment.month0() as usize][..3], written, true, 3, out),
        Field::Month => number(i64::from(moment.month()), 2),
        Field::DayName => name(DAYS[moment.weekday().num_days_from_sunday() as usize], written, fill, 9, out),
        Field::DayShort => name(&DAYS[moment.weekday().num_days_from_sunday() as usize][..3], written, true, 3, out),
        Field::DayOfYear => number(day_of_year, 3),
        Field::IsoDayOfYear => {
            number(i64::from(iso.week0()) * 7 + i64::from(moment.weekday().number_from_monday()), 3);
        }
        Field::Day => number(i64::from(moment.day()), 2),
        Field::Weekday => number(i64::from(moment.weekday().number_from_sunday()), 1),
        Field::IsoWeekday => number(i64::from(moment.weekday().number_from_monday()), 1),
        Field::WeekOfMonth => number(i64::from((moment.day() - 1) / 7 + 1), 1),
        Field::WeekOfYear => number((day_of_year - 1) / 7 + 1, 2),
        Field::IsoWeek => number(i64::from(iso.week()), 2),
        Field::Century => number((shown_year - 1) / 100 + 1, 2),
        Field::Julian => number(i64::from(moment.date().num_days_from_ce() + JULIAN_BEFORE_COMMON_ERA), 1),
        Field::Quarter => number(i64::from(moment.month0() / 3 + 1), 1),
        Field::RomanMonth => {
            let roman = ROMAN[moment.month0() as usize];
            let roman = if written.starts_with('r') { roman.to_lowercase() } else { roman.to_owned() };
            let _ = if fill { write!(out, "{roman}") } else { write!(out, "{roman:<4}") };
        }
        Field::ZoneName if in_utc => out.push_str(if written.starts_with('t') { "utc" } else { "UTC" }),
        Field::ZoneHours | Field::ZoneOffset => out.push_str("+00"),
        Field::ZoneMinutes => out.push_str("00"),
        Field::ZoneName => {}
    }
}

/// `lower` in capitals when the pattern is.
fn in_case(lower: &str, written: &str) -> String {
    if written.starts_with(|first: char| first.is_uppercase()) { lower.to_uppercase() } else { lower.to_owned() }
}

fn name(name: &str, written: &str, fill: bool, width: usize, out: &mut String) {
    let mut letters = written.chars();
    let shown = match (letters.next().is_some_and(char::is_uppercase), letters.next().is_some_and(char::is_uppercase)) {
        (true, true) => name.to_uppercase(),
        (true, false) => name.to_owned(),
        (false, _) => name.to_lowercase(),
    };
    let _ = if fill { write!(out, "{shown}") } else { write!(out, "{shown:<width$}") };
}

fn ordinal_of(number: &str) -> &'static str {
    let digits = number.as_bytes();
    let teen = digits.len() > 1 && digits[digits.len() - 2] == b'1';
    match digits.last() {
        Some(b'1') if !teen => "st",
        Some(b'2') if !teen => "nd",
        Some(b'3') if !teen => "rd",
        _ => "th",
    }
}
