//! As what a column is read: the type it comes to be, and what the server is asked for to that end.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, TimeUnit};

use super::literal::identifier;
use super::source_type::{SourceType, TypeKind};

/// As what a column is read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    /// What the server sends.
    pub(crate) sent: Sent,
    /// The Arrow type that it becomes.
    pub(crate) data_type: DataType,
    /// Of an array: its elements.
    pub(crate) element: Option<Box<Reading>>,
}

/// What the server sends for a column, in the binary format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The value in its own binary form.
    As(TypeKind),
    /// The value as text, by a cast. The kind is what it is before.
    TextOf(TypeKind),
    /// A double, by a cast.
    DoubleOf(TypeKind),
    /// `money` as `numeric`, by a cast; it has so many digits after the point on this server.
    Amount(i8),
}

/// Most digits of a decimal.
const MAX_DIGITS: u32 = 38;

pub(crate) fn timestamp_type(with_zone: bool) -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, with_zone.then(|| "UTC".into()))
}

impl Reading {
    fn new(sent: Sent, data_type: DataType) -> Self {
        Self { sent, data_type, element: None }
    }

    /// What a type is read as where nothing is promised. `money_digits` is how many digits after the point an amount of money
    /// has on this server.
    pub(crate) fn natural(source: &SourceType, money_digits: i8) -> Self {
        let kind = source.kind();
        let data_type = match kind {
            TypeKind::Boolean => DataType::Boolean,
            TypeKind::Bytes => DataType::Binary,
            TypeKind::Integer => match source.width() {
                2 => DataType::Int16,
                4 => DataType::Int32,
                _ => DataType::Int64,
            },
            TypeKind::Oid => DataType::Int64,
            TypeKind::Float => match source.width() {
                4 => DataType::Float32,
                _ => DataType::Float64,
            },
            TypeKind::Numeric => match source.digits().and_then(decimal_type) {
                Some(decimal) => decimal,
                None => return Self::text(kind),
            },
            TypeKind::Money => return Self::new(Sent::Amount(money_digits), DataType::Decimal128(19, money_digits)),
            TypeKind::Text | TypeKind::Padded | TypeKind::Jsonb | TypeKind::Uuid => DataType::Utf8,
            TypeKind::Date => DataType::Date32,
            TypeKind::Time => DataType::Time64(TimeUnit::Microsecond),
            TypeKind::Timestamp => timestamp_type(false),
            TypeKind::TimestampTz => timestamp_type(true),
            TypeKind::Array => return Self::array(source, None).unwrap_or_else(|| Self::text(kind)),
            TypeKind::Inet | TypeKind::Other => return Self::text(kind),
        };
        Self::new(Sent::As(kind), data_type)
    }

    /// What a type is read as where `promised` is. `None`: its values cannot hold to the promise.
    pub(crate) fn promised(source: &SourceType, promised: &DataType, money_digits: i8) -> Option<Self> {
        let natural = Self::natural(source, money_digits);
        if natural.data_type == *promised {
            return Some(natural);
        }
        let kind = source.kind();
        let direct = |data_type: &DataType| Some(Self::new(Sent::As(kind), data_type.clone()));
        match (kind, promised) {
            // All of them can be written. Variants of text and bytes hold the same values.
            (_, DataType::Utf8) => Some(Self::text(kind)),
            (_, DataType::LargeUtf8 | DataType::Utf8View) => {
                let text = if natural.data_type == DataType::Utf8 { natural } else { Self::text(kind) };
                Some(Self { data_type: promised.clone(), ..text })
            }
            (TypeKind::Integer, DataType::Int32 | DataType::Int64) if width_of(promised) > source.width() => {
                direct(promised)
            }
            (TypeKind::Integer, DataType::Float64) if source.width() <= 4 => direct(promised),
            (TypeKind::Integer, DataType::Float32) if source.width() <= 2 => direct(promised),
            (TypeKind::Integer | TypeKind::Oid, DataType::Decimal128(precision, scale)) => {
                let digits = match source.width() {
                    2 => 5,
                    4 => 10,
                    _ if kind == TypeKind::Oid => 10,
                    _ => 19,
                };
                (i32::from(*precision) - i32::from(*scale) >= digits).then(|| direct(promised)).flatten()
            }
            // A numeric that says nothing of its digits may fit: each value is held against the promise.
            (TypeKind::Numeric, DataType::Decimal128(precision, scale)) => match source.digits() {
                None => direct(promised),
                Some((digits, decimals)) => {
                    let whole = i64::from(digits) - i64::from(decimals);
                    let fits = i32::from(*scale) >= decimals && i64::from(*precision) - i64::from(*scale) >= whole;
                    fits.then(|| direct(promised)).flatten()
                }
            },
            (TypeKind::Numeric, DataType::Int64) => source
                .digits()
                .is_none_or(|(digits, scale)| scale <= 0 && i64::from(digits) - i64::from(scale) <= 18)
                .then(|| direct(promised))
                .flatten(),
            (TypeKind::Numeric, DataType::Float64) => Some(Self::new(Sent::DoubleOf(kind), promised.clone())),
            (TypeKind::Money, DataType::Decimal128(precision, scale)) => {
                let fits =
                    *scale >= money_digits && i32::from(*precision) - i32::from(*scale) >= 19 - i32::from(money_digits);
                fits.then(|| Self::new(Sent::Amount(money_digits), promised.clone()))
            }
            // Without a zone, a time is taken for UTC, as in files.
            (TypeKind::Bytes, DataType::LargeBinary | DataType::BinaryView)
            | (TypeKind::Float, DataType::Float64)
            | (TypeKind::Date, DataType::Timestamp(TimeUnit::Microsecond, None))
            | (TypeKind::Timestamp | TypeKind::TimestampTz, DataType::Timestamp(TimeUnit::Microsecond, _)) => {
                direct(promised)
            }
            (TypeKind::Array, DataType::List(item)) => Self::array(source, Some(item.data_type())),
            _ => None,
        }
    }

    /// Whether a numeric is read as text for want of digits: something that a person should know.
    pub(crate) fn is_numeric_as_text(&self) -> bool {
        self.sent == Sent::TextOf(TypeKind::Numeric)
    }

    fn text(kind: TypeKind) -> Self {
        // What is sent as it is written needs no cast.
        let sent = match kind {
            TypeKind::Text | TypeKind::Padded | TypeKind::Jsonb | TypeKind::Uuid => Sent::As(kind),
            _ => Sent::TextOf(kind),
        };
        Self::new(sent, DataType::Utf8)
    }

    /// A list, if the elements have a binary form that can be read.
    fn array(source: &SourceType, promised: Option<&DataType>) -> Option<Self> {
        let element = source.element.as_deref()?;
        // The digits of money are not known within an array.
        let reading = match promised {
            None => Self::natural(element, 0),
            Some(data_type) => Self::promised(element, data_type, 0)?,
        };
        if reading.element.is_some() || !matches!(reading.sent, Sent::As(_)) {
            return None;
        }
        let data_type = DataType::List(Arc::new(Field::new_list_field(reading.data_type.clone(), true)));
        Some(Self { sent: Sent::As(TypeKind::Array), data_type, element: Some(Box::new(reading)) })
    }

    /// What to select for the column.
    pub(crate) fn expression(&self, column: &str) -> String {
        let column = identifier(column);
        match self.sent {
            Sent::As(_) => column,
            Sent::TextOf(TypeKind::Inet) => format!("textin(inet_out({column}))"),
            Sent::TextOf(_) => format!("{column}::text"),
            Sent::DoubleOf(_) => format!("{column}::float8"),
            Sent::Amount(_) => format!("{column}::numeric"),
        }
    }
}

/// The decimal for so many digits, if there is one.
fn decimal_type((digits, scale): (u32, i32)) -> Option<DataType> {
    // `numeric(3,-2)` counts hundreds; `numeric(2,4)` has nothing but four digits after the point.
    let (digits, scale) = match u32::try_from(scale) {
        Err(_) => (digits + scale.unsigned_abs(), 0),
        Ok(scale) => (digits.max(scale), scale),
    };
    let precision = u8::try_from(digits).ok().filter(|_| digits <= MAX_DIGITS)?;
    Some(DataType::Decimal128(precision, i8::try_from(scale).ok()?))
}

fn width_of(data_type: &DataType) -> usize {
    data_type.primitive_width().unwrap_or(0)
}
