//! SQLite values into one Arrow array.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryBuilder, BinaryViewBuilder, LargeBinaryBuilder};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use rusqlite::types::ValueRef;

use crate::value::{ColumnBuilder, Epoch, RealTime, is_text, shape};

/// SQLite values into one Arrow array of a given type.
pub(crate) enum ValueBuilder {
    Column(ColumnBuilder, Meaning),
    Binary(BinaryBuilder),
    LargeBinary(LargeBinaryBuilder),
    BinaryView(BinaryViewBuilder),
}

/// How values are meant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meaning {
    is_text: bool,
    is_time: bool,
    epoch: Epoch,
    /// How the numbers of a column of times have been meant so far.
    numbers: Option<RealTime>,
}

impl ValueBuilder {
    /// `None` where SQLite's values cannot hold the type.
    pub(crate) fn new(data_type: &DataType, rows: usize, epoch: Epoch) -> Option<Self> {
        Some(match data_type {
            DataType::Binary => Self::Binary(BinaryBuilder::new()),
            DataType::LargeBinary => Self::LargeBinary(LargeBinaryBuilder::new()),
            DataType::BinaryView => Self::BinaryView(BinaryViewBuilder::new()),
            other => {
                let is_time = matches!(other, DataType::Date32 | DataType::Timestamp(..));
                let meaning = Meaning { is_text: is_text(other), is_time, epoch, numbers: None };
                Self::Column(ColumnBuilder::new(other, rows)?, meaning)
            }
        })
    }

    /// Appends a value. `Err` is its shape: it does not fit, and the builder is of no further use.
    pub(crate) fn append(&mut self, value: ValueRef<'_>) -> Result<(), String> {
        match self {
            Self::Column(builder, meaning) => append(builder, meaning, value),
            Self::Binary(builder) => bytes(value).map(|bytes| builder.append_option(bytes)),
            Self::LargeBinary(builder) => bytes(value).map(|bytes| builder.append_option(bytes)),
            Self::BinaryView(builder) => bytes(value).map(|bytes| builder.append_option(bytes)),
        }
    }

    /// The array; the builder is empty again.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        match self {
            Self::Column(builder, _) => builder.finish(),
            Self::Binary(builder) => Ok(Arc::new(builder.finish())),
            Self::LargeBinary(builder) => Ok(Arc::new(builder.finish())),
            Self::BinaryView(builder) => Ok(Arc::new(builder.finish())),
        }
    }
}

fn append(builder: &mut ColumnBuilder, meaning: &mut Meaning, value: ValueRef<'_>) -> Result<(), String> {
    if meaning.is_time {
        meaning.check(value)?;
    }
    let fits = match value {
        ValueRef::Null => {
            builder.append_null();
            true
        }
        ValueRef::Integer(number) => builder.append_integer(number, meaning.epoch),
        ValueRef::Real(number) => builder.append_real(number, meaning.epoch),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => builder.append_text(text),
            Err(_) => return Err(format!("text of {} bytes that are not UTF-8", text.len())),
        },
        // As PostgreSQL writes bytes.
        ValueRef::Blob(blob) if meaning.is_text => builder.append_text(&hex(blob)),
        ValueRef::Blob(_) => false,
    };
    if fits { Ok(()) } else { Err(shape_of(value)) }
}

impl Meaning {
    /// Numbers of a column of times must all be meant in one way.
    fn check(&mut self, value: ValueRef<'_>) -> Result<(), String> {
        let meant = match value {
            ValueRef::Integer(number) => self.epoch.instant(number).map(|_| RealTime::Unix),
            ValueRef::Real(number) => self.epoch.instant_of_real(number).map(|(_, meant)| meant),
            _ => return Ok(()),
        };
        match (meant, self.numbers) {
            (None, _) if self.epoch == Epoch::Unsaid => Err(format!(
                "{} that is no time in seconds between 1800 and 2199 (list the column under `epoch_milliseconds`, \
                 `epoch_microseconds` or `epoch_seconds` of the table's `ingest:` to say what it counts)",
                shape_of(value)
            )),
            (Some(meant), Some(others)) if meant != others => {
                Err(format!("{} among Julian days and seconds since 1970, which cannot be told apart", shape_of(value)))
            }
            (Some(meant), _) => {
                self.numbers = Some(meant);
                Ok(())
            }
            (None, _) => Ok(()),
        }
    }
}

fn bytes(value: ValueRef<'_>) -> Result<Option<&[u8]>, String> {
    match value {
        ValueRef::Null => Ok(None),
        ValueRef::Blob(bytes) | ValueRef::Text(bytes) => Ok(Some(bytes)),
        other => Err(shape_of(other)),
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits =
        bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)]));
    "\\x".chars().chain(digits).collect()
}

fn shape_of(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(_) => "a whole number".to_owned(),
        ValueRef::Real(_) => "a number with a point".to_owned(),
        ValueRef::Text(text) => shape(&String::from_utf8_lossy(text)),
        ValueRef::Blob(blob) => format!("a blob of {} bytes", blob.len()),
    }
}
