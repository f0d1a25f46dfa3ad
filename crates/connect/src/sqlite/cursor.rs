//! Cursor values: comparing, going back by an overlap, watching that their order means time.
//!
//! SQLite compares texts byte by byte. That is the order of time only if all values are written alike: the same
//! separator (`T` or blank), the same zone. [`CursorWatch`] looks at every value that is read and refuses columns
//! where it is not so, since changed rows would be skipped in silence. A fraction of a second may be there or not:
//! a read begins at the whole second, which stands before all of them.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef};
use serde::{Deserialize, Serialize};

use crate::Overlap;
use crate::value::timestamp;

/// The value of a cursor.
#[derive(Debug, Clone, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum CursorValue {
    Integer(i64),
    Real(f64),
    Text(String),
}

/// Why a column cannot serve as cursor, in words that continue “column `x` …”.
pub(crate) type Unfit = &'static str;

const MIXED: Unfit = "holds values of several kinds, whose order means nothing";
const MIXED_FORMATS: Unfit = "holds times that are written in several ways (`T` or blank, with and without zone), whose order is not that of time";

impl CursorValue {
    /// `Ok(None)` for NULL.
    pub(crate) fn of(value: ValueRef<'_>) -> Result<Option<Self>, Unfit> {
        match value {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(value) => Ok(Some(Self::Integer(value))),
            ValueRef::Real(value) => Ok(Some(Self::Real(value))),
            ValueRef::Text(text) => {
                let text = std::str::from_utf8(text).map_err(|_| "holds text that is not UTF-8")?;
                Ok(Some(Self::Text(text.to_owned())))
            }
            ValueRef::Blob(_) => Err("holds blobs, whose order means nothing"),
        }
    }

    /// From where to read on.
    pub(crate) fn back(&self, overlap: Option<Overlap>) -> Result<Self, Unfit> {
        match (self, overlap) {
            (Self::Text(text), overlap) => text_back(text, overlap),
            (value, None) => Ok(value.clone()),
            (Self::Integer(value), Some(Overlap::Amount(amount))) => {
                Ok(Self::Integer(value.saturating_sub(i64::try_from(amount).unwrap_or(i64::MAX))))
            }
            (Self::Integer(value), Some(Overlap::Time(time))) => {
                let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
                match value.unsigned_abs() {
                    // Between 1973 and 5138 in seconds, or in milliseconds.
                    100_000_000..100_000_000_000 => Ok(Self::Integer(value.saturating_sub(seconds))),
                    100_000_000_000..100_000_000_000_000 => {
                        Ok(Self::Integer(value.saturating_sub(seconds.saturating_mul(1_000))))
                    }
                    _ => Err("counts, so `overlap` must be a number and not a time"),
                }
            }
            #[expect(clippy::cast_precision_loss, reason = "an overlap needs no precision beyond a double's")]
            (Self::Real(value), Some(Overlap::Amount(amount))) => Ok(Self::Real(value - amount as f64)),
            (Self::Real(value), Some(Overlap::Time(time))) => {
                // A Julian day, or Unix seconds.
                let unit = if *value <= 5_373_484.5 { 86_400.0 } else { 1.0 };
                Ok(Self::Real(value - time.as_secs_f64() / unit))
            }
        }
    }

    /// The point in time that it is, where it is written as one. A number may count anything.
    pub(crate) fn time(&self) -> Option<DateTime<Utc>> {
        let Self::Text(text) = self else { return None };
        DateTime::from_timestamp_micros(timestamp(text.as_bytes())?.utc_micros())
    }

    /// Whether `other` comes later; only values of one form are ever compared. Times are compared as times, since a
    /// fraction may or may not be written: as texts, `10:00:00Z` comes after `10:00:00.5Z`.
    pub(crate) fn is_before(&self, other: &Self) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "a cursor that mixes both kinds of numbers is a time")]
        match (self, other) {
            (Self::Integer(left), Self::Real(right)) => (*left as f64) < *right,
            (Self::Real(left), Self::Integer(right)) => *left < *right as f64,
            (Self::Text(left), Self::Text(right)) => match (timestamp(left.as_bytes()), timestamp(right.as_bytes())) {
                (Some(left), Some(right)) => left.utc_micros() < right.utc_micros(),
                _ => left < right,
            },
            (left, right) => left < right,
        }
    }
}

fn text_back(text: &str, overlap: Option<Overlap>) -> Result<CursorValue, Unfit> {
    let Some(instant) = timestamp(text.as_bytes()) else {
        return match overlap {
            None => Ok(CursorValue::Text(text.to_owned())),
            Some(_) => Err("holds texts that are not times, so it can have no `overlap`"),
        };
    };
    let back = match overlap {
        None => Duration::zero(),
        Some(Overlap::Time(time)) => Duration::from_std(time).map_err(|_| "cannot go back that far")?,
        Some(Overlap::Amount(_)) => return Err("holds times, so `overlap` must be a time such as `1 hour`"),
    };
    let local = chrono::DateTime::from_timestamp_micros(instant.micros).map(|time| time.naive_utc());
    let from: NaiveDateTime =
        local.and_then(|local| local.checked_sub_signed(back)).ok_or("cannot go back that far")?;
    let separator = text.as_bytes().get(10).copied().map_or(' ', char::from);
    // As much of it as is written, without fraction and zone: all that follows in that second comes after.
    let length = text.char_indices().skip(11).find(|(_, character)| !matches!(character, '0'..='9' | ':'));
    let length = length.map_or(text.len(), |(index, _)| index);
    let full = from.format(&format!("%Y-%m-%d{separator}%H:%M:%S")).to_string();
    Ok(CursorValue::Text(full.get(..length).unwrap_or(&full).to_owned()))
}

impl ToSql for CursorValue {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Integer(value) => ToSqlOutput::Owned(SqlValue::Integer(*value)),
            Self::Real(value) => ToSqlOutput::Owned(SqlValue::Real(*value)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}

/// Looks at the cursor of every row that is read.
#[derive(Debug, Default)]
pub(crate) struct CursorWatch {
    largest: Option<CursorValue>,
    form: Option<Form>,
    pub(crate) nulls: u64,
}

/// How a value is written. Only values of one form can be compared.
#[derive(Debug, PartialEq, Eq)]
enum Form {
    Number,
    Date,
    /// Separator and zone.
    Time(u8, Vec<u8>),
    OtherText,
}

impl CursorWatch {
    /// Goes on from the position of the read before.
    pub(crate) fn after(last: Option<CursorValue>) -> Self {
        let form = last.as_ref().map(form);
        Self { largest: last, form, nulls: 0 }
    }

    pub(crate) fn see(&mut self, value: ValueRef<'_>) -> Result<(), Unfit> {
        let Some(value) = CursorValue::of(value)? else {
            self.nulls += 1;
            return Ok(());
        };
        let form = form(&value);
        match &self.form {
            Some(known) if *known == form => {}
            Some(Form::Number) => return Err(MIXED),
            Some(_) if form == Form::Number => return Err(MIXED),
            Some(_) => return Err(MIXED_FORMATS),
            None => self.form = Some(form),
        }
        if self.largest.as_ref().is_none_or(|largest| largest.is_before(&value)) {
            self.largest = Some(value);
        }
        Ok(())
    }

    pub(crate) fn largest(&self) -> Option<&CursorValue> {
        self.largest.as_ref()
    }
}

fn form(value: &CursorValue) -> Form {
    let CursorValue::Text(text) = value else { return Form::Number };
    match timestamp(text.as_bytes()) {
        None => Form::OtherText,
        Some(instant) if instant.date_only => Form::Date,
        Some(_) => {
            let bytes = text.as_bytes();
            let after_time = bytes.get(11..).unwrap_or_default();
            let zone = after_time.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b':' | b'.' | b','));
            let zone = zone.map_or(&[][..], |index| &after_time[index..]);
            Form::Time(bytes.get(10).copied().unwrap_or(b' '), zone.to_vec())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration as StdDuration;

    use super::*;

    fn text(value: &str) -> CursorValue {
        CursorValue::Text(value.to_owned())
    }

    #[test]
    fn going_back_keeps_the_form() {
        let hour = Some(Overlap::Time(StdDuration::from_hours(1)));
        for (value, from) in [
            ("2024-03-01 00:30:00", "2024-02-29 23:30:00"),
            ("2024-03-01T00:30:00.123456Z", "2024-02-29T23:30:00"),
            ("2024-03-01T00:30:00+02:00", "2024-02-29T23:30:00"),
            ("2024-03-01 00:30", "2024-02-29 23:30"),
            ("2024-03-01", "2024-02-29"),
        ] {
            assert_eq!(text(value).back(hour), Ok(text(from)), "{value}");
        }
        assert_eq!(text("2024-03-01T00:30:00.5Z").back(None), Ok(text("2024-03-01T00:30:00")));
        assert_eq!(text("01HQ3").back(None), Ok(text("01HQ3")));
        assert!(text("01HQ3").back(hour).is_err());
        assert_eq!(CursorValue::Integer(100).back(Some(Overlap::Amount(10))), Ok(CursorValue::Integer(90)));
        assert_eq!(CursorValue::Integer(1_704_110_400).back(hour), Ok(CursorValue::Integer(1_704_106_800)));
        assert_eq!(CursorValue::Integer(1_704_110_400_000).back(hour), Ok(CursorValue::Integer(1_704_106_800_000)));
        assert!(CursorValue::Integer(100).back(hour).is_err());
    }

    #[test]
    fn values_of_several_forms_are_refused() {
        let mut watch = CursorWatch::default();
        for value in ["2024-01-01 10:00:00", "2024-01-01 09:00:00.5"] {
            watch.see(ValueRef::Text(value.as_bytes())).unwrap();
        }
        assert_eq!(watch.largest(), Some(&text("2024-01-01 10:00:00")));
        watch.see(ValueRef::Null).unwrap();
        assert_eq!(watch.nulls, 1);
        assert_eq!(watch.see(ValueRef::Text(b"2024-01-01T11:00:00")), Err(MIXED_FORMATS));
        assert_eq!(watch.see(ValueRef::Text(b"2024-01-01 11:00:00Z")), Err(MIXED_FORMATS));
        assert_eq!(watch.see(ValueRef::Integer(1)), Err(MIXED));
        assert!(watch.see(ValueRef::Blob(b"x")).is_err());
    }
}
