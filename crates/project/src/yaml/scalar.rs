//! What a scalar without quotes means.
//!
//! Values of the project's own (variables, `meta`, arguments of tests) are read as dbt reads them, which is as PyYAML does:
//! YAML 1.1 (<https://yaml.org/type/int.html>), in which `yes`, `no`, `on` and `off` are truth values, `010` is 8, `1_000` is
//! 1000, `12:30` is 750 and `1e3` is text. Where a number is expected, those of YAML 1.2 are understood too
//! (<https://yaml.org/spec/1.2.2/#103-core-schema>). Dates stay text.

use serde_json::Number;

use super::{NodeValue, TextStyle};

/// Resolves plain text. `yes` and its relatives stay text here: they may be meant as such where text is expected.
pub(super) fn resolve(text: &str) -> NodeValue {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => NodeValue::Null,
        "true" | "True" | "TRUE" => NodeValue::Bool(true),
        "false" | "False" | "FALSE" => NodeValue::Bool(false),
        _ => match integer_1_1(text).map(Number::from).or_else(|| float_1_1(text)) {
            Some(number) => NodeValue::Number(number, text.to_owned()),
            None => NodeValue::Text(text.to_owned(), TextStyle::Plain),
        },
    }
}

/// The truth value that plain text is in YAML 1.1. (`y` and `n` are text to PyYAML.)
pub(super) fn boolean_1_1(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// PyYAML's integers. What JSON has no integer for stays text, so that none of its digits is lost.
fn integer_1_1(text: &str) -> Option<Integer> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if !unsigned.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let of_base = |digits: &str, base: u32| {
        let good = |digit: char| digit == '_' || digit.is_digit(base);
        let plain = digits.replace('_', "");
        (digits.chars().all(good) && !plain.is_empty()).then(|| u64::from_str_radix(&plain, base).ok())?
    };
    let value = if let Some(digits) = unsigned.strip_prefix("0x") {
        of_base(digits, 16)
    } else if let Some(digits) = unsigned.strip_prefix("0b") {
        of_base(digits, 2)
    } else if unsigned.len() > 1 && unsigned.starts_with('0') {
        of_base(&unsigned[1..], 8).or((&unsigned[1..] == "_").then_some(0))
    } else if unsigned.contains(':') {
        let (first, rest) = unsigned.split_once(':')?;
        (!first.starts_with('0')).then(|| base_60(of_base(first, 10)?, rest))?
    } else {
        of_base(unsigned, 10)
    }?;
    if negative { 0i64.checked_sub_unsigned(value).map(Integer::Signed) } else { Some(Integer::Unsigned(value)) }
}

enum Integer {
    Signed(i64),
    Unsigned(u64),
}

impl From<Integer> for Number {
    fn from(value: Integer) -> Self {
        match value {
            Integer::Signed(value) => value.into(),
            Integer::Unsigned(value) => value.into(),
        }
    }
}

/// `first:part:part`, each part of one or two digits and less than 60.
fn base_60(first: u64, rest: &str) -> Option<u64> {
    rest.split(':').try_fold(first, |total, part| {
        let good = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        let part: u64 = part.parse().ok().filter(|part| good && *part < 60)?;
        total.checked_mul(60)?.checked_add(part)
    })
}

/// PyYAML's floating point numbers: with a point, and with a sign before the exponent.
fn float_1_1(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, rest) = unsigned.split_once('.')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let (fraction, exponent) = rest.split_once(['e', 'E']).map_or((rest, None), |(f, e)| (f, Some(e)));
    let good_exponent = exponent.is_none_or(|exponent| {
        let power = exponent.strip_prefix(['-', '+']);
        power.is_some_and(|power| !power.is_empty() && power.bytes().all(|byte| byte.is_ascii_digit()))
    });
    if !digits(fraction) || !good_exponent {
        return None;
    }
    if whole.is_empty() {
        let begins = fraction.starts_with(|first: char| first.is_ascii_digit());
        return (begins && unsigned.len() == text.len()).then(|| parsed(text))?;
    }
    if !whole.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let Some((first, parts)) = whole.split_once(':') else {
        return digits(whole).then(|| parsed(text))?;
    };
    if !digits(first) || exponent.is_some() {
        return None;
    }
    let minutes = base_60(first.replace('_', "").parse().ok()?, parts)?;
    let value = parsed(&format!("{minutes}.{fraction}"))?.as_f64()?;
    Number::from_f64(if text.starts_with('-') { -value } else { value })
}

fn parsed(text: &str) -> Option<Number> {
    text.replace('_', "").parse().ok().and_then(Number::from_f64)
}

/// Reads a number of YAML 1.2. Infinities and NaN stay text, because JSON has none.
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

    /// The left side as PyYAML 6.0.3 reads it, but for infinities, dates and integers of more than 64 bits, which are text.
    const READ_BY_PYYAML: &str = r#"
         null | ~ null | NULL null | True true | 12 12 | -0 0 | +3 3 | 0o17 "0o17" | 0xff 255 | -0x1f -31 | 0b11 3 | 010 8
        -010 -8 | 08 "08" | 0777 511 | 00 0 | 0_ 0 | 0_7 7 | 1_000 1000 | 1__0 10 | 1.50 1.5 | 1. 1.0 | .5 0.5 | -.5 "-.5"
        ._5 "._5" | +.5 "+.5" | 1e3 "1e3" | 1.0e3 "1.0e3" | 1.0e+3 1000.0 | 1.e+3 1000.0 | 1_000.5_ 1000.5
        685.230_15e+03 685230.15 | 12:30 750 | 12:3 723 | 1_2:30 750 | 1:2:3 3723 | -1:30 -90 | 190:20:30 685230 | 60:00 3600
        012:30 "012:30" | 09:30 "09:30" | 1:60 "1:60" | 12:30.5 750.5 | 1.5:30 "1.5:30" | yes true | Yes true | yEs "yEs"
        y "y" | on true | OFF false | no false | NO false | 18446744073709551615 18446744073709551615
        18446744073709551616 "18446744073709551616" | 2024-01-01 "2024-01-01" | - "-" | . "." | 1.2.3 "1.2.3" | 1e "1e"
        .inf ".inf" | _1 "_1" | 0x_ "0x_"
    "#;

    fn json(text: &str) -> String {
        super::super::Node::new(resolve(text), ade_diagnostic::Span::at(0)).to_json().to_string()
    }

    #[test]
    fn values_are_those_of_pyyaml() {
        for case in READ_BY_PYYAML.lines().flat_map(|line| line.split(" | ")).filter(|case| !case.trim().is_empty()) {
            let (text, expected) = case.trim_start_matches("    ").rsplit_once(' ').expect(case);
            assert_eq!(json(text.trim()), expected, "{text}");
        }
    }

    #[test]
    fn numbers_of_both_standards_are_numbers_where_one_is_expected() {
        let number = |text: &str| super::super::Node::new(resolve(text), ade_diagnostic::Span::at(0)).as_number();
        let cases = [("1e3", 1000.0), ("0o17", 15.0), ("08", 8.0), ("1_000", 1000.0), ("010", 8.0)];
        for (text, expected) in cases {
            assert_eq!(number(text).and_then(|number| number.as_f64()), Some(expected), "{text}");
        }
    }
}
