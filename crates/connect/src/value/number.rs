//! Numbers and booleans in text.

/// Without spaces and tabs around it.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    // Almost no value has blanks: look before searching.
    if text.first().is_some_and(is_blank) || text.last().is_some_and(is_blank) { text.trim_ascii() } else { text }
}

/// A whole number: `42`, `-7`, `007`, `+1`, and `3.0` (programs that know only floats write whole numbers so).
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    let text = trim(text);
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    if digits.len() <= 18 {
        for (index, byte) in digits.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return zero_fraction(&digits[index..], index).then_some(if negative { -value } else { value });
            }
            value = value * 10 + i64::from(digit);
        }
        return Some(if negative { -value } else { value });
    }
    for (index, byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return zero_fraction(&digits[index..], index).then_some(value);
        }
        let digit = i64::from(digit);
        // Built towards the sign, so that the smallest value does not overflow.
        value = value.checked_mul(10)?.checked_add(if negative { -digit } else { digit })?;
    }
    Some(value)
}

fn zero_fraction(rest: &[u8], digits_before: usize) -> bool {
    digits_before > 0 && rest.len() > 1 && rest[0] == b'.' && rest[1..].iter().all(|byte| *byte == b'0')
}

/// A floating-point number, also `NaN`, `inf`, `Infinity` in any case. Out of range is none.
pub(crate) fn float(text: &[u8]) -> Option<f64> {
    let text = trim(text);
    if let Some(value) = short_decimal(text) {
        return Some(value);
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    let names_infinity = text.iter().any(|byte| matches!(byte, b'i' | b'I'));
    (value.is_finite() || value.is_nan() || names_infinity).then_some(value)
}

/// `-?digits[.digits]` with at most 15 digits: both parts of the quotient are exact doubles, so one division rounds
/// correctly (Clinger's fast path).
fn short_decimal(text: &[u8]) -> Option<f64> {
    const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let mut mantissa: u64 = 0;
    let mut count = 0;
    let mut point = None;
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                mantissa = mantissa * 10 + u64::from(byte - b'0');
                count += 1;
            }
            b'.' if point.is_none() && count > 0 => point = Some(count),
            _ => return None,
        }
    }
    if count == 0 || count > 15 || point == Some(count) {
        return None;
    }
    let scale = point.map_or(0, |point| count - point);
    #[expect(clippy::cast_precision_loss, reason = "at most 15 digits are exact in a double")]
    let value = mantissa as f64 / POWERS[scale];
    Some(if negative { -value } else { value })
}

/// What PostgreSQL takes for a boolean, in any case.
pub(crate) fn boolean(text: &[u8]) -> Option<bool> {
    let text = trim(text);
    let is_any = |words: [&str; 6]| words.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()));
    if is_any(["true", "t", "1", "yes", "y", "on"]) {
        Some(true)
    } else if is_any(["false", "f", "0", "no", "n", "off"]) {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whole_numbers() {
        for (text, value) in [
            ("0", 0),
            ("-7", -7),
            ("+1", 1),
            ("007", 7),
            (" 42 ", 42),
            ("3.0", 3),
            ("-12.000", -12),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(integer(text.as_bytes()), Some(value), "{text}");
        }
        for text in ["", "-", "+", "1.5", "1.", ".0", "1e3", "1 2", "0x10", "9223372036854775808", "1_000", "--1"] {
            assert_eq!(integer(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn floating_point() {
        assert_eq!(float(b"1e3"), Some(1000.0));
        assert_eq!(float(b" -0.25"), Some(-0.25));
        assert_eq!(float(b"Infinity"), Some(f64::INFINITY));
        assert!(float(b"nan").is_some_and(f64::is_nan));
        for text in ["", "1e999", "one", "1,5", "--1", "."] {
            assert_eq!(float(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn booleans() {
        assert_eq!(boolean(b"T"), Some(true));
        assert_eq!(boolean(b" false"), Some(false));
        assert_eq!(boolean(b"2"), None);
    }

    proptest! {
        #[test]
        fn every_integer_is_read_back(value: i64) {
            prop_assert_eq!(integer(value.to_string().as_bytes()), Some(value));
        }

        #[test]
        fn every_float_is_read_back(value in proptest::num::f64::NORMAL) {
            prop_assert_eq!(float(value.to_string().as_bytes()), Some(value));
        }

        #[test]
        fn the_fast_path_rounds_as_the_standard_library(whole in 0_u64..99_999_999, fraction in 0_u32..999_999) {
            let text = format!("{whole}.{fraction:06}");
            prop_assert_eq!(float(text.as_bytes()), text.parse::<f64>().ok());
        }
    }
}
