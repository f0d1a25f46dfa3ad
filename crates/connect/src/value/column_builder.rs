//! Texts into one Arrow array.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder, Float64Builder, Int16Builder,
    Int32Builder, Int64Builder, LargeStringBuilder, PrimitiveBuilder, StringBuilder, StringViewBuilder,
    Time64MicrosecondBuilder,
};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow::error::ArrowError;

use super::decimal::decimal_from_text;
use super::number::{boolean, float, integer, trim};
use super::temporal::{date, timestamp};

/// Texts into one Arrow array of a given type. Reading is more generous than inference (`007` is a number where a
/// number was promised), but never loses anything: what does not fit exactly is refused.
pub(crate) enum ColumnBuilder {
    Boolean(BooleanBuilder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Decimal(Decimal128Builder, u8, i8),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Second(PrimitiveBuilder<TimestampSecondType>, bool),
    Millisecond(PrimitiveBuilder<TimestampMillisecondType>, bool),
    Microsecond(PrimitiveBuilder<TimestampMicrosecondType>, bool),
    Nanosecond(PrimitiveBuilder<TimestampNanosecondType>, bool),
    Text(StringBuilder),
    LargeText(LargeStringBuilder),
    TextView(StringViewBuilder),
}

impl ColumnBuilder {
    /// A builder for `rows` rows; `None` where texts cannot hold the type.
    pub(crate) fn new(data_type: &DataType, rows: usize) -> Option<Self> {
        fn instants<T: ArrowPrimitiveType>(data_type: &DataType, rows: usize) -> PrimitiveBuilder<T> {
            PrimitiveBuilder::with_capacity(rows).with_data_type(data_type.clone())
        }
        Some(match data_type {
            DataType::Boolean => Self::Boolean(BooleanBuilder::with_capacity(rows)),
            DataType::Int16 => Self::Int16(Int16Builder::with_capacity(rows)),
            DataType::Int32 => Self::Int32(Int32Builder::with_capacity(rows)),
            DataType::Int64 => Self::Int64(Int64Builder::with_capacity(rows)),
            DataType::Float32 => Self::Float32(Float32Builder::with_capacity(rows)),
            DataType::Float64 => Self::Float64(Float64Builder::with_capacity(rows)),
            DataType::Decimal128(precision, scale) => {
                let builder = Decimal128Builder::with_capacity(rows).with_data_type(data_type.clone());
                Self::Decimal(builder, *precision, *scale)
            }
            DataType::Date32 => Self::Date(Date32Builder::with_capacity(rows)),
            DataType::Time64(TimeUnit::Microsecond) => Self::Time(Time64MicrosecondBuilder::with_capacity(rows)),
            DataType::Timestamp(TimeUnit::Second, zone) => Self::Second(instants(data_type, rows), zone.is_some()),
            DataType::Timestamp(TimeUnit::Millisecond, zone) => {
                Self::Millisecond(instants(data_type, rows), zone.is_some())
            }
            DataType::Timestamp(TimeUnit::Microsecond, zone) => {
                Self::Microsecond(instants(data_type, rows), zone.is_some())
            }
            DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
                Self::Nanosecond(instants(data_type, rows), zone.is_some())
            }
            DataType::Utf8 => Self::Text(StringBuilder::with_capacity(rows, rows * 16)),
            DataType::LargeUtf8 => Self::LargeText(LargeStringBuilder::with_capacity(rows, rows * 16)),
            DataType::Utf8View => Self::TextView(StringViewBuilder::with_capacity(rows)),
            _ => return None,
        })
    }

    /// Appends texts, `None` for NULL. `Err` is the index of the first that does not fit; the builder is then of no
    /// further use.
    pub(crate) fn extend<'a>(&mut self, cells: impl Iterator<Item = Option<&'a str>>) -> Result<(), usize> {
        /// Parses each into the builder.
        macro_rules! parse {
            ($builder:expr, $parse:expr) => {{
                for (index, cell) in cells.enumerate() {
                    match cell {
                        None => $builder.append_null(),
                        Some(text) => match $parse(text.as_bytes()) {
                            Some(value) => $builder.append_value(value),
                            None => return Err(index),
                        },
                    }
                }
            }};
        }
        match self {
            Self::Boolean(builder) => parse!(builder, boolean),
            Self::Int16(builder) => parse!(builder, |text| integer(text).and_then(|value| i16::try_from(value).ok())),
            Self::Int32(builder) => parse!(builder, |text| integer(text).and_then(|value| i32::try_from(value).ok())),
            Self::Int64(builder) => parse!(builder, integer),
            Self::Float32(builder) => parse!(builder, float32),
            Self::Float64(builder) => parse!(builder, float),
            Self::Decimal(builder, precision, scale) => {
                let (precision, scale) = (*precision, *scale);
                parse!(builder, |text| decimal_from_text(text, precision, scale));
            }
            Self::Date(builder) => parse!(builder, date),
            Self::Time(builder) => parse!(builder, time_of_day),
            Self::Second(builder, zoned) => parse!(builder, |text| instant(text, *zoned, 1_000_000, 1)),
            Self::Millisecond(builder, zoned) => parse!(builder, |text| instant(text, *zoned, 1_000, 1)),
            Self::Microsecond(builder, zoned) => parse!(builder, |text| instant(text, *zoned, 1, 1)),
            Self::Nanosecond(builder, zoned) => parse!(builder, |text| instant(text, *zoned, 1, 1_000)),
            Self::Text(builder) => cells.for_each(|cell| builder.append_option(cell)),
            Self::LargeText(builder) => cells.for_each(|cell| builder.append_option(cell)),
            Self::TextView(builder) => cells.for_each(|cell| builder.append_option(cell)),
        }
        Ok(())
    }

    /// The array; the builder is empty again.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Int16(builder) => Arc::new(builder.finish()),
            Self::Int32(builder) => Arc::new(builder.finish()),
            Self::Int64(builder) => Arc::new(builder.finish()),
            Self::Float32(builder) => Arc::new(builder.finish()),
            Self::Float64(builder) => Arc::new(builder.finish()),
            Self::Decimal(builder, precision, scale) => {
                Arc::new(builder.finish().with_precision_and_scale(*precision, *scale)?)
            }
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::Second(builder, _) => Arc::new(builder.finish()),
            Self::Millisecond(builder, _) => Arc::new(builder.finish()),
            Self::Microsecond(builder, _) => Arc::new(builder.finish()),
            Self::Nanosecond(builder, _) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::LargeText(builder) => Arc::new(builder.finish()),
            Self::TextView(builder) => Arc::new(builder.finish()),
        })
    }
}

/// Whether a type is text, in any of Arrow's layouts.
pub(crate) fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to the nearest is what a real is; overflow is refused")]
fn float32(text: &[u8]) -> Option<f32> {
    let wide = float(text)?;
    let value = wide as f32;
    (value.is_finite() == wide.is_finite()).then_some(value)
}

/// In units of `divisor` microseconds (or `factor` units in a microsecond). A time without offset in a zoned column
/// is UTC; a time with an offset other than UTC does not fit a column without zone, where the offset would be lost. Nor does
/// one with more digits than the column has.
fn instant(text: &[u8], zoned: bool, divisor: i64, factor: i64) -> Option<i64> {
    let instant = timestamp(text).filter(|instant| instant.exact)?;
    let utc_or_none = instant.offset_seconds.is_none_or(|seconds| seconds == 0);
    let micros = instant.utc_micros();
    let fits = (zoned || utc_or_none) && micros.rem_euclid(divisor) == 0;
    fits.then(|| micros.div_euclid(divisor)).and_then(|value| value.checked_mul(factor))
}

/// `HH:MM[:SS[.fraction]]` as microseconds since midnight.
fn time_of_day(text: &[u8]) -> Option<i64> {
    let text = trim(text);
    let mut full = Vec::with_capacity(11 + text.len());
    full.extend_from_slice(b"1970-01-01 ");
    full.extend_from_slice(text);
    timestamp(&full).filter(|instant| instant.offset_seconds.is_none() && instant.exact).map(|instant| instant.micros)
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Decimal128Type;

    use super::*;

    fn build(data_type: &DataType, cells: &[Option<&str>]) -> Result<ArrayRef, usize> {
        let mut builder = ColumnBuilder::new(data_type, cells.len()).unwrap();
        builder.extend(cells.iter().copied())?;
        let array = builder.finish().unwrap();
        assert_eq!(array.data_type(), data_type);
        Ok(array)
    }

    #[test]
    fn every_type_reads_its_texts_and_refuses_others() {
        let zone = Some(Arc::<str>::from("UTC"));
        let cases: &[(DataType, &str, &str)] = &[
            (DataType::Boolean, "true", "2"),
            (DataType::Int16, "-32768", "32768"),
            (DataType::Int32, "2147483647", "2147483648"),
            (DataType::Int64, "007", "7.5"),
            (DataType::Float32, "1.5", "1e39"),
            (DataType::Float64, "1e300", "1e309"),
            (DataType::Decimal128(5, 2), "123.45", "1234.5"),
            (DataType::Date32, "2024-01-31", "2024-01-31 00:00:00"),
            (DataType::Time64(TimeUnit::Microsecond), "23:59:59.5", "24:00"),
            (DataType::Timestamp(TimeUnit::Second, None), "2024-01-31", "31.01.2024"),
            (DataType::Timestamp(TimeUnit::Millisecond, None), "2024-01-31T10:00Z", "2024-01-31T10:00+01:00"),
            (DataType::Timestamp(TimeUnit::Microsecond, zone.clone()), "2024-01-31T10:00+01:00", "noon"),
            (DataType::Timestamp(TimeUnit::Nanosecond, zone), "2024-01-31", "9999-01-01"),
            (DataType::Timestamp(TimeUnit::Second, None), "2024-01-31 10:00:00.000", "2024-01-31 10:00:00.5"),
            (
                DataType::Timestamp(TimeUnit::Microsecond, None),
                "2024-01-31 10:00:00.1234560",
                "2024-01-31 10:00:00.1234567",
            ),
        ];
        for (data_type, good, bad) in cases {
            let array = build(data_type, &[None, Some(good)]).unwrap();
            assert_eq!((array.len(), array.null_count()), (2, 1), "{data_type}");
            assert_eq!(build(data_type, &[None, Some(good), Some(bad)]).unwrap_err(), 2, "{data_type}");
        }
        for data_type in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View] {
            assert_eq!(build(&data_type, &[Some(""), None]).unwrap().null_count(), 1);
        }
        assert!(ColumnBuilder::new(&DataType::Binary, 1).is_none());
    }

    #[test]
    fn decimals_keep_their_scale() {
        let array = build(&DataType::Decimal128(12, 2), &[Some("19.9")]).unwrap();
        assert_eq!(array.as_primitive::<Decimal128Type>().value(0), 1990);
    }
}
