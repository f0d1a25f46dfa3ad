//! A type of PostgreSQL, as far as reading needs to know it.

use serde::{Deserialize, Serialize};

/// A type of PostgreSQL with domains resolved to what they are made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SourceType {
    /// The number of a built-in type, which is the same in every database; others by number mean nothing here.
    pub(crate) oid: u32,
    /// Its name without its schema: `citext`, `_int4`.
    pub(crate) name: String,
    /// What is in parentheses behind it, encoded; -1: nothing.
    pub(crate) modifier: i32,
    /// Whether it is an enum.
    pub(crate) is_enum: bool,
    /// Of an array: what it is an array of. Not of one that is declared with several dimensions.
    pub(crate) element: Option<Box<SourceType>>,
}

/// The kind of a type: how its values are sent, and so how they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeKind {
    Boolean,
    Bytes,
    /// `smallint`, `integer`, `bigint`.
    Integer,
    /// A number of 32 bits without sign.
    Oid,
    /// `real`, `double precision`.
    Float,
    Numeric,
    Money,
    /// Sent as it is written.
    Text,
    /// `char(n)`: blanks at the end mean nothing.
    Padded,
    Jsonb,
    Uuid,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    /// An address: `::text` would add the length of the net to a single host.
    Inet,
    Array,
    /// Anything else: read as PostgreSQL writes it.
    Other,
}

impl SourceType {
    pub(crate) fn kind(&self) -> TypeKind {
        // Numbers below 10,000 are given by PostgreSQL's catalog `pg_type.dat` and never change.
        match self.oid {
            16 => TypeKind::Boolean,
            17 => TypeKind::Bytes,
            20 | 21 | 23 => TypeKind::Integer,
            26 => TypeKind::Oid,
            700 | 701 => TypeKind::Float,
            1700 => TypeKind::Numeric,
            790 => TypeKind::Money,
            19 | 25 | 114 | 1043 => TypeKind::Text,
            1042 => TypeKind::Padded,
            3802 => TypeKind::Jsonb,
            2950 => TypeKind::Uuid,
            1082 => TypeKind::Date,
            1083 => TypeKind::Time,
            1114 => TypeKind::Timestamp,
            1184 => TypeKind::TimestampTz,
            869 => TypeKind::Inet,
            _ if self.is_enum || self.name == "citext" => TypeKind::Text,
            _ if self.element.is_some() => TypeKind::Array,
            _ => TypeKind::Other,
        }
    }

    /// Size of a number in bytes.
    pub(crate) fn width(&self) -> usize {
        match self.oid {
            21 => 2,
            23 | 700 => 4,
            _ => 8,
        }
    }

    /// Digits in all, and after the point, of a `numeric` that says so. PostgreSQL's manual, 8.1.2; the encoding is
    /// `make_numeric_typmod` in its `numeric.c`: 16 bits of precision, 11 bits of scale with sign.
    pub(crate) fn digits(&self) -> Option<(u32, i32)> {
        let modifier = u32::try_from(self.modifier.checked_sub(4)?).ok()?;
        let scale = i32::try_from(modifier & 0x7ff).ok()?;
        Some((modifier >> 16, if scale >= 1024 { scale - 2048 } else { scale }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_a_numeric() {
        let numeric =
            |modifier| SourceType { oid: 1700, name: "numeric".to_owned(), modifier, is_enum: false, element: None };
        assert_eq!(numeric(-1).digits(), None);
        assert_eq!(numeric((15 << 16 | 2) + 4).digits(), Some((15, 2)));
        assert_eq!(numeric((3 << 16 | (-2 & 0x7ff)) + 4).digits(), Some((3, -2)));
    }
}
