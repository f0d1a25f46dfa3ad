//! A value as MySQL writes it.

use std::fmt::Write;

use mysql_async::Value;

use super::column_type::ColumnType;

/// Appends a value as MySQL writes it; bytes that are no text in hexadecimal digits, as PostgreSQL writes them. Writes nothing
/// for NULL. `Err` for text that is not UTF-8.
pub(crate) fn write_text(value: &Value, column: ColumnType, text: &mut String) -> Result<(), std::str::Utf8Error> {
    // Writing into a text cannot fail.
    let _ = match value {
        Value::NULL => Ok(()),
        Value::Bytes(bytes) => match column {
            ColumnType::Bit(_) => write!(text, "{}", bits(bytes)),
            ColumnType::Bytes | ColumnType::Geometry => {
                text.push_str("\\x");
                bytes.iter().try_for_each(|byte| write!(text, "{byte:02x}"))
            }
            _ => {
                text.push_str(std::str::from_utf8(bytes)?);
                Ok(())
            }
        },
        Value::Int(number) if column == ColumnType::Year => write!(text, "{number:04}"),
        Value::UInt(number) if column == ColumnType::Year => write!(text, "{number:04}"),
        Value::Int(number) => write!(text, "{number}"),
        Value::UInt(number) => write!(text, "{number}"),
        Value::Float(number) if is_plain(f64::from(*number)) => write!(text, "{number}"),
        Value::Float(number) => write!(text, "{number:e}"),
        Value::Double(number) if is_plain(*number) => write!(text, "{number}"),
        Value::Double(number) => write!(text, "{number:e}"),
        Value::Date(year, month, day, hour, minute, second, micros) => {
            let date = write!(text, "{year:04}-{month:02}-{day:02}");
            match column {
                ColumnType::DateTime(digits) | ColumnType::Timestamp(digits) => date
                    .and_then(|()| write!(text, " {hour:02}:{minute:02}:{second:02}"))
                    .and_then(|()| fraction(text, *micros, digits)),
                _ => date,
            }
        }
        Value::Time(negative, days, hours, minute, second, micros) => {
            let digits = if let ColumnType::Time(digits) = column { digits } else { 6 };
            let hours = u64::from(*days) * 24 + u64::from(*hours);
            let sign = if *negative { "-" } else { "" };
            write!(text, "{sign}{hours:02}:{minute:02}:{second:02}").and_then(|()| fraction(text, *micros, digits))
        }
    };
    Ok(())
}

/// The number that the bytes of a `bit` column are.
pub(crate) fn bits(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// As many digits of a fraction of a second as the column has.
fn fraction(text: &mut String, micros: u32, digits: u8) -> std::fmt::Result {
    match digits {
        0 => Ok(()),
        digits => {
            let shown = micros / 10_u32.pow(6 - u32::from(digits.min(6)));
            write!(text, ".{shown:0width$}", width = usize::from(digits.min(6)))
        }
    }
}

/// Whether a number is shorter without exponent.
fn is_plain(number: f64) -> bool {
    number == 0.0 || (1e-5..1e16).contains(&number.abs()) || !number.is_finite()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &Value, column: ColumnType) -> String {
        let mut text = String::new();
        write_text(value, column, &mut text).unwrap();
        text
    }

    #[test]
    fn as_mysql_writes_it() {
        let moment = Value::Date(2024, 2, 29, 1, 2, 3, 45_600);
        for (value, column, expected) in [
            (&moment, ColumnType::DateTime(0), "2024-02-29 01:02:03"),
            (&moment, ColumnType::Timestamp(3), "2024-02-29 01:02:03.045"),
            (&moment, ColumnType::DateTime(6), "2024-02-29 01:02:03.045600"),
            (&moment, ColumnType::Date, "2024-02-29"),
            (&Value::Date(0, 0, 0, 0, 0, 0, 0), ColumnType::Date, "0000-00-00"),
            (&Value::Time(true, 34, 22, 59, 59, 0), ColumnType::Time(0), "-838:59:59"),
            (&Value::Time(false, 0, 1, 2, 3, 500_000), ColumnType::Time(1), "01:02:03.5"),
            (&Value::Bytes(vec![1, 0]), ColumnType::Bit(9), "256"),
            (&Value::Bytes(vec![0, 255]), ColumnType::Bytes, "\\x00ff"),
            (&Value::Float(0.1), ColumnType::Float, "0.1"),
            (&Value::Double(1e300), ColumnType::Double, "1e300"),
            (&Value::Double(-0.0), ColumnType::Double, "-0"),
            (&Value::UInt(u64::MAX), ColumnType::Integer { bytes: 8, unsigned: true }, "18446744073709551615"),
            (&Value::UInt(0), ColumnType::Year, "0000"),
            (&Value::NULL, ColumnType::Text, ""),
        ] {
            assert_eq!(text(value, column), expected);
        }
        let not_text = Value::Bytes(vec![0xFF]);
        assert!(write_text(&not_text, ColumnType::Text, &mut String::new()).is_err());
    }
}
