//! `truncate`: the leading, coarser part remains.

use std::{fmt, str::FromStr};

use arrow::{array::ArrayRef, datatypes::DataType};

use super::{Failure, Transform, truncate_number, truncate_text, truncate_time};
use crate::{
    DataFamily,
    text::{map_text, text_type},
};

/// Keeps the coarse part of a value. Text that is not of the expected form (a date, an address, a coordinate) becomes
/// NULL: what is not understood is not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truncate {
    /// Dates, timestamps and text that begins with an ISO date, to the beginning of a unit. The type stays; time zones are
    /// not looked at (units begin in UTC).
    Time(TruncateTo),
    /// A postcode to its outward part: what stands before the space or hyphen (British, Canadian, Dutch forms), else the
    /// first three digits, of which at least two are always cut off.
    Outward,
    /// A web address to its scheme and host; credentials, port, path and parameters are cut off.
    Origin,
    /// The first characters of text, or digits of an integer.
    First(u8),
    /// An IP address to its network: host bits become zero, the text stays an address.
    Network {
        /// Bits that stay of an IPv4 address.
        v4_bits: u8,
        /// Bits that stay of an IPv6 address.
        v6_bits: u8,
    },
    /// Floats, decimals and coordinates in text to so many decimals, towards zero. Two are about a kilometre.
    Decimals(u8),
}

/// The unit to whose beginning a date or timestamp is truncated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TruncateTo {
    /// First of January.
    Year,
    /// First of January, April, July or October.
    Quarter,
    /// First of the month.
    Month,
    /// Monday.
    Week,
    /// Midnight; for timestamps only.
    Day,
    /// The full hour; for timestamps only.
    Hour,
}

impl TruncateTo {
    /// The words for the setting `to`.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("year", Self::Year),
        ("quarter", Self::Quarter),
        ("month", Self::Month),
        ("week", Self::Week),
        ("day", Self::Day),
        ("hour", Self::Hour),
    ];
}

impl FromStr for TruncateTo {
    /// The words that there are, also those of the other kinds of truncation.
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::NAMES.into_iter().find(|(name, _)| *name == word).map(|(_, unit)| unit).ok_or_else(|| {
            let times = Self::NAMES.map(|(name, _)| name).join(", ");
            format!("must be one of {times} (dates, timestamps), outward (postcodes), origin (web addresses) and network (IP addresses)")
        })
    }
}

impl Transform for Truncate {
    fn output(&self, input: &DataType) -> Option<DataType> {
        let fits = match (self, DataFamily::of(input)) {
            (Self::Time(unit), DataFamily::Date) => !matches!(unit, TruncateTo::Day | TruncateTo::Hour),
            (Self::Time(unit), DataFamily::Text) => *unit != TruncateTo::Hour,
            (Self::Time(_), DataFamily::Timestamp)
            | (
                Self::Network { .. } | Self::Outward | Self::Origin | Self::First(_) | Self::Decimals(_),
                DataFamily::Text,
            )
            | (Self::Decimals(_), DataFamily::Decimal) => true,
            (Self::Decimals(_), DataFamily::Float) => *input != DataType::Float16,
            (Self::Outward | Self::First(_), DataFamily::Integer) => return Some(text_type(input)),
            _ => false,
        };
        fits.then(|| input.clone())
    }

    fn makes_nulls(&self, input: &DataType) -> bool {
        !matches!(self, Self::First(_)) && matches!(DataFamily::of(input), DataFamily::Text | DataFamily::Integer)
    }

    fn apply(&self, array: &ArrayRef) -> Result<ArrayRef, Failure> {
        match (self, DataFamily::of(array.data_type())) {
            (Self::Time(unit), DataFamily::Date | DataFamily::Timestamp) => truncate_time::apply(array, *unit),
            (Self::Decimals(count), DataFamily::Float | DataFamily::Decimal) => truncate_number::apply(array, *count),
            (Self::Time(unit), _) => map_text(array, |text, out| truncate_text::date(text, *unit, out)),
            (Self::Decimals(count), _) => map_text(array, |text, out| truncate_text::coordinates(text, *count, out)),
            (Self::Outward, _) => map_text(array, truncate_text::outward),
            (Self::Origin, _) => map_text(array, truncate_text::origin),
            (Self::Network { v4_bits, v6_bits }, _) => {
                map_text(array, |text, out| truncate_text::network(text, *v4_bits, *v6_bits, out))
            }
            (Self::First(count), _) => map_text(array, |text, out| {
                out.extend(text.chars().take(usize::from(*count)));
                true
            }),
        }
    }
}

impl fmt::Display for Truncate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(unit) => {
                let name = TruncateTo::NAMES.iter().find(|(_, known)| known == unit).map_or("", |(name, _)| *name);
                write!(f, "to {name}")
            }
            Self::Outward => f.write_str("to the outward part"),
            Self::Origin => f.write_str("to scheme and host"),
            Self::First(count) => write!(f, "to the first {count} characters"),
            Self::Network { v4_bits, v6_bits } => write!(f, "to the network (/{v4_bits}, /{v6_bits})"),
            Self::Decimals(count) => write!(f, "to {count} decimals"),
        }
    }
}
