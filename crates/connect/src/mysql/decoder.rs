//! Values of one column into one Arrow array.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BinaryViewBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder,
    Float64Builder, Int8Builder, Int16Builder, Int32Builder, Int64Builder, LargeBinaryBuilder, LargeStringBuilder,
    StringBuilder, StringViewBuilder, Time64MicrosecondBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, TimeUnit};
use arrow::error::ArrowError;
use chrono::{Datelike, NaiveDate};
use mysql_async::Value;

use super::column_type::ColumnType;
use super::text::{bits, write_text};
use crate::value::{decimal_from_text, rescale, shape};

/// Values of one column, as the driver gives them, into one Arrow array. Exact, or an error.
pub(crate) struct Decoder {
    column: ColumnType,
    cells: Cells,
    /// Dates that are none (`0000-00-00`), for which NULL was appended.
    no_dates: u64,
    scratch: String,
}

enum Cells {
    Boolean(BooleanBuilder),
    Int8(Int8Builder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Decimal(Decimal128Builder, u8, i8),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    Text(StringBuilder),
    LargeText(LargeStringBuilder),
    TextView(StringViewBuilder),
    Binary(BinaryBuilder),
    LargeBinary(LargeBinaryBuilder),
    BinaryView(BinaryViewBuilder),
}

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// 1970-01-01, in days of the common era.
const EPOCH_DAYS: i32 = 719_163;

impl Decoder {
    /// `None` where the column does not fit the type ([`ColumnType::fits`]).
    pub(crate) fn new(column: ColumnType, data_type: &DataType, rows: usize) -> Option<Self> {
        if !column.fits(data_type) {
            return None;
        }
        let cells = match data_type {
            DataType::Boolean => Cells::Boolean(BooleanBuilder::with_capacity(rows)),
            DataType::Int8 => Cells::Int8(Int8Builder::with_capacity(rows)),
            DataType::Int16 => Cells::Int16(Int16Builder::with_capacity(rows)),
            DataType::Int32 => Cells::Int32(Int32Builder::with_capacity(rows)),
            DataType::Int64 => Cells::Int64(Int64Builder::with_capacity(rows)),
            DataType::Float32 => Cells::Float32(Float32Builder::with_capacity(rows)),
            DataType::Float64 => Cells::Float64(Float64Builder::with_capacity(rows)),
            DataType::Decimal128(precision, scale) => {
                let builder = Decimal128Builder::with_capacity(rows).with_data_type(data_type.clone());
                Cells::Decimal(builder, *precision, *scale)
            }
            DataType::Date32 => Cells::Date(Date32Builder::with_capacity(rows)),
            DataType::Time64(TimeUnit::Microsecond) => Cells::Time(Time64MicrosecondBuilder::with_capacity(rows)),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                Cells::Timestamp(TimestampMicrosecondBuilder::with_capacity(rows).with_data_type(data_type.clone()))
            }
            DataType::Utf8 => Cells::Text(StringBuilder::with_capacity(rows, rows * 16)),
            DataType::LargeUtf8 => Cells::LargeText(LargeStringBuilder::with_capacity(rows, rows * 16)),
            DataType::Utf8View => Cells::TextView(StringViewBuilder::with_capacity(rows)),
            DataType::Binary => Cells::Binary(BinaryBuilder::new()),
            DataType::LargeBinary => Cells::LargeBinary(LargeBinaryBuilder::new()),
            DataType::BinaryView => Cells::BinaryView(BinaryViewBuilder::new()),
            _ => return None,
        };
        Some(Self { column, cells, no_dates: 0, scratch: String::new() })
    }

    /// Appends a value. `Err` is its shape: it does not fit, and the decoder is of no further use.
    pub(crate) fn append(&mut self, value: &Value) -> Result<(), String> {
        if *value == Value::NULL {
            self.append_null();
            return Ok(());
        }
        /// Appends what there is, if there is something.
        macro_rules! append {
            ($builder:expr, $value:expr) => {
                match $value {
                    Some(value) => {
                        $builder.append_value(value);
                        true
                    }
                    None => false,
                }
            };
        }
        let column = self.column;
        let fits = match &mut self.cells {
            Cells::Boolean(builder) => append!(builder, truth(value, column)),
            Cells::Int8(builder) => append!(builder, number(value, column)),
            Cells::Int16(builder) => append!(builder, number(value, column)),
            Cells::Int32(builder) => append!(builder, number(value, column)),
            Cells::Int64(builder) => append!(builder, number(value, column)),
            Cells::Float32(builder) => append!(builder, single(value)),
            Cells::Float64(builder) => append!(builder, double(value, column)),
            Cells::Decimal(builder, precision, scale) => append!(builder, decimal(value, column, *precision, *scale)),
            Cells::Date(builder) => match days(value) {
                Day::Is(days) => append!(builder, Some(days)),
                Day::IsNone => {
                    self.no_dates += 1;
                    builder.append_null();
                    true
                }
                Day::OtherKind => false,
            },
            Cells::Timestamp(builder) => match days(value) {
                Day::Is(days) => append!(builder, micros(days, value)),
                Day::IsNone => {
                    self.no_dates += 1;
                    builder.append_null();
                    true
                }
                Day::OtherKind => false,
            },
            Cells::Time(builder) => append!(builder, time_of_day(value)),
            Cells::Text(builder) => append!(builder, as_text(value, column, &mut self.scratch)),
            Cells::LargeText(builder) => append!(builder, as_text(value, column, &mut self.scratch)),
            Cells::TextView(builder) => append!(builder, as_text(value, column, &mut self.scratch)),
            Cells::Binary(builder) => append!(builder, bytes(value)),
            Cells::LargeBinary(builder) => append!(builder, bytes(value)),
            Cells::BinaryView(builder) => append!(builder, bytes(value)),
        };
        if fits { Ok(()) } else { Err(self.shape_of(value)) }
    }

    fn append_null(&mut self) {
        match &mut self.cells {
            Cells::Boolean(builder) => builder.append_null(),
            Cells::Int8(builder) => builder.append_null(),
            Cells::Int16(builder) => builder.append_null(),
            Cells::Int32(builder) => builder.append_null(),
            Cells::Int64(builder) => builder.append_null(),
            Cells::Float32(builder) => builder.append_null(),
            Cells::Float64(builder) => builder.append_null(),
            Cells::Decimal(builder, ..) => builder.append_null(),
            Cells::Date(builder) => builder.append_null(),
            Cells::Time(builder) => builder.append_null(),
            Cells::Timestamp(builder) => builder.append_null(),
            Cells::Text(builder) => builder.append_null(),
            Cells::LargeText(builder) => builder.append_null(),
            Cells::TextView(builder) => builder.append_null(),
            Cells::Binary(builder) => builder.append_null(),
            Cells::LargeBinary(builder) => builder.append_null(),
            Cells::BinaryView(builder) => builder.append_null(),
        }
    }

    /// The array; the decoder is empty again.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match &mut self.cells {
            Cells::Boolean(builder) => Arc::new(builder.finish()),
            Cells::Int8(builder) => Arc::new(builder.finish()),
            Cells::Int16(builder) => Arc::new(builder.finish()),
            Cells::Int32(builder) => Arc::new(builder.finish()),
            Cells::Int64(builder) => Arc::new(builder.finish()),
            Cells::Float32(builder) => Arc::new(builder.finish()),
            Cells::Float64(builder) => Arc::new(builder.finish()),
            Cells::Decimal(builder, precision, scale) => {
                Arc::new(builder.finish().with_precision_and_scale(*precision, *scale)?)
            }
            Cells::Date(builder) => Arc::new(builder.finish()),
            Cells::Time(builder) => Arc::new(builder.finish()),
            Cells::Timestamp(builder) => Arc::new(builder.finish()),
            Cells::Text(builder) => Arc::new(builder.finish()),
            Cells::LargeText(builder) => Arc::new(builder.finish()),
            Cells::TextView(builder) => Arc::new(builder.finish()),
            Cells::Binary(builder) => Arc::new(builder.finish()),
            Cells::LargeBinary(builder) => Arc::new(builder.finish()),
            Cells::BinaryView(builder) => Arc::new(builder.finish()),
        })
    }

    /// Dates so far that are none (`0000-00-00`) and for which NULL was appended.
    pub(crate) fn no_dates(&self) -> u64 {
        self.no_dates
    }

    fn shape_of(&self, value: &Value) -> String {
        match (value, self.column) {
            (Value::Int(_) | Value::UInt(_), _) if matches!(self.cells, Cells::Boolean(_)) => {
                "a whole number other than 0 and 1".to_owned()
            }
            (Value::Time(..), _) => "a time outside of one day".to_owned(),
            (Value::Bytes(bytes), ColumnType::Bytes | ColumnType::Geometry | ColumnType::Bit(_)) => {
                format!("{} bytes", bytes.len())
            }
            (Value::Bytes(bytes), ColumnType::Text) if std::str::from_utf8(bytes).is_err() => {
                format!("text of {} bytes that are not UTF-8", bytes.len())
            }
            _ => {
                let mut text = String::new();
                match write_text(value, self.column, &mut text) {
                    Ok(()) => shape(&text),
                    Err(_) => "bytes that are not UTF-8".to_owned(),
                }
            }
        }
    }
}

fn truth(value: &Value, column: ColumnType) -> Option<bool> {
    match wide(value, column)? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn number<T: TryFrom<i128>>(value: &Value, column: ColumnType) -> Option<T> {
    T::try_from(wide(value, column)?).ok()
}

/// Whole numbers, bits (which come as bytes) and decimals without fraction (which come as text).
fn wide(value: &Value, column: ColumnType) -> Option<i128> {
    match (value, column) {
        (Value::Int(number), _) => Some(i128::from(*number)),
        (Value::UInt(number), _) => Some(i128::from(*number)),
        (Value::Bytes(bytes), ColumnType::Bit(_)) => Some(i128::from(bits(bytes))),
        (Value::Bytes(text), ColumnType::Decimal(..)) => decimal_from_text(text, 38, 0),
        _ => None,
    }
}

fn single(value: &Value) -> Option<f32> {
    match value {
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

fn double(value: &Value, column: ColumnType) -> Option<f64> {
    match value {
        Value::Float(number) => Some(f64::from(*number)),
        Value::Double(number) => Some(*number),
        // Up to four bytes, with or without sign: a double holds them exactly.
        other => number::<i32>(other, column).map(f64::from).or_else(|| number::<u32>(other, column).map(f64::from)),
    }
}

fn decimal(value: &Value, column: ColumnType, precision: u8, scale: i8) -> Option<i128> {
    match (value, column) {
        (Value::Bytes(text), ColumnType::Decimal(..)) => decimal_from_text(text, precision, scale),
        _ => rescale(wide(value, column)?, 0, precision, scale),
    }
}

fn as_text<'a>(value: &'a Value, column: ColumnType, scratch: &'a mut String) -> Option<&'a str> {
    if let (Value::Bytes(bytes), false) =
        (value, matches!(column, ColumnType::Bytes | ColumnType::Geometry | ColumnType::Bit(_)))
    {
        return std::str::from_utf8(bytes).ok();
    }
    scratch.clear();
    write_text(value, column, scratch).ok()?;
    Some(scratch)
}

fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

enum Day {
    Is(i32),
    /// A date that is none: of zeros, or a day that its month has not got (which a server may allow).
    IsNone,
    OtherKind,
}

/// Days since 1970-01-01.
fn days(value: &Value) -> Day {
    let Value::Date(year, month, day, ..) = value else { return Day::OtherKind };
    let date = NaiveDate::from_ymd_opt(i32::from(*year), u32::from(*month), u32::from(*day)).filter(|_| *year > 0);
    date.map_or(Day::IsNone, |date| Day::Is(date.num_days_from_ce() - EPOCH_DAYS))
}

/// Microseconds since 1970-01-01T00:00:00.
fn micros(days: i32, value: &Value) -> Option<i64> {
    let Value::Date(_, _, _, hour, minute, second, micros) = value else { return None };
    let of_day = of_day(i64::from(*hour), *minute, *second, *micros);
    Some(i64::from(days) * SECONDS_PER_DAY * MICROS_PER_SECOND + of_day)
}

/// Microseconds since midnight.
fn time_of_day(value: &Value) -> Option<i64> {
    match value {
        Value::Time(false, 0, hour, minute, second, micros) => {
            Some(of_day(i64::from(*hour), *minute, *second, *micros))
        }
        // Minus zero.
        Value::Time(true, 0, 0, 0, 0, 0) => Some(0),
        _ => None,
    }
}

fn of_day(hour: i64, minute: u8, second: u8, micros: u32) -> i64 {
    (hour * 3_600 + i64::from(minute) * 60 + i64::from(second)) * MICROS_PER_SECOND + i64::from(micros)
}
