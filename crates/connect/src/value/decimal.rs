//! Exact decimals as integers of 128 bits.

use super::number::trim;

/// `-?digits[.digits][e±digits]` as an integer scaled by `10^scale`, if it fits into `precision` digits exactly.
pub(crate) fn decimal_from_text(text: &[u8], precision: u8, scale: i8) -> Option<i128> {
    let text = trim(text);
    let (negative, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let (mantissa, exponent) = match rest.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(index) => {
            let exponent = std::str::from_utf8(&rest[index + 1..]).ok()?.parse::<i32>().ok()?;
            (&rest[..index], exponent)
        }
        None => (rest, 0),
    };
    let mut value: i128 = 0;
    let mut digits = 0_usize;
    let mut decimals: Option<i32> = None;
    // Zeros at the end of the fraction are held back: `1.500` fits a scale of one.
    let mut zeros = 0_u32;
    for byte in mantissa {
        match byte {
            b'0' if decimals.is_some() => {
                zeros += 1;
                digits += 1;
            }
            b'0'..=b'9' => {
                for _ in 0..=zeros {
                    value = value.checked_mul(10)?;
                }
                value = value.checked_add(i128::from(byte - b'0'))?;
                if let Some(decimals) = &mut decimals {
                    *decimals = decimals.checked_add(i32::try_from(zeros).ok()?)?.checked_add(1)?;
                }
                zeros = 0;
                digits += 1;
            }
            b'.' if decimals.is_none() => decimals = Some(0),
            _ => return None,
        }
    }
    if digits == 0 {
        return None;
    }
    let value = if negative { -value } else { value };
    rescale(value, decimals.unwrap_or(0).checked_sub(exponent)?, precision, scale)
}

/// `value / 10^decimals` as an integer scaled by `10^scale`, if it fits into `precision` digits exactly.
pub(crate) fn rescale(value: i128, decimals: i32, precision: u8, scale: i8) -> Option<i128> {
    let shift = i32::from(scale).checked_sub(decimals)?;
    let power = |exponent: i32| 10_i128.checked_pow(u32::try_from(exponent).ok()?);
    let scaled = if value == 0 {
        0
    } else if shift >= 0 {
        value.checked_mul(power(shift)?)?
    } else {
        let power = power(-shift)?;
        if value % power != 0 {
            return None;
        }
        value / power
    };
    let limit = power(i32::from(precision))?;
    (-limit < scaled && scaled < limit).then_some(scaled)
}

/// A double as decimal. Binary fractions are not meant exactly: what is no more than the noise of a few operations away from
/// the scale (`0.1 + 0.2`) is that decimal. What has further digits does not fit.
pub(crate) fn float_to_decimal(value: f64, precision: u8, scale: i8) -> Option<i128> {
    if !value.is_finite() {
        return None;
    }
    // The shortest text that reads back is what a person would have written.
    let shortest = format!("{value}");
    if let Some(exact) = decimal_from_text(shortest.as_bytes(), precision, scale) {
        return Some(exact);
    }
    let text = format!("{value:.*}", usize::try_from(scale.max(0)).ok()?);
    let rounded: f64 = text.parse().ok()?;
    let noise = 4.0 * value.abs() * f64::EPSILON;
    ((value - rounded).abs() <= noise).then(|| decimal_from_text(text.as_bytes(), precision, scale)).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn exact_or_not_at_all() {
        assert_eq!(decimal_from_text(b"12.34", 12, 2), Some(1234));
        assert_eq!(decimal_from_text(b"-12.3", 12, 2), Some(-1230));
        assert_eq!(decimal_from_text(b"12.3400", 12, 2), Some(1234));
        assert_eq!(decimal_from_text(b"12.3405", 12, 2), None);
        assert_eq!(decimal_from_text(b".5", 12, 2), Some(50));
        assert_eq!(decimal_from_text(b"1.5e2", 12, 0), Some(150));
        assert_eq!(decimal_from_text(b"0e999999", 12, 0), Some(0));
        assert_eq!(decimal_from_text(b"1e999999999", 12, 0), None);
        assert_eq!(decimal_from_text(b"9999999999.99", 12, 2), Some(999_999_999_999));
        assert_eq!(decimal_from_text(b"10000000000", 12, 2), None);
        assert_eq!(decimal_from_text(&[b'9'; 38], 38, 0), Some(10_i128.pow(38) - 1));
        for text in ["", ".", "-", "1.2.3", "1e", "e5", "1,5", "NaN"] {
            assert_eq!(decimal_from_text(text.as_bytes(), 38, 5), None, "{text}");
        }
    }

    #[test]
    fn doubles_lose_noise_and_nothing_else() {
        for value in [19.999, 1.005, 0.001, 1e-300, 19.990_000_001] {
            assert_eq!(float_to_decimal(value, 12, 2), None, "{value}");
        }
        assert_eq!(float_to_decimal(1.1 * 3.0, 12, 2), Some(330));
        assert_eq!(float_to_decimal(-0.0, 12, 2), Some(0));
        assert_eq!(float_to_decimal(19.99, 12, 2), Some(1999));
        assert_eq!(float_to_decimal(0.1 + 0.2, 12, 2), Some(30));
        assert_eq!(float_to_decimal(f64::NAN, 12, 2), None);
        assert_eq!(float_to_decimal(1e20, 12, 2), None);
    }

    proptest! {
        #[test]
        fn reads_what_is_written(value in -(10_i128.pow(30))..10_i128.pow(30), scale in 1_i8..20) {
            let digits = usize::try_from(scale).unwrap() + 1;
            let text = format!("{:0digits$}", value.unsigned_abs());
            let (whole, fraction) = text.split_at(text.len() - usize::try_from(scale).unwrap());
            let sign = if value < 0 { "-" } else { "" };
            prop_assert_eq!(decimal_from_text(format!("{sign}{whole}.{fraction}").as_bytes(), 38, scale), Some(value));
        }
    }
}
