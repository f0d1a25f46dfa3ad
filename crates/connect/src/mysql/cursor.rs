//! Cursor values: which columns can have them, comparing, going back by an overlap.
//!
//! Values are compared by the server and here in the same way: numbers by value, times by time, texts by code point whatever
//! the column's collation says.

use std::cmp::Ordering;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use mysql_async::Value;
use serde::{Deserialize, Serialize};

use super::column_type::ColumnType;
use super::text::write_text;
use crate::Overlap;

/// What kind of values a cursor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CursorKind {
    Number,
    Date,
    /// With or without zone: as written in UTC.
    Time,
    Text,
}

/// The value of a cursor, as plain data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CursorValue {
    pub(crate) kind: CursorKind,
    /// As MySQL writes it; times with six digits of a fraction.
    pub(crate) value: String,
}

/// Why a column cannot serve as cursor, in words that continue “column `x` …”.
pub(crate) type Unfit = &'static str;

const TOO_FAR: Unfit = "cannot go back that far";

impl CursorKind {
    pub(crate) fn of(column: ColumnType) -> Result<Self, Unfit> {
        match column {
            ColumnType::Integer { .. } | ColumnType::Decimal(..) | ColumnType::Year => Ok(Self::Number),
            ColumnType::Date => Ok(Self::Date),
            ColumnType::DateTime(_) | ColumnType::Timestamp(_) => Ok(Self::Time),
            ColumnType::Text => Ok(Self::Text),
            ColumnType::Boolean | ColumnType::Bit(_) => Err("holds bits, whose order means nothing"),
            ColumnType::Float | ColumnType::Double => Err("holds floating numbers, which are not exact"),
            ColumnType::Time(_) => Err("holds times of any day, whose order means nothing"),
            ColumnType::Bytes | ColumnType::Geometry => Err("holds bytes, whose order means nothing"),
        }
    }
}

impl CursorValue {
    /// `None` for what says nothing: NULL, and dates that are none.
    fn of(value: &Value, kind: CursorKind) -> Option<Self> {
        if is_nothing(value) {
            return None;
        }
        let column = match kind {
            CursorKind::Date => ColumnType::Date,
            CursorKind::Time => ColumnType::DateTime(6),
            CursorKind::Number | CursorKind::Text => ColumnType::Text,
        };
        let mut text = String::new();
        write_text(value, column, &mut text).ok()?;
        Some(Self { kind, value: text })
    }

    /// For a statement. `None` for a text that is none of this kind: then the position was not written by this program.
    pub(crate) fn parameter(&self) -> Option<Value> {
        Some(match self.kind {
            CursorKind::Number => match (self.value.parse::<i64>(), self.value.parse::<u64>()) {
                (Ok(number), _) => Value::Int(number),
                (_, Ok(number)) => Value::UInt(number),
                _ => Value::from(self.value.as_str()),
            },
            CursorKind::Date | CursorKind::Time => {
                let time = self.local()?;
                let part = |number: u32| u8::try_from(number).unwrap_or_default();
                Value::Date(
                    u16::try_from(time.year()).ok()?,
                    part(time.month()),
                    part(time.day()),
                    part(time.hour()),
                    part(time.minute()),
                    part(time.second()),
                    time.nanosecond() / 1_000,
                )
            }
            CursorKind::Text => Value::from(self.value.as_str()),
        })
    }

    /// From where to read on.
    pub(crate) fn back(&self, overlap: Option<Overlap>) -> Result<Self, Unfit> {
        let Some(overlap) = overlap else { return Ok(self.clone()) };
        let value = match (self.kind, overlap) {
            (CursorKind::Text, _) => return Err("holds texts, so it can have no `overlap`"),
            (CursorKind::Number, Overlap::Amount(amount)) => less(&self.value, amount).ok_or(TOO_FAR)?,
            (CursorKind::Number, Overlap::Time(time)) => {
                // Seconds between 1973 and 5138, or milliseconds.
                let unit = match self.value.parse::<i64>().map(i64::unsigned_abs) {
                    Ok(100_000_000..100_000_000_000) => 1,
                    Ok(100_000_000_000..100_000_000_000_000) => 1_000,
                    _ => return Err("counts, so `overlap` must be a number and not a time"),
                };
                less(&self.value, time.as_secs().saturating_mul(unit)).ok_or(TOO_FAR)?
            }
            (CursorKind::Date | CursorKind::Time, Overlap::Amount(_)) => {
                return Err("holds times, so `overlap` must be a time such as `1 hour`");
            }
            (CursorKind::Date | CursorKind::Time, Overlap::Time(time)) => {
                let back = Duration::from_std(time).map_err(|_| TOO_FAR)?;
                let from = self.local().and_then(|local| local.checked_sub_signed(back)).ok_or(TOO_FAR)?;
                let form = if self.kind == CursorKind::Date { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M:%S%.6f" };
                from.format(form).to_string()
            }
        };
        Ok(Self { kind: self.kind, value })
    }

    /// The point in time that it is, where it is one. A number may count anything.
    pub(crate) fn time(&self) -> Option<DateTime<Utc>> {
        self.local().map(|local| local.and_utc())
    }

    fn local(&self) -> Option<NaiveDateTime> {
        match self.kind {
            CursorKind::Date => {
                NaiveDate::parse_from_str(&self.value, "%Y-%m-%d").ok().map(|date| date.and_time(NaiveTime::MIN))
            }
            CursorKind::Time => NaiveDateTime::parse_from_str(&self.value, "%Y-%m-%d %H:%M:%S%.f").ok(),
            CursorKind::Number | CursorKind::Text => None,
        }
    }
}

/// Looks at the cursor of every row that is read.
#[derive(Debug)]
pub(crate) struct CursorWatch {
    kind: CursorKind,
    largest: Option<Value>,
    /// Rows whose cursor says nothing.
    pub(crate) nulls: u64,
}

impl CursorWatch {
    /// Goes on from the position of the read before.
    pub(crate) fn after(kind: CursorKind, last: Option<&CursorValue>) -> Self {
        Self { kind, largest: last.and_then(CursorValue::parameter), nulls: 0 }
    }

    pub(crate) fn see(&mut self, value: &Value) {
        if is_nothing(value) {
            self.nulls += 1;
        } else if self.largest.as_ref().is_none_or(|largest| compare(self.kind, largest, value).is_lt()) {
            self.largest = Some(value.clone());
        }
    }

    pub(crate) fn largest(&self) -> Option<CursorValue> {
        CursorValue::of(self.largest.as_ref()?, self.kind)
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::NULL => true,
        Value::Date(year, month, day, ..) => *year == 0 || *month == 0 || *day == 0,
        _ => false,
    }
}

fn compare(kind: CursorKind, left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::UInt(left), Value::UInt(right)) => left.cmp(right),
        (Value::Bytes(left), Value::Bytes(right)) if kind == CursorKind::Text => left.cmp(right),
        (Value::Date(..), Value::Date(..)) => left.partial_cmp(right).unwrap_or(Ordering::Equal),
        _ => compare_numbers(&decimal(left), &decimal(right)),
    }
}

fn decimal(value: &Value) -> String {
    let mut text = String::new();
    // What is not UTF-8 is no number.
    let _ = write_text(value, ColumnType::Text, &mut text);
    text
}

/// `-?digits[.digits]` of any length, by value.
fn compare_numbers(left: &str, right: &str) -> Ordering {
    fn parts(text: &str) -> (bool, &str, &str) {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        (negative && !(whole.is_empty() && fraction.is_empty()), whole, fraction)
    }
    let (left_negative, left_whole, left_fraction) = parts(left);
    let (right_negative, right_whole, right_fraction) = parts(right);
    let size = || {
        let whole = left_whole.len().cmp(&right_whole.len()).then_with(|| left_whole.cmp(right_whole));
        whole.then_with(|| left_fraction.cmp(right_fraction))
    };
    match (left_negative, right_negative) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => size(),
        (true, true) => size().reverse(),
    }
}

/// A number less so much; the digits after the point stay.
fn less(number: &str, amount: u64) -> Option<String> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let places = u32::try_from(fraction.len()).ok()?;
    let scale = 10_i128.checked_pow(places)?;
    let units: i128 = format!("{whole}{fraction}").parse().ok()?;
    let units = units.checked_sub(i128::from(amount).checked_mul(scale)?)?;
    if places == 0 {
        return Some(units.to_string());
    }
    let sign = if units < 0 { "-" } else { "" };
    let (units, scale) = (units.unsigned_abs(), scale.unsigned_abs());
    Some(format!("{sign}{}.{:0width$}", units / scale, units % scale, width = fraction.len()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration as StdDuration;

    use super::*;

    fn value(kind: CursorKind, value: &str) -> CursorValue {
        CursorValue { kind, value: value.to_owned() }
    }

    #[test]
    fn going_back() {
        let hour = Some(Overlap::Time(StdDuration::from_hours(1)));
        for (kind, at, overlap, from) in [
            (CursorKind::Time, "2024-03-01 00:30:00.000001", hour, "2024-02-29 23:30:00.000001"),
            (CursorKind::Date, "2024-03-01", hour, "2024-02-29"),
            (CursorKind::Number, "100", Some(Overlap::Amount(10)), "90"),
            (CursorKind::Number, "0.25", Some(Overlap::Amount(1)), "-0.75"),
            (CursorKind::Number, "1704110400", hour, "1704106800"),
            (CursorKind::Number, "1704110400000", hour, "1704106800000"),
            (CursorKind::Text, "01HQ3", None, "01HQ3"),
        ] {
            assert_eq!(value(kind, at).back(overlap), Ok(value(kind, from)), "{at}");
        }
        assert!(value(CursorKind::Text, "01HQ3").back(hour).is_err());
        assert!(value(CursorKind::Number, "100").back(hour).is_err());
        assert!(value(CursorKind::Date, "2024-03-01").back(Some(Overlap::Amount(1))).is_err());
    }

    #[test]
    fn the_largest_is_kept() {
        let decimal = |text: &str| Value::from(text);
        for (kind, values, largest) in [
            (CursorKind::Number, vec![Value::Int(-5), Value::Int(10), Value::Int(9)], "10"),
            (CursorKind::Number, vec![Value::UInt(u64::MAX), Value::UInt(3)], "18446744073709551615"),
            (CursorKind::Number, vec![decimal("-1.50"), decimal("10.05"), decimal("9.99")], "10.05"),
            (CursorKind::Number, vec![decimal("-1.50"), decimal("-1.49")], "-1.49"),
            (CursorKind::Text, vec![decimal("b"), decimal("B"), decimal("ä"), decimal("z")], "ä"),
            (
                CursorKind::Time,
                vec![Value::Date(2024, 1, 2, 0, 0, 0, 1), Value::Date(2024, 1, 2, 0, 0, 0, 0), Value::NULL],
                "2024-01-02 00:00:00.000001",
            ),
            (
                CursorKind::Date,
                vec![Value::Date(2024, 1, 2, 0, 0, 0, 0), Value::Date(0, 0, 0, 0, 0, 0, 0)],
                "2024-01-02",
            ),
        ] {
            let mut watch = CursorWatch::after(kind, None);
            for value in &values {
                watch.see(value);
            }
            let seen = watch.largest().unwrap();
            assert_eq!(seen.value, largest);
            // A position that is continued is the same position.
            assert_eq!(CursorWatch::after(kind, Some(&seen)).largest(), Some(seen));
        }
    }

    #[test]
    fn numbers_of_any_length() {
        let long = "99999999999999999999999999999999999999999999.5";
        for (left, right, expected) in [
            ("1.5", "1.50", Ordering::Equal),
            ("007", "7", Ordering::Equal),
            ("-0", "0.0", Ordering::Equal),
            (long, "1", Ordering::Greater),
            ("-2", "-10", Ordering::Greater),
            ("0.09", "0.1", Ordering::Less),
        ] {
            assert_eq!(compare_numbers(left, right), expected, "{left} {right}");
        }
    }
}
