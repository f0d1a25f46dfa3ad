//! Conversions between Rust values and columns, shared by all tables.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Row, sqlite::SqliteRow};
use uuid::Uuid;

use crate::Process;

/// Largest number of rows a listing gives when asked for "all".
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Counts beyond 2^63 do not occur; they are stored as the largest value.
pub(crate) fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn micros(instant: DateTime<Utc>) -> i64 {
    instant.timestamp_micros()
}

pub(crate) fn later(instant: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    chrono::Duration::from_std(by)
        .ok()
        .and_then(|by| instant.checked_add_signed(by))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

pub(crate) fn json<T: Serialize>(value: &T) -> sqlx::Result<String> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

/// Reads a row column by column, by name.
pub(crate) struct Columns<'a>(pub(crate) &'a SqliteRow);

impl Columns<'_> {
    pub(crate) fn text(&self, column: &'static str) -> sqlx::Result<String> {
        self.0.try_get(column)
    }

    pub(crate) fn optional_text(&self, column: &'static str) -> sqlx::Result<Option<String>> {
        self.0.try_get(column)
    }

    pub(crate) fn integer(&self, column: &'static str) -> sqlx::Result<i64> {
        self.0.try_get(column)
    }

    pub(crate) fn count(&self, column: &'static str) -> sqlx::Result<u64> {
        u64::try_from(self.integer(column)?).map_err(|error| decode(column, error))
    }

    pub(crate) fn optional_count(&self, column: &'static str) -> sqlx::Result<Option<u64>> {
        let value: Option<i64> = self.0.try_get(column)?;
        value.map(|value| u64::try_from(value).map_err(|error| decode(column, error))).transpose()
    }

    pub(crate) fn instant(&self, column: &'static str) -> sqlx::Result<DateTime<Utc>> {
        instant(column, self.integer(column)?)
    }

    pub(crate) fn optional_instant(&self, column: &'static str) -> sqlx::Result<Option<DateTime<Utc>>> {
        let value: Option<i64> = self.0.try_get(column)?;
        value.map(|value| instant(column, value)).transpose()
    }

    pub(crate) fn uuid(&self, column: &'static str) -> sqlx::Result<Uuid> {
        self.text(column)?.parse().map_err(|error: uuid::Error| decode(column, error))
    }

    pub(crate) fn optional_uuid(&self, column: &'static str) -> sqlx::Result<Option<Uuid>> {
        let value: Option<String> = self.0.try_get(column)?;
        value.map(|value| value.parse().map_err(|error: uuid::Error| decode(column, error))).transpose()
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, column: &'static str) -> sqlx::Result<T> {
        let text: &str = self.0.try_get(column)?;
        serde_json::from_str(text).map_err(|error| decode(column, error))
    }

    pub(crate) fn word<T>(&self, column: &'static str, parse: impl Fn(&str) -> Option<T>) -> sqlx::Result<T> {
        let text: &str = self.0.try_get(column)?;
        parse(text).ok_or_else(|| decode(column, format!("unknown word {text:?}")))
    }

    pub(crate) fn process(&self) -> sqlx::Result<Process> {
        Ok(Process {
            host: self.text("host")?,
            machine: self.text("machine")?,
            pid: u32::try_from(self.integer("pid")?).map_err(|error| decode("pid", error))?,
            started: self.count("process_started")?,
        })
    }
}

fn instant(column: &'static str, micros: i64) -> sqlx::Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| decode(column, format!("{micros} is no instant")))
}

fn decode(column: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: source.into() }
}

/// An enumeration that is stored as a word.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$variant_meta])* $variant,)* }

        impl $name {
            /// The word that is stored and shown.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            pub(crate) fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;
