//! What a column's declared type means.

use arrow::datatypes::{DataType, TimeUnit};

/// What a column's declared type means, in kinds that differ in how their values are sent or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum ColumnType {
    /// `tinyint(1)`: how MySQL spells `boolean`.
    Boolean,
    /// A signed or unsigned whole number of so many bytes (3: `mediumint`).
    Integer {
        bytes: u8,
        unsigned: bool,
    },
    Float,
    Double,
    /// Precision and scale; up to 65 digits.
    Decimal(u8, i8),
    Year,
    Date,
    /// Without zone; digits of the fraction.
    DateTime(u8),
    /// A moment: the session's time zone is UTC; digits of the fraction.
    Timestamp(u8),
    /// From -838:59:59 to 838:59:59; digits of the fraction.
    Time(u8),
    /// Of any character set: the server sends UTF-8. Also enums, sets, JSON, UUIDs and addresses.
    Text,
    Bytes,
    /// So many bits.
    Bit(u8),
    /// SRID and WKB, as MySQL stores it.
    Geometry,
}

/// What the catalog says of a column's type.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Declared<'a> {
    /// `int`.
    pub(crate) data_type: &'a str,
    /// `int(10) unsigned`.
    pub(crate) column_type: &'a str,
    pub(crate) precision: Option<u64>,
    pub(crate) scale: Option<u64>,
    /// Digits of a time's fraction.
    pub(crate) fraction: Option<u64>,
}

impl ColumnType {
    /// By the words of `information_schema.columns`. Types that nobody knew when this was written are bytes.
    pub(crate) fn parse(declared: Declared<'_>) -> Self {
        let full = declared.column_type.to_ascii_lowercase();
        let unsigned = full.contains("unsigned");
        let integer = |bytes| Self::Integer { bytes, unsigned };
        let small =
            |number: Option<u64>, default: u8| number.and_then(|number| u8::try_from(number).ok()).unwrap_or(default);
        let fraction = small(declared.fraction, 0).min(6);
        match declared.data_type.to_ascii_lowercase().as_str() {
            "tinyint" if full.starts_with("tinyint(1)") && !unsigned => Self::Boolean,
            "tinyint" => integer(1),
            "smallint" => integer(2),
            "mediumint" => integer(3),
            "int" | "integer" => integer(4),
            "bigint" => integer(8),
            "float" => Self::Float,
            "double" => Self::Double,
            "decimal" | "numeric" => {
                let scale = i8::try_from(declared.scale.unwrap_or(0)).unwrap_or(0);
                Self::Decimal(small(declared.precision, 65), scale)
            }
            "year" => Self::Year,
            "date" => Self::Date,
            "datetime" => Self::DateTime(fraction),
            "timestamp" => Self::Timestamp(fraction),
            "time" => Self::Time(fraction),
            "bit" => Self::Bit(small(declared.precision, 64)),
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set" | "json" | "uuid"
            | "inet4" | "inet6" => Self::Text,
            "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon"
            | "geometrycollection" | "geomcollection" => Self::Geometry,
            _ => Self::Bytes,
        }
    }

    /// The type as which it is read where nothing is promised.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Boolean | Self::Bit(1) => DataType::Boolean,
            Self::Integer { bytes: 1, .. } | Self::Integer { bytes: 2, unsigned: false } => DataType::Int16,
            Self::Integer { bytes: 2 | 3, .. } | Self::Integer { bytes: 4, unsigned: false } | Self::Year => {
                DataType::Int32
            }
            Self::Integer { bytes: 8, unsigned: true } => DataType::Decimal128(20, 0),
            Self::Integer { .. } | Self::Bit(2..=63) => DataType::Int64,
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Decimal(precision, scale) if precision <= 38 => DataType::Decimal128(precision, scale),
            Self::Decimal(..) | Self::Time(_) | Self::Text => DataType::Utf8,
            Self::Date => DataType::Date32,
            Self::DateTime(_) => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Timestamp(_) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Bytes | Self::Bit(_) | Self::Geometry => DataType::Binary,
        }
    }

    /// Whether values of it can be read as `promised` without losing anything by their type. A promise may be wider than
    /// the column. It may also be one that a person makes who knows more about the values than the type says: small numbers
    /// as booleans, unsigned ones as `bigint`, times without zone as UTC; then each value is looked at.
    pub(crate) fn fits(self, promised: &DataType) -> bool {
        use DataType as D;
        let is_text = matches!(promised, D::Utf8 | D::LargeUtf8 | D::Utf8View);
        if is_text {
            return true;
        }
        match self {
            Self::Boolean => matches!(promised, D::Boolean | D::Int8 | D::Int16 | D::Int32 | D::Int64),
            Self::Integer { bytes, unsigned } => match promised {
                D::Boolean => bytes == 1,
                D::Int8 => bytes == 1 && !unsigned,
                D::Int16 => bytes == 1 || bytes == 2 && !unsigned,
                D::Int32 => bytes <= 3 || bytes == 4 && !unsigned,
                D::Int64 => true,
                D::Float64 => bytes <= 4,
                D::Decimal128(precision, scale) => whole_digits(*precision, *scale) >= digits(bytes),
                _ => false,
            },
            Self::Float => matches!(promised, D::Float32 | D::Float64),
            Self::Double => matches!(promised, D::Float64),
            Self::Decimal(precision, scale) => match promised {
                // What no type of ours holds may be promised as narrower.
                D::Decimal128(..) if precision > 38 => true,
                D::Decimal128(wider, digits) => {
                    *digits >= scale && whole_digits(*wider, *digits) >= whole_digits(precision, scale)
                }
                D::Int64 => scale == 0 && precision <= 18,
                _ => false,
            },
            Self::Year => matches!(promised, D::Int16 | D::Int32 | D::Int64),
            Self::Date => matches!(promised, D::Date32 | D::Timestamp(TimeUnit::Microsecond, _)),
            Self::DateTime(_) | Self::Timestamp(_) => matches!(promised, D::Timestamp(TimeUnit::Microsecond, _)),
            Self::Time(_) => matches!(promised, D::Time64(TimeUnit::Microsecond)),
            Self::Text => false,
            Self::Bytes | Self::Geometry => matches!(promised, D::Binary | D::LargeBinary | D::BinaryView),
            Self::Bit(bits) => match promised {
                D::Boolean => bits == 1,
                D::Int64 => bits < 64,
                D::Decimal128(precision, scale) => whole_digits(*precision, *scale) >= 20,
                D::Binary | D::LargeBinary | D::BinaryView => true,
                _ => false,
            },
        }
    }
}

fn whole_digits(precision: u8, scale: i8) -> i16 {
    i16::from(precision) - i16::from(scale)
}

/// Decimal digits of a whole number of so many bytes.
fn digits(bytes: u8) -> i16 {
    match bytes {
        1 => 3,
        2 => 5,
        3 => 8,
        4 => 10,
        _ => 20,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(data_type: &str, column_type: &str) -> ColumnType {
        ColumnType::parse(Declared { data_type, column_type, precision: Some(8), scale: Some(0), fraction: Some(3) })
    }

    #[test]
    fn the_words_of_both_catalogs() {
        for (data_type, column_type, expected) in [
            ("tinyint", "tinyint(1)", ColumnType::Boolean),
            ("tinyint", "tinyint(4)", ColumnType::Integer { bytes: 1, unsigned: false }),
            ("tinyint", "tinyint unsigned", ColumnType::Integer { bytes: 1, unsigned: true }),
            ("int", "int(10) unsigned zerofill", ColumnType::Integer { bytes: 4, unsigned: true }),
            ("BIGINT", "BIGINT", ColumnType::Integer { bytes: 8, unsigned: false }),
            ("decimal", "decimal(8,0)", ColumnType::Decimal(8, 0)),
            ("datetime", "datetime(3)", ColumnType::DateTime(3)),
            ("bit", "bit(8)", ColumnType::Bit(8)),
            ("enum", "enum('unsigned')", ColumnType::Text),
            ("geomcollection", "geomcollection", ColumnType::Geometry),
            ("vector", "vector(3)", ColumnType::Bytes),
        ] {
            assert_eq!(parse(data_type, column_type), expected, "{column_type}");
        }
    }

    #[test]
    fn what_a_column_is_read_as_fits_it() {
        let integers = [1, 2, 3, 4, 8]
            .into_iter()
            .flat_map(|bytes| [true, false].map(|unsigned| ColumnType::Integer { bytes, unsigned }));
        let others = [
            ColumnType::Boolean,
            ColumnType::Float,
            ColumnType::Double,
            ColumnType::Decimal(38, 5),
            ColumnType::Decimal(65, 30),
            ColumnType::Year,
            ColumnType::Date,
            ColumnType::DateTime(6),
            ColumnType::Timestamp(0),
            ColumnType::Time(0),
            ColumnType::Text,
            ColumnType::Bytes,
            ColumnType::Bit(1),
            ColumnType::Bit(63),
            ColumnType::Bit(64),
            ColumnType::Geometry,
        ];
        for column in integers.chain(others) {
            assert!(column.fits(&column.data_type()), "{column:?}");
            assert!(column.fits(&DataType::Utf8), "{column:?}");
            assert!(!column.fits(&DataType::Null), "{column:?}");
        }
    }

    #[test]
    fn narrower_promises_do_not_fit() {
        let bigint = ColumnType::Integer { bytes: 8, unsigned: false };
        assert!(!bigint.fits(&DataType::Int32) && !bigint.fits(&DataType::Float64));
        assert!(bigint.fits(&DataType::Decimal128(22, 2)) && !bigint.fits(&DataType::Decimal128(20, 2)));
        let price = ColumnType::Decimal(12, 2);
        assert!(price.fits(&DataType::Decimal128(14, 4)) && !price.fits(&DataType::Decimal128(12, 4)));
        assert!(!ColumnType::Text.fits(&DataType::Int64));
        assert!(!ColumnType::DateTime(0).fits(&DataType::Date32));
    }
}
