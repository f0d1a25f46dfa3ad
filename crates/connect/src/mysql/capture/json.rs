//! JSON as MySQL stores it, as the text that MySQL makes of it.
//!
//! The driver reads the binary form; the text has blanks behind colons and commas, and keys in their stored order: shorter
//! ones first, then by their bytes. MariaDB stores JSON as text.

use std::fmt::Write;

use mysql_common::binlog::jsonb;
use mysql_common::binlog::jsonb::{JsonContainer, JsonDom, JsonNumber, JsonScalar};
use mysql_common::binlog::time::MysqlTimestampType;
use mysql_common::io::ParseBuf;

/// The text of a JSON value. `None`: it is none.
pub(crate) fn json_text(bytes: &[u8]) -> Option<String> {
    // MySQL writes nothing at all for a value that was lost.
    if bytes.is_empty() {
        return Some("null".to_owned());
    }
    let value: jsonb::Value<'_> = ParseBuf(bytes).parse(()).ok()?;
    let mut text = String::new();
    write_value(&value.parse().ok()?, &mut text);
    Some(text)
}

fn write_value(value: &JsonDom, text: &mut String) {
    match value {
        JsonDom::Container(JsonContainer::Array(items)) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                text.push_str(if place == 0 { "" } else { ", " });
                write_value(item, text);
            }
            text.push(']');
        }
        JsonDom::Container(JsonContainer::Object(entries)) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by(|(one, _), (other, _)| (one.len(), one).cmp(&(other.len(), other)));
            text.push('{');
            for (place, (key, item)) in entries.into_iter().enumerate() {
                text.push_str(if place == 0 { "" } else { ", " });
                write_text(key, text);
                text.push_str(": ");
                write_value(item, text);
            }
            text.push('}');
        }
        JsonDom::Scalar(scalar) => write_scalar(scalar, text),
    }
}

fn write_scalar(scalar: &JsonScalar, text: &mut String) {
    // Writing into a text cannot fail.
    let _ = match scalar {
        JsonScalar::Null => text.write_str("null"),
        JsonScalar::Boolean(value) => write!(text, "{value}"),
        JsonScalar::Number(JsonNumber::Int(number)) => write!(text, "{number}"),
        JsonScalar::Number(JsonNumber::Uint(number)) => write!(text, "{number}"),
        JsonScalar::Number(JsonNumber::Decimal(number)) => write!(text, "{number}"),
        JsonScalar::Number(JsonNumber::Double(number)) => write_double(*number, text),
        JsonScalar::String(value) => {
            write_text(value, text);
            Ok(())
        }
        JsonScalar::DateTime(time) if time.time_type == MysqlTimestampType::MYSQL_TIMESTAMP_DATE => {
            write!(text, "\"{time}\"")
        }
        JsonScalar::DateTime(time) => write!(text, "\"{time:.6}\""),
        JsonScalar::Opaque(value) => write!(text, "\"{value}\""),
    };
}

/// The shortest number that is the same; always with a point or an exponent, as MySQL writes it.
fn write_double(number: f64, text: &mut String) -> std::fmt::Result {
    let size = number.abs();
    if size != 0.0 && !(1e-5..1e15).contains(&size) {
        return write!(text, "{number:e}");
    }
    write!(text, "{number:?}")
}

fn write_text(value: &str, text: &mut String) {
    text.push('"');
    for letter in value.chars() {
        let _ = match letter {
            '"' => text.write_str("\\\""),
            '\\' => text.write_str("\\\\"),
            '\u{8}' => text.write_str("\\b"),
            '\u{c}' => text.write_str("\\f"),
            '\n' => text.write_str("\\n"),
            '\r' => text.write_str("\\r"),
            '\t' => text.write_str("\\t"),
            control if control < ' ' => write!(text, "\\u{:04x}", u32::from(control)),
            other => text.write_char(other),
        };
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_as_mysql_writes_them() {
        // {"b": "x", "aa": [1, null]}: an object of two, whose keys are at 18 and 19 and whose values at 21 and 23.
        let bytes = [
            0, 2, 0, 33, 0, 18, 0, 1, 0, 19, 0, 2, 0, 12, 21, 0, 2, 23, 0, b'b', b'a', b'a', 1, b'x', 2, 0, 10, 0, 5,
            1, 0, 4, 0, 0,
        ];
        assert_eq!(json_text(&bytes).as_deref(), Some(r#"{"b": "x", "aa": [1, null]}"#));
        assert_eq!(json_text(&[4, 1]).as_deref(), Some("true"));
        assert_eq!(json_text(&[5, 0xFE, 0xFF]).as_deref(), Some("-2"));
        assert_eq!(json_text(&[12, 3, b'a', b'"', b'\n']).as_deref(), Some(r#""a\"\n""#));
        assert_eq!(json_text(&[]).as_deref(), Some("null"));
        let double = |number: f64| json_text(&[&[11][..], &number.to_le_bytes()].concat()).unwrap();
        assert_eq!([double(1.0), double(0.5), double(1e20), double(-0.0)], ["1.0", "0.5", "1e20", "-0.0"]);
    }
}
