//! Decimals as servers store them: groups of nine digits in four bytes, the highest first, with the sign in the first bit.
//!
//! Format: `decimal2bin` in `strings/decimal.cc` of MySQL.

use std::fmt::Write;

/// Bytes that so many digits of an incomplete group take.
const BYTES: [usize; 10] = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];

/// How many bytes a decimal takes. `None`: there is no such decimal.
pub(crate) fn decimal_bytes(precision: u8, scale: u8) -> Option<usize> {
    let (whole, scale) = (usize::from(precision.checked_sub(scale)?), usize::from(scale));
    Some(whole / 9 * 4 + BYTES[whole % 9] + scale / 9 * 4 + BYTES[scale % 9])
}

/// A decimal as text, with all digits of its fraction. `None`: it is none.
pub(crate) fn decimal_text(bytes: &[u8], precision: u8, scale: u8) -> Option<String> {
    if bytes.is_empty() || bytes.len() != decimal_bytes(precision, scale)? {
        return None;
    }
    let is_negative = bytes[0] & 0x80 == 0;
    let flip = if is_negative { 0xFF } else { 0 };
    let mut bytes: Vec<u8> = bytes.iter().map(|byte| byte ^ flip).collect();
    bytes[0] ^= 0x80;
    let mut rest = bytes.as_slice();
    let mut take = |digits: usize| {
        let (group, behind) = rest.split_at_checked(BYTES[digits])?;
        rest = behind;
        let number = group.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        (number < 10_u32.pow(u32::try_from(digits).ok()?)).then_some(number)
    };
    let (whole, fraction) = (usize::from(precision - scale), usize::from(scale));
    let mut text = String::new();
    let mut write = |number: u32, digits: usize| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{number:0digits$}");
    };
    if !whole.is_multiple_of(9) {
        write(take(whole % 9)?, whole % 9);
    }
    for _ in 0..whole / 9 {
        write(take(9)?, 9);
    }
    for _ in 0..fraction / 9 {
        write(take(9)?, 9);
    }
    if !fraction.is_multiple_of(9) {
        write(take(fraction % 9)?, fraction % 9);
    }
    let (whole, fraction) = text.split_at_checked(whole)?;
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if is_negative { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_in_groups() {
        // The example of the sources: 1234567890.1234 as decimal(14,4).
        let bytes = [0x81, 0x0D, 0xFB, 0x38, 0xD2, 0x04, 0xD2];
        assert_eq!(decimal_text(&bytes, 14, 4).as_deref(), Some("1234567890.1234"));
        let negative = bytes.map(|byte| byte ^ 0xFF);
        assert_eq!(decimal_text(&negative, 14, 4).as_deref(), Some("-1234567890.1234"));
        assert_eq!(decimal_text(&[0x80, 0, 0], 5, 2).as_deref(), Some("0.00"));
        assert_eq!(decimal_text(&[0x80], 1, 1).as_deref(), Some("0.0"));
        assert_eq!(decimal_text(&[0x80], 2, 0).as_deref(), Some("0"));
        assert_eq!(decimal_text(&[0x80, 1], 2, 0), None);
        assert_eq!(decimal_text(&[0xFF], 2, 0), None);
        assert_eq!(decimal_bytes(65, 30), Some(30));
    }
}
