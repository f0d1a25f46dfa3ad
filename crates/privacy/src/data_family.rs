//! Families of Arrow types, as rules name them.

use std::str::FromStr;

use arrow::datatypes::DataType;

/// A family of column types, by the word that a rule's `types` uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataFamily {
    /// Booleans.
    Boolean,
    /// Whole numbers of every size.
    Integer,
    /// Binary floating point.
    Float,
    /// Fixed point.
    Decimal,
    /// Text of every layout.
    Text,
    /// Bytes of every layout.
    Binary,
    /// Dates.
    Date,
    /// Points in time, with or without time zone.
    Timestamp,
    /// Times of day, durations and intervals.
    Time,
    /// Lists of every layout.
    List,
    /// Structs and maps.
    Struct,
    /// Everything else.
    Other,
}

impl DataFamily {
    /// Every word for `types`, in the order of the documentation.
    pub const NAMES: [(&'static str, Self); 12] = [
        ("boolean", Self::Boolean),
        ("integer", Self::Integer),
        ("float", Self::Float),
        ("decimal", Self::Decimal),
        ("text", Self::Text),
        ("binary", Self::Binary),
        ("date", Self::Date),
        ("timestamp", Self::Timestamp),
        ("time", Self::Time),
        ("list", Self::List),
        ("struct", Self::Struct),
        ("other", Self::Other),
    ];

    /// The family of a type; a dictionary belongs to that of its values.
    pub fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Boolean => Self::Boolean,
            other if other.is_integer() => Self::Integer,
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Self::Float,
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
                Self::Decimal
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
                Self::Binary
            }
            DataType::Date32 | DataType::Date64 => Self::Date,
            DataType::Timestamp(..) => Self::Timestamp,
            DataType::Time32(_) | DataType::Time64(_) | DataType::Duration(_) | DataType::Interval(_) => Self::Time,
            DataType::List(_)
            | DataType::LargeList(_)
            | DataType::FixedSizeList(..)
            | DataType::ListView(_)
            | DataType::LargeListView(_) => Self::List,
            DataType::Struct(_) | DataType::Map(..) => Self::Struct,
            DataType::Dictionary(_, values) => Self::of(values),
            _ => Self::Other,
        }
    }

    /// Whether a type belongs to it.
    pub fn contains(self, data_type: &DataType) -> bool {
        Self::of(data_type) == self
    }
}

impl FromStr for DataFamily {
    /// The words that there are.
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::NAMES
            .into_iter()
            .find(|(name, _)| *name == word)
            .map(|(_, family)| family)
            .ok_or_else(|| format!("must be one of {}", Self::NAMES.map(|(name, _)| name).join(", ")))
    }
}
