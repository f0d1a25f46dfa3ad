//! What a scalar without quotes means: <https://yaml.org/spec/1.2.2/#103-core-schema>.

use serde_json::Number;

use super::{NodeValue, TextStyle};

/// Resolves plain text.
pub(super) fn resolve(text: &str) -> NodeValue {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => NodeValue::Null,
        "true" | "True" | "TRUE" => NodeValue::Bool(true),
        "false" | "False" | "FALSE" => NodeValue::Bool(false),
        _ => match number(text) {
            Some(number) => NodeValue::Number(number, text.to_owned()),
            None => NodeValue::Text(text.to_owned(), TextStyle::Plain),
        },
    }
}

/// Reads a number. Infinities and NaN stay text, because JSON has none.
pub(super) fn number(text: &str) -> Option<Number> {
    let first = text.bytes().next()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
        return None;
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).ok().map(Number::from);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return u64::from_str_radix(digits, 8).ok().map(Number::from);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        if let Ok(number) = text.parse::<i64>() {
            return Some(number.into());
        }
        if let Ok(number) = text.parse::<u64>() {
            return Some(number.into());
        }
    }
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !(whole.is_empty() && fraction.is_empty());
    let good_exponent = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    (has_digits && digits(whole) && digits(fraction) && good_exponent)
        .then(|| text.parse().ok().and_then(Number::from_f64))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_schema() {
        let json =
            |text: &str| super::super::Node::new(resolve(text), ade_diagnostic::Span::at(0)).to_json().to_string();
        let cases = [
            ("", "null"),
            ("~", "null"),
            ("True", "true"),
            ("12", "12"),
            ("-0", "0"),
            ("+3", "3"),
            ("0o17", "15"),
            ("0xff", "255"),
            ("1.50", "1.5"),
            (".5", "0.5"),
            ("1e3", "1000.0"),
            ("18446744073709551615", "18446744073709551615"),
            ("yes", "\"yes\""),
            ("2024-01-01", "\"2024-01-01\""),
            ("1_000", "\"1_000\""),
            ("-", "\"-\""),
            (".", "\".\""),
            ("1.2.3", "\"1.2.3\""),
            ("1e", "\"1e\""),
            (".inf", "\".inf\""),
            ("12:30", "\"12:30\""),
        ];
        for (text, expected) in cases {
            assert_eq!(json(text), expected, "{text}");
        }
    }
}
