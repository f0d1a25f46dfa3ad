//! Values as PostgreSQL writes them: in the text form of the replication stream, under the settings of our sessions (dates in
//! ISO form, UTC, bytes in hexadecimal).

use super::builder::{Column, TrimSuffixBlanks};
use super::time::{FIRST_DAY, FIRST_MICRO, LAST_DAY, LAST_MICRO, MICROS_PER_DAY};
use super::{Misfit, ValueBuilder};
use crate::value::{decimal_from_text, float, integer, rescale, timestamp};

impl ValueBuilder {
    /// Appends a value in its text form. After an error it has not got the value, and a NULL may take its place, unless
    /// the misfit is broken.
    pub(crate) fn append_text(&mut self, text: &[u8]) -> Result<(), Misfit> {
        let misfit = || Misfit::text(text.len());
        match &mut self.column {
            Column::Boolean(builder) => builder.append_value(boolean(text).ok_or_else(misfit)?),
            Column::Int16(builder) => builder.append_value(whole(text)?),
            Column::Int32(builder) => builder.append_value(whole(text)?),
            Column::Int64(builder) | Column::Oid(builder) => builder.append_value(whole(text)?),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the text of a `real` is the shortest that gives it back"
            )]
            Column::Float32(builder) => builder.append_value(match std::str::from_utf8(text).ok().map(str::parse) {
                Some(Ok(value)) => value,
                _ => float(text).ok_or_else(misfit)? as f32,
            }),
            Column::Float64(builder) | Column::IntegerAsFloat64(builder) => {
                builder.append_value(float(text).ok_or_else(misfit)?);
            }
            Column::IntegerAsFloat32(builder) => builder.append_value(f32::from(whole::<i16>(text)?)),
            Column::Decimal(builder, precision, scale) => builder.append_value(decimal(text, *precision, *scale)?),
            Column::Amount(builder, precision, scale, digits) => {
                let amount = amount(text).ok_or_else(misfit)?;
                let value = rescale(amount, i32::from(*digits), *precision, *scale);
                builder.append_value(value.ok_or_else(Misfit::digits)?);
            }
            Column::IntegerAsDecimal(builder, factor) => {
                builder.append_value(i128::from(whole::<i64>(text)?) * *factor);
            }
            Column::NumericAsInteger(builder) => {
                let value = decimal(text, 19, 0)?;
                builder.append_value(i64::try_from(value).map_err(|_| Misfit::digits())?);
            }
            // What `::text` makes of it, which COPY is asked for.
            Column::BooleanAsText(builder) => {
                let written: &[u8] = if boolean(text).ok_or_else(misfit)? { b"true" } else { b"false" };
                builder.append(written);
            }
            Column::Text(builder) | Column::Jsonb(builder) | Column::Uuid(builder) => builder.append(text),
            Column::Padded(builder) => builder.append(text.trim_suffix_blanks()),
            Column::Bytes(builder) => {
                let digits = text.strip_prefix(b"\\x").filter(|digits| digits.len() % 2 == 0).ok_or_else(misfit)?;
                let mut is_hex = true;
                builder.append_with(|buffer| {
                    buffer.extend(digits.as_chunks::<2>().0.iter().map(|[high, low]| {
                        let (high, low) = (digit(*high), digit(*low));
                        is_hex &= high < 16 && low < 16;
                        high << 4 | (low & 15)
                    }));
                });
                if !is_hex {
                    return Err(Misfit::broken(text.len()));
                }
            }
            Column::Date(builder) => {
                let (days, is_infinite) = date(text)?;
                self.infinite += u64::from(is_infinite);
                builder.append_value(days);
            }
            Column::DateAsTimestamp(builder) => {
                let (days, is_infinite) = date(text)?;
                self.infinite += u64::from(is_infinite);
                builder.append_value(i64::from(days) * MICROS_PER_DAY);
            }
            Column::Time(builder) => builder.append_value(time(text)?),
            Column::Timestamp(builder) => {
                let (micros, is_infinite) = instant(text)?;
                self.infinite += u64::from(is_infinite);
                builder.append_value(micros);
            }
            Column::List(builder) => self.infinite += builder.append_text(text)?,
        }
        Ok(())
    }
}

fn boolean(text: &[u8]) -> Option<bool> {
    match text {
        b"t" | b"true" => Some(true),
        b"f" | b"false" => Some(false),
        _ => None,
    }
}

fn whole<T: TryFrom<i64>>(text: &[u8]) -> Result<T, Misfit> {
    integer(text).and_then(|value| T::try_from(value).ok()).ok_or_else(|| Misfit::text(text.len()))
}

fn decimal(text: &[u8], precision: u8, scale: i8) -> Result<i128, Misfit> {
    match text {
        b"NaN" | b"Infinity" | b"-Infinity" => Err(Misfit::not_a_number()),
        _ => decimal_from_text(text, precision, scale).ok_or_else(Misfit::digits),
    }
}

/// An amount of money in its smallest unit, in whatever way the server's locale writes it: `-$1,234.56`, `(1.234,56 €)`.
fn amount(text: &[u8]) -> Option<i128> {
    let mut digits = text.iter().filter(|byte| byte.is_ascii_digit());
    let value = digits.try_fold(0_i128, |value, digit| value.checked_mul(10)?.checked_add(i128::from(digit - b'0')))?;
    let negative = text.iter().any(|byte| matches!(byte, b'-' | b'('));
    Some(if negative { -value } else { value })
}

fn digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        b'A'..=b'F' => byte - b'A' + 10,
        _ => u8::MAX,
    }
}

fn date(text: &[u8]) -> Result<(i32, bool), Misfit> {
    match text {
        b"infinity" => Ok((LAST_DAY, true)),
        b"-infinity" => Ok((FIRST_DAY, true)),
        _ => {
            let day = timestamp(text).filter(|instant| instant.date_only);
            let days = day.and_then(|instant| i32::try_from(instant.micros / MICROS_PER_DAY).ok());
            days.map(|days| (days, false)).ok_or_else(Misfit::year)
        }
    }
}

fn instant(text: &[u8]) -> Result<(i64, bool), Misfit> {
    match text {
        b"infinity" => Ok((LAST_MICRO, true)),
        b"-infinity" => Ok((FIRST_MICRO, true)),
        _ => timestamp(text).map(|instant| (instant.utc_micros(), false)).ok_or_else(Misfit::year),
    }
}

fn time(text: &[u8]) -> Result<i64, Misfit> {
    if text.starts_with(b"24:") {
        return Err(Misfit::midnight());
    }
    let mut full = [0; 32];
    let length = 11 + text.len();
    let buffer = full.get_mut(..length).ok_or_else(|| Misfit::text(text.len()))?;
    buffer[..11].copy_from_slice(b"1970-01-01 ");
    buffer[11..].copy_from_slice(text);
    timestamp(buffer).map(|instant| instant.micros).ok_or_else(|| Misfit::text(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_times() {
        assert_eq!(date(b"2024-02-29"), Ok((19_782, false)));
        assert_eq!(date(b"0044-03-15 BC"), Err(Misfit::year()));
        assert_eq!(date(b"10000-01-01"), Err(Misfit::year()));
        assert_eq!(instant(b"1970-01-01 02:00:00.5+02"), Ok((500_000, false)));
        assert_eq!(instant(b"infinity"), Ok((LAST_MICRO, true)));
        assert_eq!(time(b"00:00:01.25"), Ok(1_250_000));
        assert_eq!(time(b"24:00:00"), Err(Misfit::midnight()));
    }

    #[test]
    fn amounts_of_money_in_any_locale() {
        for (text, expected) in [("$1,234.56", 123_456), ("-$0.01", -1), ("(1.234,56 €)", -123_456), ("¥1,234", 1_234)]
        {
            assert_eq!(amount(text.as_bytes()), Some(expected));
        }
    }

    /// The text form, as the replication stream has it, and the binary form, as COPY has it, of one value.
    #[test]
    fn both_forms_are_one_value() {
        use crate::postgres::reading::Reading;
        use crate::postgres::source_type::SourceType;
        let source = |oid, modifier| SourceType { oid, name: String::new(), modifier, is_enum: false, element: None };
        let mut integers = source(1007, -1);
        integers.element = Some(Box::new(source(23, -1)));
        let uuid = b"\xf4\x7a\xc1\x0b\x58\xcc\x43\x72\xa5\x67\x0e\x02\xb2\xc3\xd4\x79";
        let array =
            [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 23, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 7, 255, 255, 255, 255];
        let cases: [(SourceType, &str, &[u8]); 14] = [
            (source(16, -1), "t", &[1]),
            (source(21, -1), "-2", &[0xff, 0xfe]),
            (source(23, -1), "258", &[0, 0, 1, 2]),
            (source(20, -1), "-1", &[0xff; 8]),
            (source(26, -1), "4294967295", &[0xff; 4]),
            (source(700, -1), "0.1", &0.1_f32.to_be_bytes()),
            (source(701, -1), "-Infinity", &f64::NEG_INFINITY.to_be_bytes()),
            (source(1700, (5 << 16 | 2) + 4), "12.34", &[0, 2, 0, 0, 0, 0, 0, 2, 0, 12, 0x0d, 0x48]),
            (source(1042, 9), "ab   ", b"ab   "),
            (source(3802, -1), "{}", b"\x01{}"),
            (source(2950, -1), "f47ac10b-58cc-4372-a567-0e02b2c3d479", uuid),
            (source(17, -1), "\\x00Ff", &[0, 255]),
            (source(1184, -1), "2000-01-01 01:00:00.5+01", &500_000_i64.to_be_bytes()),
            (integers, "{7,NULL}", &array),
        ];
        for (source, text, binary) in cases {
            let mut builder = ValueBuilder::new(&Reading::natural(&source, 2), 2);
            builder.append_text(text.as_bytes()).unwrap();
            builder.append_binary(binary).unwrap();
            let array = builder.finish().unwrap();
            assert_eq!(array.slice(0, 1).as_ref(), array.slice(1, 1).as_ref(), "{text}");
            assert!(array.is_valid(0));
        }
    }
}
