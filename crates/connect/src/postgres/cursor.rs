//! Cursor columns: comparing their values, and going back by an overlap. Both are done by the server.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::literal::{identifier, literal};
use super::source_type::{SourceType, TypeKind};
use crate::Overlap;
use crate::value::timestamp;

/// What kind of values a cursor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CursorKind {
    Integer,
    Numeric,
    Double,
    Date,
    Timestamp,
    Timestamptz,
    Text,
    Uuid,
}

/// Why a column cannot serve as cursor, in words that continue “column `x` …”.
pub(crate) type Unfit = &'static str;

impl CursorKind {
    pub(crate) fn of(source: &SourceType) -> Result<Self, Unfit> {
        match source.kind() {
            TypeKind::Integer => Ok(Self::Integer),
            TypeKind::Numeric => Ok(Self::Numeric),
            TypeKind::Float => Ok(Self::Double),
            TypeKind::Date => Ok(Self::Date),
            TypeKind::Timestamp => Ok(Self::Timestamp),
            TypeKind::TimestampTz => Ok(Self::Timestamptz),
            TypeKind::Uuid => Ok(Self::Uuid),
            TypeKind::Padded => Ok(Self::Text),
            // JSON and enums are sent as text and are none.
            TypeKind::Text if source.oid != 114 && !source.is_enum => Ok(Self::Text),
            _ => Err("is of a type whose order does not tell what is new"),
        }
    }

    fn type_name(self) -> &'static str {
        match self {
            Self::Integer => "int8",
            Self::Numeric => "numeric",
            Self::Double => "float8",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Timestamptz => "timestamptz",
            Self::Text => "text",
            Self::Uuid => "uuid",
        }
    }

    /// What is compared. Texts go by code point: the order of a language is not the same on every machine.
    pub(crate) fn compared(self, column: &str) -> String {
        match self {
            Self::Text => format!("({}::text collate \"C\")", identifier(column)),
            _ => identifier(column),
        }
    }

    /// A value as a constant.
    pub(crate) fn constant(self, value: &str) -> String {
        format!("{}::{}", literal(value), self.type_name())
    }

    /// Whether a value is neither infinite nor NaN, which would be the largest for ever; NULL is no value.
    pub(crate) fn is_proper(self, column: &str) -> String {
        let column = identifier(column);
        match self {
            Self::Date | Self::Timestamp | Self::Timestamptz => format!("pg_catalog.isfinite({column})"),
            Self::Double => format!("{column} < 'Infinity'::float8"),
            Self::Numeric => format!("{column} + 1 > {column}"),
            Self::Integer | Self::Text | Self::Uuid => format!("{column} is not null"),
        }
    }

    /// From where to read on after `value`, as an expression.
    pub(crate) fn back(self, value: &str, overlap: Option<Overlap>) -> Result<String, Unfit> {
        const COUNTS: Unfit = "counts, so `overlap` must be a number and not a time";
        const IS_TIME: Unfit = "holds times, so `overlap` must be a time such as `1 hour`";
        let constant = self.constant(value);
        let Some(overlap) = overlap else { return Ok(constant) };
        match (self, overlap) {
            (Self::Integer, overlap) => {
                let value: i64 = value.parse().map_err(|_| "has a position that is no whole number")?;
                let by = match overlap {
                    Overlap::Amount(amount) => i64::try_from(amount).unwrap_or(i64::MAX),
                    Overlap::Time(time) => {
                        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
                        match value.unsigned_abs() {
                            // Between 1973 and 5138 in seconds, or in milliseconds.
                            100_000_000..100_000_000_000 => seconds,
                            100_000_000_000..100_000_000_000_000 => seconds.saturating_mul(1_000),
                            _ => return Err(COUNTS),
                        }
                    }
                };
                Ok(self.constant(&value.saturating_sub(by).to_string()))
            }
            (Self::Numeric | Self::Double, Overlap::Amount(amount)) => Ok(format!("{constant} - {amount}")),
            (Self::Numeric | Self::Double, Overlap::Time(_)) => Err(COUNTS),
            (Self::Date, Overlap::Time(time)) => {
                Ok(format!("({constant} - interval '{} seconds')::date", time.as_secs()))
            }
            (Self::Timestamp | Self::Timestamptz, Overlap::Time(time)) => {
                Ok(format!("{constant} - interval '{} seconds'", time.as_secs()))
            }
            (Self::Date | Self::Timestamp | Self::Timestamptz, Overlap::Amount(_)) => Err(IS_TIME),
            (Self::Text | Self::Uuid, _) => Err("holds texts that are not times, so it can have no `overlap`"),
        }
    }

    /// The point in time that a value is, where it is one.
    pub(crate) fn time(self, value: &str) -> Option<DateTime<Utc>> {
        match self {
            Self::Date | Self::Timestamp | Self::Timestamptz => {
                DateTime::from_timestamp_micros(timestamp(value.as_bytes())?.utc_micros())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn going_back_is_left_to_the_server() {
        let hour = Some(Overlap::Time(Duration::from_hours(1)));
        let ten = Some(Overlap::Amount(10));
        for (kind, value, overlap, expected) in [
            (CursorKind::Integer, "5", None, Ok("'5'::int8")),
            (CursorKind::Integer, "5", ten, Ok("'-5'::int8")),
            (CursorKind::Integer, "-9223372036854775808", ten, Ok("'-9223372036854775808'::int8")),
            (CursorKind::Integer, "1704110400", hour, Ok("'1704106800'::int8")),
            (CursorKind::Integer, "1704110400000", hour, Ok("'1704106800000'::int8")),
            (CursorKind::Date, "2024-01-02", hour, Ok("('2024-01-02'::date - interval '3600 seconds')::date")),
            (CursorKind::Numeric, "1.5", ten, Ok("'1.5'::numeric - 10")),
            (CursorKind::Text, "it's", None, Ok("'it''s'::text")),
        ] {
            assert_eq!(kind.back(value, overlap), expected.map(str::to_owned));
        }
        assert!(CursorKind::Integer.back("5", hour).is_err());
        assert!(CursorKind::Timestamp.back("2024-01-01", ten).is_err());
        assert!(CursorKind::Uuid.back("x", hour).is_err());
    }
}
