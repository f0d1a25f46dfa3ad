//! Values of one column into one Arrow array.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder, Float64Builder, Int16Builder,
    Int32Builder, Int64Builder, Time64MicrosecondBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

use super::array::ListBuilder;
use super::bytes_builder::BytesBuilder;
use super::time::{self, MICROS_PER_DAY};
use super::{Misfit, numeric};
use crate::postgres::reading::{Reading, Sent};
use crate::postgres::source_type::TypeKind;

/// Values of one column into one Arrow array of the type that its [`Reading`] says.
pub(crate) struct ValueBuilder {
    reading: Reading,
    pub(super) column: Column,
    rows: usize,
    /// How many values were infinite dates or times.
    pub(super) infinite: u64,
}

/// What is built, by the form in which values are sent and the type that they become.
pub(super) enum Column {
    Boolean(BooleanBuilder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Oid(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    IntegerAsFloat32(Float32Builder),
    IntegerAsFloat64(Float64Builder),
    Decimal(Decimal128Builder, u8, i8),
    /// `money`, with its precision, its scale and how many digits after the point the server writes.
    Amount(Decimal128Builder, u8, i8, i8),
    /// With the power of ten of its scale.
    IntegerAsDecimal(Decimal128Builder, i128),
    NumericAsInteger(Int64Builder),
    Text(BytesBuilder),
    /// A boolean that was promised as text.
    BooleanAsText(BytesBuilder),
    Padded(BytesBuilder),
    Jsonb(BytesBuilder),
    Uuid(BytesBuilder),
    Bytes(BytesBuilder),
    Date(Date32Builder),
    DateAsTimestamp(TimestampMicrosecondBuilder),
    Time(Time64MicrosecondBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    List(Box<ListBuilder>),
}

impl Column {
    fn new(reading: &Reading, rows: usize) -> Self {
        let data_type = &reading.data_type;
        let bytes = || BytesBuilder::new(rows);
        let int64 = || Int64Builder::with_capacity(rows);
        let timestamps = || TimestampMicrosecondBuilder::with_capacity(rows).with_data_type(data_type.clone());
        let decimals = || Decimal128Builder::with_capacity(rows).with_data_type(data_type.clone());
        match (reading.sent, data_type) {
            (Sent::As(TypeKind::Boolean), _) => Self::Boolean(BooleanBuilder::with_capacity(rows)),
            (Sent::As(TypeKind::Integer), DataType::Int16) => Self::Int16(Int16Builder::with_capacity(rows)),
            (Sent::As(TypeKind::Integer), DataType::Int32) => Self::Int32(Int32Builder::with_capacity(rows)),
            (Sent::As(TypeKind::Integer), DataType::Int64) => Self::Int64(int64()),
            (Sent::As(TypeKind::Integer), DataType::Float32) => {
                Self::IntegerAsFloat32(Float32Builder::with_capacity(rows))
            }
            (Sent::As(TypeKind::Integer), DataType::Float64) => {
                Self::IntegerAsFloat64(Float64Builder::with_capacity(rows))
            }
            (Sent::As(TypeKind::Integer | TypeKind::Oid), DataType::Decimal128(_, scale)) => {
                Self::IntegerAsDecimal(decimals(), 10_i128.pow(u32::try_from(*scale).unwrap_or(0).min(38)))
            }
            (Sent::As(TypeKind::Oid), _) => Self::Oid(int64()),
            (Sent::As(TypeKind::Float), DataType::Float32) => Self::Float32(Float32Builder::with_capacity(rows)),
            (Sent::As(TypeKind::Float) | Sent::DoubleOf(_), _) => Self::Float64(Float64Builder::with_capacity(rows)),
            (Sent::As(TypeKind::Numeric), DataType::Int64) => Self::NumericAsInteger(int64()),
            (Sent::As(TypeKind::Numeric), DataType::Decimal128(precision, scale)) => {
                Self::Decimal(decimals(), *precision, *scale)
            }
            (Sent::Amount(digits), DataType::Decimal128(precision, scale)) => {
                Self::Amount(decimals(), *precision, *scale, digits)
            }
            (Sent::As(TypeKind::Padded), _) => Self::Padded(bytes()),
            (Sent::As(TypeKind::Jsonb), _) => Self::Jsonb(bytes()),
            (Sent::As(TypeKind::Uuid), _) => Self::Uuid(bytes()),
            (Sent::As(TypeKind::Bytes), _) => Self::Bytes(bytes()),
            (Sent::As(TypeKind::Date), DataType::Date32) => Self::Date(Date32Builder::with_capacity(rows)),
            (Sent::As(TypeKind::Date), _) => Self::DateAsTimestamp(timestamps()),
            (Sent::As(TypeKind::Time), _) => Self::Time(Time64MicrosecondBuilder::with_capacity(rows)),
            (Sent::As(TypeKind::Timestamp | TypeKind::TimestampTz), _) => Self::Timestamp(timestamps()),
            (Sent::As(TypeKind::Array), _) if let Some(element) = &reading.element => {
                Self::List(Box::new(ListBuilder::new(element, rows)))
            }
            (Sent::TextOf(TypeKind::Boolean), _) => Self::BooleanAsText(bytes()),
            _ => Self::Text(bytes()),
        }
    }
}

impl ValueBuilder {
    /// A builder for about `rows` rows.
    pub(crate) fn new(reading: &Reading, rows: usize) -> Self {
        Self { column: Column::new(reading, rows), reading: reading.clone(), rows, infinite: 0 }
    }

    /// How many dates and times were infinite, and became the last or first one that there is, since this was asked last.
    pub(crate) fn take_infinite(&mut self) -> u64 {
        std::mem::take(&mut self.infinite)
    }

    /// Appends NULL.
    pub(crate) fn append_null(&mut self) {
        match &mut self.column {
            Column::Boolean(builder) => builder.append_null(),
            Column::Int16(builder) => builder.append_null(),
            Column::Int32(builder) => builder.append_null(),
            Column::Int64(builder) | Column::Oid(builder) | Column::NumericAsInteger(builder) => builder.append_null(),
            Column::Float32(builder) | Column::IntegerAsFloat32(builder) => builder.append_null(),
            Column::Float64(builder) | Column::IntegerAsFloat64(builder) => builder.append_null(),
            Column::Decimal(builder, ..) | Column::Amount(builder, ..) | Column::IntegerAsDecimal(builder, _) => {
                builder.append_null();
            }
            Column::Text(builder)
            | Column::BooleanAsText(builder)
            | Column::Padded(builder)
            | Column::Jsonb(builder)
            | Column::Uuid(builder)
            | Column::Bytes(builder) => builder.append_null(),
            Column::Date(builder) => builder.append_null(),
            Column::Time(builder) => builder.append_null(),
            Column::Timestamp(builder) | Column::DateAsTimestamp(builder) => builder.append_null(),
            Column::List(builder) => builder.append_null(),
        }
    }

    /// Appends a value in the binary form in which COPY sends it. After an error it has not got the value, and a NULL may take its place.
    #[inline]
    pub(crate) fn append_binary(&mut self, bytes: &[u8]) -> Result<(), Misfit> {
        match &mut self.column {
            Column::Boolean(builder) => match bytes {
                [0] => builder.append_value(false),
                [1] => builder.append_value(true),
                _ => return Err(Misfit::broken(bytes.len())),
            },
            Column::Int16(builder) => builder.append_value(i16::from_be_bytes(exactly(bytes)?)),
            Column::Int32(builder) => match bytes.len() {
                2 => builder.append_value(i32::from(i16::from_be_bytes(exactly(bytes)?))),
                _ => builder.append_value(i32::from_be_bytes(exactly(bytes)?)),
            },
            Column::Int64(builder) => builder.append_value(integer(bytes)?),
            Column::Oid(builder) => builder.append_value(i64::from(u32::from_be_bytes(exactly(bytes)?))),
            Column::Float32(builder) => builder.append_value(f32::from_be_bytes(exactly(bytes)?)),
            Column::Float64(builder) => match bytes.len() {
                4 => builder.append_value(f64::from(f32::from_be_bytes(exactly(bytes)?))),
                _ => builder.append_value(f64::from_be_bytes(exactly(bytes)?)),
            },
            Column::IntegerAsFloat32(builder) => {
                builder.append_value(f32::from(i16::from_be_bytes(exactly(bytes)?)));
            }
            Column::IntegerAsFloat64(builder) => match bytes.len() {
                2 => builder.append_value(f64::from(i16::from_be_bytes(exactly(bytes)?))),
                _ => builder.append_value(f64::from(i32::from_be_bytes(exactly(bytes)?))),
            },
            Column::Decimal(builder, precision, scale) | Column::Amount(builder, precision, scale, _) => {
                builder.append_value(numeric::decimal(bytes, *precision, *scale)?);
            }
            Column::IntegerAsDecimal(builder, factor) => {
                builder.append_value(i128::from(integer_or_oid(&self.reading, bytes)?) * *factor);
            }
            Column::NumericAsInteger(builder) => {
                let value = numeric::decimal(bytes, 19, 0)?;
                builder.append_value(i64::try_from(value).map_err(|_| Misfit::digits())?);
            }
            Column::Text(builder) | Column::BooleanAsText(builder) | Column::Bytes(builder) => builder.append(bytes),
            Column::Padded(builder) => builder.append(bytes.trim_suffix_blanks()),
            Column::Jsonb(builder) => match bytes {
                // The version of its binary form.
                [1, text @ ..] => builder.append(text),
                _ => return Err(Misfit::broken(bytes.len())),
            },
            Column::Uuid(builder) => {
                let value: [u8; 16] = exactly(bytes)?;
                builder.append_with(|buffer| write_uuid(buffer, value));
            }
            Column::Date(builder) => {
                let (days, is_infinite) = time::date(bytes)?;
                self.infinite += u64::from(is_infinite);
                builder.append_value(days);
            }
            Column::DateAsTimestamp(builder) => {
                let (days, is_infinite) = time::date(bytes)?;
                self.infinite += u64::from(is_infinite);
                builder.append_value(i64::from(days) * MICROS_PER_DAY);
            }
            Column::Time(builder) => builder.append_value(time::time(bytes)?),
            Column::Timestamp(builder) => {
                let (micros, is_infinite) = time::timestamp(bytes)?;
                self.infinite += u64::from(is_infinite);
                builder.append_value(micros);
            }
            Column::List(builder) => self.infinite += builder.append_binary(bytes)?,
        }
        Ok(())
    }

    /// The array; the builder is empty again.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let array = match &mut self.column {
            Column::Text(builder)
            | Column::BooleanAsText(builder)
            | Column::Padded(builder)
            | Column::Jsonb(builder)
            | Column::Uuid(builder) => builder.finish_text()?,
            Column::Bytes(builder) => builder.finish_binary()?,
            Column::List(builder) => builder.finish()?,
            _ => {
                let fresh = Column::new(&self.reading, self.rows);
                let array = std::mem::replace(&mut self.column, fresh).into_array();
                self.rows = self.rows.max(array.len());
                array
            }
        };
        if array.data_type() == &self.reading.data_type {
            Ok(array)
        } else {
            arrow::compute::cast(&array, &self.reading.data_type)
        }
    }
}

impl Column {
    /// Those that are not made of bytes.
    fn into_array(self) -> ArrayRef {
        match self {
            Self::Boolean(mut builder) => Arc::new(builder.finish()),
            Self::Int16(mut builder) => Arc::new(builder.finish()),
            Self::Int32(mut builder) => Arc::new(builder.finish()),
            Self::Int64(mut builder) | Self::Oid(mut builder) | Self::NumericAsInteger(mut builder) => {
                Arc::new(builder.finish())
            }
            Self::Float32(mut builder) | Self::IntegerAsFloat32(mut builder) => Arc::new(builder.finish()),
            Self::Float64(mut builder) | Self::IntegerAsFloat64(mut builder) => Arc::new(builder.finish()),
            Self::Decimal(mut builder, ..) | Self::Amount(mut builder, ..) | Self::IntegerAsDecimal(mut builder, _) => {
                Arc::new(builder.finish())
            }
            Self::Date(mut builder) => Arc::new(builder.finish()),
            Self::Time(mut builder) => Arc::new(builder.finish()),
            Self::Timestamp(mut builder) | Self::DateAsTimestamp(mut builder) => Arc::new(builder.finish()),
            Self::Text(_)
            | Self::BooleanAsText(_)
            | Self::Padded(_)
            | Self::Jsonb(_)
            | Self::Uuid(_)
            | Self::Bytes(_)
            | Self::List(_) => unreachable!("finished in place"),
        }
    }
}

#[inline]
fn exactly<const COUNT: usize>(bytes: &[u8]) -> Result<[u8; COUNT], Misfit> {
    bytes.try_into().map_err(|_| Misfit::broken(bytes.len()))
}

#[inline]
fn integer(bytes: &[u8]) -> Result<i64, Misfit> {
    match bytes.len() {
        8 => Ok(i64::from_be_bytes(exactly(bytes)?)),
        4 => Ok(i64::from(i32::from_be_bytes(exactly(bytes)?))),
        _ => Ok(i64::from(i16::from_be_bytes(exactly(bytes)?))),
    }
}

fn integer_or_oid(reading: &Reading, bytes: &[u8]) -> Result<i64, Misfit> {
    match reading.sent {
        Sent::As(TypeKind::Oid) => Ok(i64::from(u32::from_be_bytes(exactly(bytes)?))),
        _ => integer(bytes),
    }
}

fn write_uuid(buffer: &mut Vec<u8>, value: [u8; 16]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [b'-'; 36];
    let mut place = 0;
    for (index, byte) in value.into_iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            place += 1;
        }
        text[place] = DIGITS[usize::from(byte >> 4)];
        text[place + 1] = DIGITS[usize::from(byte & 15)];
        place += 2;
    }
    buffer.extend_from_slice(&text);
}

/// Without the blanks with which `char(n)` is filled up.
pub(super) trait TrimSuffixBlanks {
    fn trim_suffix_blanks(&self) -> &[u8];
}

impl TrimSuffixBlanks for [u8] {
    fn trim_suffix_blanks(&self) -> &[u8] {
        let end = self.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
        &self[..end]
    }
}
