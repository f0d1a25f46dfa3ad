//! How a column's values are written into the log.
//!
//! Codes and what is said beside them: `enum_field_types` and `Table_map_event` in MySQL's and MariaDB's sources; sizes of
//! times with fractions: MySQL Internals, “Date and Time Data Type Representation”.

/// How a column's values are written into the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoggedType {
    /// A whole number of so many bytes, the least first.
    Integer(u8),
    Float,
    Double,
    /// Digits in all, and of the fraction.
    Decimal(u8, u8),
    Year,
    Date,
    /// With so many digits of a fraction.
    Time(u8),
    DateTime(u8),
    Timestamp(u8),
    /// As servers before MySQL 5.6 wrote them.
    OldTime,
    OldDateTime,
    OldTimestamp,
    /// So many bits.
    Bit(u16),
    /// The place among its labels, in so many bytes.
    Enum(u8),
    /// A bit for each of its labels, in so many bytes.
    Set(u8),
    /// Text or bytes of a declared length in bytes, without what pads it.
    Fixed(u16),
    /// Text or bytes behind their length in so many bytes.
    Varying(u8),
    /// The same, compressed by the server.
    Compressed(u8),
    /// MySQL's own form of JSON behind its length in so many bytes.
    Json(u8),
}

impl LoggedType {
    /// By its code, taking what is said beside it from the front of `beside`. `None`: there is no such type.
    pub(crate) fn parse(code: u8, beside: &mut &[u8]) -> Option<Self> {
        let mut take = || {
            let (first, rest) = beside.split_first()?;
            *beside = rest;
            Some(*first)
        };
        Some(match code {
            1 => Self::Integer(1),
            2 => Self::Integer(2),
            3 => Self::Integer(4),
            8 => Self::Integer(8),
            9 => Self::Integer(3),
            4 => {
                take()?;
                Self::Float
            }
            5 => {
                take()?;
                Self::Double
            }
            7 => Self::OldTimestamp,
            10 | 14 => Self::Date,
            11 => Self::OldTime,
            12 => Self::OldDateTime,
            13 => Self::Year,
            15 | 253 => Self::Varying(length_bytes(u16::from_le_bytes([take()?, take()?]))),
            16 => {
                let (bits, bytes) = (take()?, take()?);
                Self::Bit(u16::from(bytes) * 8 + u16::from(bits))
            }
            17 => Self::Timestamp(take()?),
            18 => Self::DateTime(take()?),
            19 => Self::Time(take()?),
            140 => Self::Compressed(take()?),
            141 => Self::Compressed(length_bytes(u16::from_le_bytes([take()?, take()?]))),
            242 | 249..=252 | 255 => Self::Varying(take()?),
            245 => Self::Json(take()?),
            246 => Self::Decimal(take()?, take()?),
            247 => {
                take()?;
                Self::Enum(take()?)
            }
            248 => {
                take()?;
                Self::Set(take()?)
            }
            // The first byte is the real type, and has two bits of lengths over 255, the other way round.
            254 => match (take()?, take()?) {
                (247, bytes) => Self::Enum(bytes),
                (248, bytes) => Self::Set(bytes),
                (first, low) => Self::Fixed(u16::from(low) | u16::from(first & 0x30 ^ 0x30) << 4),
            },
            _ => return None,
        })
    }

    /// Takes a value from the front of `row`, without its length. `None`: it ends before.
    pub(crate) fn take<'a>(self, row: &mut &'a [u8]) -> Option<&'a [u8]> {
        let fraction = |digits: u8| usize::from(digits.div_ceil(2));
        let length = match self {
            Self::Integer(bytes) | Self::Enum(bytes) | Self::Set(bytes) => usize::from(bytes),
            Self::Year => 1,
            Self::Date | Self::OldTime => 3,
            Self::Float | Self::OldTimestamp => 4,
            Self::Double | Self::OldDateTime => 8,
            Self::Time(digits) => 3 + fraction(digits),
            Self::Timestamp(digits) => 4 + fraction(digits),
            Self::DateTime(digits) => 5 + fraction(digits),
            Self::Bit(bits) => usize::from(bits.div_ceil(8)),
            Self::Decimal(precision, scale) => super::numeral::decimal_bytes(precision, scale)?,
            Self::Fixed(length) => {
                let bytes = length_bytes(length);
                take_length(bytes, row)?
            }
            Self::Varying(bytes) | Self::Compressed(bytes) | Self::Json(bytes) => take_length(bytes, row)?,
        };
        let (value, rest) = row.split_at_checked(length)?;
        *row = rest;
        Some(value)
    }
}

/// In how many bytes the length of a value is told that has at most `most` bytes.
fn length_bytes(most: u16) -> u8 {
    if most < 256 { 1 } else { 2 }
}

fn take_length(bytes: u8, row: &mut &[u8]) -> Option<usize> {
    let (length, rest) = row.split_at_checked(usize::from(bytes))?;
    *row = rest;
    Some(length.iter().rev().fold(0, |length, byte| length << 8 | usize::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_by_their_codes() {
        for (code, beside, expected) in [
            (3, &[][..], LoggedType::Integer(4)),
            (15, &[0x2C, 1], LoggedType::Varying(2)),
            (15, &[255, 0], LoggedType::Varying(1)),
            (252, &[4], LoggedType::Varying(4)),
            (16, &[4, 1], LoggedType::Bit(12)),
            (246, &[10, 2], LoggedType::Decimal(10, 2)),
            (254, &[254, 20], LoggedType::Fixed(20)),
            (254, &[247, 1], LoggedType::Enum(1)),
            (254, &[248, 8], LoggedType::Set(8)),
            // char(255) of four bytes each: 1020.
            (254, &[206, 252], LoggedType::Fixed(1020)),
        ] {
            let mut rest = beside;
            assert_eq!(LoggedType::parse(code, &mut rest), Some(expected), "{code}");
            assert!(rest.is_empty());
        }
        assert_eq!(LoggedType::parse(200, &mut &[][..]), None);
        assert_eq!(LoggedType::parse(246, &mut &[1][..]), None);
    }

    #[test]
    fn values_end_where_they_say() {
        let mut row: &[u8] = &[3, b'a', b'b', b'c', 1, 2, 3, 4, 5, 2, 0, b'd', b'e'];
        assert_eq!(LoggedType::Varying(1).take(&mut row), Some(&b"abc"[..]));
        assert_eq!(LoggedType::Timestamp(2).take(&mut row), Some(&[1, 2, 3, 4, 5][..]));
        assert_eq!(LoggedType::Fixed(1020).take(&mut row), Some(&b"de"[..]));
        assert_eq!(LoggedType::Integer(1).take(&mut row), None);
    }
}
