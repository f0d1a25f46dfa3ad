//! A column's values in the log, as the values that a statement would give.

use chrono::{DateTime, Datelike, Timelike};
use mysql_async::Value;

use super::charset::Charset;
use super::json::json_text;
use super::labels::{label, label_set, labels};
use super::logged_type::LoggedType;
use super::network_text::{inet4, inet6, uuid};
use super::numeral::decimal_text;
use crate::mysql::catalog::Column;
use crate::mysql::column_type::ColumnType;

/// A column whose values are in the log, and how they are read.
#[derive(Debug, Clone)]
pub(crate) struct LoggedField {
    column: ColumnType,
    content: Content,
}

/// What bytes mean that are not numbers or times.
#[derive(Debug, Clone)]
enum Content {
    /// Nothing more than their type says.
    Plain,
    Text(Charset),
    Labels(Vec<String>),
    Json,
    Inet4,
    Inet6,
    Uuid,
}

/// The day that 0 is in times of day with a sign, and in dates with times.
const TIME_ZERO: i64 = 0x80_0000;
const DATE_TIME_ZERO: i64 = 0x80_0000_0000;

impl LoggedField {
    /// A column, or the name of the character set that cannot be read.
    pub(crate) fn new(column: &Column) -> Result<Self, String> {
        let word = column.source_type.split(['(', ' ']).next().unwrap_or_default().to_ascii_lowercase();
        let content = match (column.kind, word.as_str()) {
            (ColumnType::Text, "inet4") => Content::Inet4,
            (ColumnType::Text, "inet6") => Content::Inet6,
            (ColumnType::Text, "uuid") => Content::Uuid,
            (ColumnType::Text, "json") => Content::Json,
            (ColumnType::Text, _) => {
                let text = || {
                    let name = column.character_set.as_deref().unwrap_or("utf8mb4");
                    Charset::parse(name).map(Content::Text).ok_or_else(|| name.to_owned())
                };
                labels(&column.source_type).map(Content::Labels).map_or_else(text, Ok)?
            }
            _ => Content::Plain,
        };
        Ok(Self { column: column.kind, content })
    }

    pub(crate) fn column(&self) -> ColumnType {
        self.column
    }

    /// A value, as a statement would give it. `None`: the bytes are no value of the column.
    pub(crate) fn value(&self, logged: LoggedType, bytes: &[u8]) -> Option<Value> {
        Some(match (self.column, logged) {
            (ColumnType::Boolean, LoggedType::Integer(1)) => Value::Int(signed(bytes)),
            (ColumnType::Integer { bytes: size, unsigned }, LoggedType::Integer(logged)) if size == logged => {
                if unsigned {
                    Value::UInt(whole(bytes))
                } else {
                    Value::Int(signed(bytes))
                }
            }
            (ColumnType::Float, LoggedType::Float) => Value::Float(f32::from_le_bytes(bytes.try_into().ok()?)),
            (ColumnType::Double, LoggedType::Double) => Value::Double(f64::from_le_bytes(bytes.try_into().ok()?)),
            (ColumnType::Decimal(..), LoggedType::Decimal(precision, scale)) => {
                Value::Bytes(decimal_text(bytes, precision, scale)?.into_bytes())
            }
            (ColumnType::Year, LoggedType::Year) => Value::Int(match bytes {
                [0] => 0,
                [years] => 1_900 + i64::from(*years),
                _ => return None,
            }),
            (ColumnType::Date, LoggedType::Date) => {
                let date = whole(bytes);
                Value::Date(u16::try_from(date >> 9).ok()?, low(date >> 5 & 15), low(date & 31), 0, 0, 0, 0)
            }
            (ColumnType::DateTime(_), LoggedType::DateTime(digits)) => date_time(bytes, digits)?,
            (ColumnType::DateTime(0), LoggedType::OldDateTime) => old_date_time(whole(bytes))?,
            (ColumnType::Timestamp(_), LoggedType::Timestamp(digits)) => {
                let (seconds, fraction) = bytes.split_at_checked(4)?;
                moment(whole_high(seconds), micros(fraction, digits)?)?
            }
            (ColumnType::Timestamp(0), LoggedType::OldTimestamp) => moment(whole(bytes), 0)?,
            (ColumnType::Time(_), LoggedType::Time(digits)) => time(bytes, digits)?,
            (ColumnType::Time(0), LoggedType::OldTime) => old_time(signed(bytes))?,
            // Servers leave out the zeros at the end.
            (ColumnType::Bytes, LoggedType::Fixed(length)) => Value::Bytes(padded(bytes, length)),
            (ColumnType::Bit(_), LoggedType::Bit(_))
            | (ColumnType::Bytes | ColumnType::Geometry, LoggedType::Varying(_)) => Value::Bytes(bytes.to_vec()),
            (ColumnType::Text, logged) => Value::Bytes(self.text(logged, bytes)?),
            _ => return None,
        })
    }

    fn text(&self, logged: LoggedType, bytes: &[u8]) -> Option<Vec<u8>> {
        match (&self.content, logged) {
            (Content::Text(charset), LoggedType::Fixed(_) | LoggedType::Varying(_)) => charset.text(bytes.to_vec()),
            (Content::Labels(labels), LoggedType::Enum(_)) => label(labels, whole(bytes)).map(String::into_bytes),
            (Content::Labels(labels), LoggedType::Set(_)) => label_set(labels, whole(bytes)).map(String::into_bytes),
            (Content::Json, LoggedType::Json(_)) => json_text(bytes).map(String::into_bytes),
            (Content::Inet4, LoggedType::Fixed(length)) => inet4(&padded(bytes, length)).map(String::into_bytes),
            (Content::Inet6, LoggedType::Fixed(length)) => inet6(&padded(bytes, length)).map(String::into_bytes),
            (Content::Uuid, LoggedType::Fixed(length)) => uuid(&padded(bytes, length)).map(String::into_bytes),
            _ => None,
        }
    }
}

fn padded(bytes: &[u8], length: u16) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.resize(bytes.len().max(usize::from(length)), 0);
    bytes
}

/// The lowest byte of a number: all of it where it is small.
fn low(number: u64) -> u8 {
    number.to_le_bytes()[0]
}

/// A whole number, the lowest byte first.
fn whole(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The highest byte first.
fn whole_high(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The same with a sign in the highest bit.
fn signed(bytes: &[u8]) -> i64 {
    let spare = 64 - 8 * u32::try_from(bytes.len().clamp(1, 8)).unwrap_or(8);
    (whole(bytes) << spare).cast_signed() >> spare
}

/// Microseconds by so many digits of a fraction, which are written in pairs.
fn micros(fraction: &[u8], digits: u8) -> Option<u32> {
    let number = u32::try_from(whole_high(fraction)).ok()?;
    let micros = number.checked_mul(10_u32.pow(6 - u32::from(digits.min(6)).next_multiple_of(2)))?;
    (micros < 1_000_000).then_some(micros)
}

/// Seconds since 1970; none at all is no date.
fn moment(seconds: u64, micros: u32) -> Option<Value> {
    if seconds == 0 && micros == 0 {
        return Some(Value::Date(0, 0, 0, 0, 0, 0, 0));
    }
    let at = DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)?;
    let (date, time) = (at.date_naive(), at.time());
    let year = u16::try_from(date.year()).ok()?;
    let part = |number: u32| low(u64::from(number));
    Some(Value::Date(
        year,
        part(date.month()),
        part(date.day()),
        part(time.hour()),
        part(time.minute()),
        part(time.second()),
        micros,
    ))
}

/// Year and month as one number of 17 bits, day 5, hour 5, minute 6, second 6, and a fraction.
fn date_time(bytes: &[u8], digits: u8) -> Option<Value> {
    let (whole, fraction) = bytes.split_at_checked(5)?;
    let packed = u64::try_from(i64::try_from(whole_high(whole)).ok()? - DATE_TIME_ZERO).ok()?;
    let months = packed >> 22;
    let part = |shift: u32, bits: u32| low(packed >> shift & ((1 << bits) - 1));
    Some(Value::Date(
        u16::try_from(months / 13).ok()?,
        low(months % 13),
        part(17, 5),
        part(12, 5),
        part(6, 6),
        part(0, 6),
        micros(fraction, digits)?,
    ))
}

/// As a number whose digits are `YYYYMMDDhhmmss`.
fn old_date_time(number: u64) -> Option<Value> {
    let (date, time) = (number / 1_000_000, number % 1_000_000);
    let part = |number: u64| low(number % 100);
    Some(Value::Date(
        u16::try_from(date / 10_000).ok()?,
        part(date / 100),
        part(date),
        part(time / 10_000),
        part(time / 100),
        part(time),
        0,
    ))
}

/// Hour 10 bits, minute 6, second 6, and a fraction; all of it is one number that is less than zero for negative times.
fn time(bytes: &[u8], digits: u8) -> Option<Value> {
    let fraction_bytes = bytes.len().checked_sub(3)?;
    let fraction_bits = 8 * u32::try_from(fraction_bytes).ok()?;
    let packed = i64::try_from(whole_high(bytes)).ok()? - (TIME_ZERO << fraction_bits);
    let size = packed.unsigned_abs();
    let whole = size >> fraction_bits;
    let fraction = (size & ((1 << fraction_bits) - 1)).to_be_bytes();
    let micros = micros(&fraction[8 - fraction_bytes..], digits)?;
    let hours = u32::try_from(whole >> 12 & 0x3FF).ok()?;
    Some(Value::Time(packed < 0, hours / 24, low(u64::from(hours % 24)), low(whole >> 6 & 63), low(whole & 63), micros))
}

/// As a number whose digits are `hhmmss`.
fn old_time(number: i64) -> Option<Value> {
    let size = number.unsigned_abs();
    let hours = u32::try_from(size / 10_000).ok()?;
    let part = |number: u64| low(number % 100);
    Some(Value::Time(number < 0, hours / 24, low(u64::from(hours % 24)), part(size / 100), part(size), 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: ColumnType, source_type: &str, character_set: Option<&str>) -> LoggedField {
        LoggedField::new(&Column {
            name: "c".to_owned(),
            source_type: source_type.to_owned(),
            kind,
            nullable: true,
            follows_changes: false,
            is_generated: false,
            character_set: character_set.map(str::to_owned),
            comment: None,
        })
        .unwrap()
    }

    /// What the tests against a server cannot have it write: forms of older servers.
    #[test]
    fn times_of_old_servers() {
        let value = |kind, logged, bytes: &[u8]| field(kind, "", None).value(logged, bytes);
        let time = ColumnType::Time(0);
        assert_eq!(
            value(time, LoggedType::OldTime, &1_020_304_i32.to_le_bytes()[..3]),
            Some(Value::Time(false, 4, 6, 3, 4, 0))
        );
        assert_eq!(
            value(time, LoggedType::OldTime, &(-10_i32).to_le_bytes()[..3]),
            Some(Value::Time(true, 0, 0, 0, 10, 0))
        );
        assert_eq!(
            value(ColumnType::DateTime(0), LoggedType::OldDateTime, &20_240_102_030_405_u64.to_le_bytes()),
            Some(Value::Date(2024, 1, 2, 3, 4, 5, 0))
        );
        assert_eq!(
            value(ColumnType::Timestamp(0), LoggedType::OldTimestamp, &86_399_u32.to_le_bytes()),
            Some(Value::Date(1970, 1, 1, 23, 59, 59, 0))
        );
        // A time with digits of a fraction is written otherwise there.
        assert_eq!(value(ColumnType::Time(3), LoggedType::OldTime, &[0; 3]), None);
    }

    #[test]
    fn what_is_no_value_of_the_column_is_none() {
        let int = field(ColumnType::Integer { bytes: 4, unsigned: false }, "int(11)", None);
        assert_eq!(int.value(LoggedType::Integer(4), &[0xFE, 0xFF, 0xFF, 0xFF]), Some(Value::Int(-2)));
        assert_eq!(int.value(LoggedType::Integer(8), &[0; 8]), None);
        assert_eq!(int.value(LoggedType::Varying(1), b"7"), None);
        let text = field(ColumnType::Text, "varchar(9)", Some("utf8mb4"));
        assert_eq!(text.value(LoggedType::Varying(1), &[0xFF]), None);
        assert_eq!(text.value(LoggedType::Integer(1), &[1]), None);
        let size = field(ColumnType::Text, "enum('a')", Some("latin1"));
        assert_eq!(size.value(LoggedType::Enum(1), &[1]), Some(Value::Bytes(b"a".to_vec())));
        assert_eq!(size.value(LoggedType::Enum(1), &[2]), None);
    }
}
