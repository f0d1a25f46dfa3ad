//! `to_date` and `to_timestamp` of a text in a given pattern.

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, Weekday};

use super::pattern::{Field, Part};
use super::{DAYS, MONTHS};

/// What fields of a text said.
#[derive(Default)]
struct Found {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    iso_year: Option<i32>,
    iso_week: Option<u32>,
    iso_weekday: Option<u32>,
    quarter: Option<u32>,
    hour: i64,
    minute: i64,
    second: i64,
    micros: i64,
    afternoon: Option<bool>,
    before_common_era: bool,
}

/// The moment that `text` says in the given pattern, or what is wrong with it.
pub(crate) fn read(parts: &[Part], text: &str) -> Result<NaiveDateTime, String> {
    let mut found = Found::default();
    let mut rest = text.trim_start();
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Text(literal) => {
                for expected in literal.chars() {
                    rest = skip(rest, expected);
                }
            }
            Part::Field { field, written, .. } => {
                // digits that directly precede another number end at its own width
                let packed = matches!(parts.get(index + 1), Some(Part::Field { field, .. }) if is_number(*field));
                rest = found.take(*field, written, packed, rest.trim_start(), text)?;
            }
        }
    }
    found.moment().ok_or_else(|| format!("\"{text}\" is no date that exists"))
}

/// A blank or mark in the pattern stands for any blank or mark, or none; other characters for any one.
fn skip(rest: &str, expected: char) -> &str {
    let Some(next) = rest.chars().next() else { return rest };
    if expected.is_alphanumeric() || !(next.is_alphanumeric() || next == '+' || next == '-') || next == expected {
        return &rest[next.len_utf8()..];
    }
    rest
}

fn is_number(field: Field) -> bool {
    !matches!(
        field,
        Field::HalfDay
            | Field::Era
            | Field::MonthName
            | Field::MonthShort
            | Field::DayName
            | Field::DayShort
            | Field::RomanMonth
            | Field::ZoneName
    )
}

impl Found {
    fn take<'a>(
        &mut self,
        field: Field,
        written: &str,
        packed: bool,
        rest: &'a str,
        text: &str,
    ) -> Result<&'a str, String> {
        let wrong = |what: &str| format!("\"{text}\" has no {what} where the pattern has {written}");
        let width = match field {
            Field::Year(digits) | Field::IsoYear(digits) | Field::Fraction(digits) => digits,
            Field::Millisecond | Field::DayOfYear | Field::IsoDayOfYear => 3,
            Field::Microsecond => 6,
            Field::SecondOfDay => 5,
            Field::Weekday | Field::IsoWeekday | Field::WeekOfMonth | Field::Quarter => 1,
            Field::Julian => 7,
            _ => 2,
        };
        let number = |rest: &'a str| -> Result<(u32, usize, &'a str), String> {
            let longest = if packed || !matches!(field, Field::Year(4) | Field::IsoYear(4)) { width } else { 9 };
            let length = rest.bytes().take(longest).take_while(u8::is_ascii_digit).count();
            let value = rest[..length].parse().map_err(|_| wrong("number"))?;
            Ok((value, length, &rest[length..]))
        };
        let signed = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        match field {
            Field::HalfDay | Field::Era => {
                let letters = rest.chars().take_while(|c| c.is_alphabetic() || *c == '.').map(char::len_utf8).sum();
                let mark = rest[..letters].replace('.', "").to_lowercase();
                match (field, mark.as_str()) {
                    (Field::HalfDay, "am") => self.afternoon = Some(false),
                    (Field::HalfDay, "pm") => self.afternoon = Some(true),
                    (Field::Era, "ad") => {}
                    (Field::Era, "bc") => self.before_common_era = true,
                    _ => return Err(wrong(if field == Field::Era { "AD or BC" } else { "AM or PM" })),
                }
                return Ok(&rest[letters..]);
            }
            Field::MonthName | Field::MonthShort => {
                let (index, rest) = named(&MONTHS, rest).ok_or_else(|| wrong("month"))?;
                self.month = Some(index + 1);
                return Ok(rest);
            }
            Field::DayName | Field::DayShort => {
                let (_, rest) = named(&DAYS, rest).ok_or_else(|| wrong("weekday"))?;
                return Ok(rest);
            }
            Field::ZoneName
            | Field::ZoneHours
            | Field::ZoneMinutes
            | Field::ZoneOffset
            | Field::RomanMonth
            | Field::YearWithComma
            | Field::IsoDayOfYear
            | Field::Julian
            | Field::Century => {
                return Err(format!("{written} cannot be read from text"));
            }
            _ => {}
        }
        let (value, length, rest) = number(rest)?;
        match field {
            Field::Year(digits) => {
                let short = length < 4 && digits < 4 || length <= 2;
                self.year = Some(if short { near(signed(value), length) } else { signed(value) });
            }
            Field::IsoYear(_) => self.iso_year = Some(signed(value)),
            Field::Month => self.month = Some(value),
            Field::Day => self.day = Some(value),
            Field::DayOfYear => self.day_of_year = Some(value),
            Field::IsoWeek => self.iso_week = Some(value),
            Field::IsoWeekday => self.iso_weekday = Some(value),
            Field::Quarter => self.quarter = Some(value),
            Field::Hour24 => self.hour = i64::from(value),
            Field::Hour12 => {
                if !(1..=12).contains(&value) {
                    return Err(format!("\"{text}\": hour {value} is not on a clock of 12 hours"));
                }
                self.hour = i64::from(value);
                self.afternoon = self.afternoon.or(Some(false));
            }
            Field::Minute => self.minute = i64::from(value),
            Field::Second | Field::SecondOfDay => self.second = i64::from(value),
            // `.5` in milliseconds is 500
            Field::Millisecond | Field::Microsecond | Field::Fraction(_) => {
                self.micros = i64::from(value) * 10_i64.pow(u32::try_from(6_usize.saturating_sub(length)).unwrap_or(0));
            }
            _ => {}
        }
        Ok(rest)
    }

    fn moment(self) -> Option<NaiveDateTime> {
        let year = self.year.map(|year| if self.before_common_era { 1 - year } else { year });
        let date = if let (Some(year), Some(week)) = (self.iso_year, self.iso_week) {
            let weekday = Weekday::try_from(u8::try_from(self.iso_weekday.unwrap_or(1).checked_sub(1)?).ok()?).ok()?;
            NaiveDate::from_isoywd_opt(year, week, weekday)?
        } else if let Some(day) = self.day_of_year {
            NaiveDate::from_yo_opt(year.unwrap_or(1), day)?
        } else {
            let month = self.month.or(self.quarter.map(|quarter| quarter * 3 - 2)).unwrap_or(1);
            NaiveDate::from_ymd_opt(year.unwrap_or(1), month, self.day.unwrap_or(1))?
        };
        let hour = match self.afternoon {
            Some(afternoon) => self.hour % 12 + if afternoon { 12 } else { 0 },
            None => self.hour,
        };
        if hour > 24 || self.minute > 59 || date.year() > 294_276 {
            return None;
        }
        let micros = (hour * 3600 + self.minute * 60 + self.second) * 1_000_000 + self.micros;
        date.and_hms_opt(0, 0, 0)?.checked_add_signed(TimeDelta::microseconds(micros))
    }
}

/// The year nearest to 2020 that ends in the given digits.
fn near(year: i32, digits: usize) -> i32 {
    match digits {
        0..=2 if year < 70 => year + 2000,
        0..=2 => year + 1900,
        _ if year < 520 => year + 2000,
        _ => year + 1000,
    }
}

fn named<'a>(names: &[&str], rest: &'a str) -> Option<(u32, &'a str)> {
    let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let word = &rest[..length];
    let index =
        names.iter().position(|name| word.eq_ignore_ascii_case(name) || word.eq_ignore_ascii_case(&name[..3]))?;
    Some((u32::try_from(index).ok()?, &rest[length..]))
}
