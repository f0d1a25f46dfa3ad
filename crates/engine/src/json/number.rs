//! Numbers without an exponent, as `numeric` and `jsonb` keep them.

/// More digits than this are refused: `1e999999` would be a megabyte.
const MOST_DIGITS: i64 = 20_000;

/// `1.5e2` is `150`, `-0` is `0`, `1.10` keeps its digits; `None` when it would have too many.
pub(crate) fn plain(written: &str) -> Option<String> {
    let (negative, digits) = match written.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, written),
    };
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let exponent = exponent.parse::<i64>().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.len() + fraction.len() == 0 || !whole.bytes().chain(fraction.bytes()).all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let point = i64::try_from(whole.len()).ok()? + exponent;
    let mut all = format!("{whole}{fraction}");
    let length = i64::try_from(all.len()).ok()?;
    if exponent.abs() > MOST_DIGITS || length > MOST_DIGITS {
        return None;
    }
    let (whole, fraction) = if point <= 0 {
        (String::new(), format!("{}{all}", "0".repeat(usize::try_from(-point).ok()?)))
    } else if point >= length {
        (format!("{all}{}", "0".repeat(usize::try_from(point - length).ok()?)), String::new())
    } else {
        let fraction = all.split_off(usize::try_from(point).ok()?);
        (all, fraction)
    };
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let zero = whole == "0" && fraction.bytes().all(|digit| digit == b'0');
    let sign = if negative && !zero { "-" } else { "" };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

/// The digits that make a value: `1.50` and `1.5` are equal.
pub(super) fn significant(plain: &str) -> &str {
    if plain.contains('.') { plain.trim_end_matches('0').trim_end_matches('.') } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_are_written_out() {
        for (written, meant) in [
            ("1e2", "100"),
            ("1.5e2", "150"),
            ("1.25E1", "12.5"),
            ("1e-3", "0.001"),
            ("-0", "0"),
            ("-0.0", "0.0"),
            ("1.10", "1.10"),
            ("-12.5e-1", "-1.25"),
            ("0e5", "0"),
        ] {
            assert_eq!(plain(written).as_deref(), Some(meant), "{written}");
        }
        assert_eq!(plain("1e99999999"), None);
        assert_eq!(significant("1.50"), "1.5");
        assert_eq!(significant("100"), "100");
    }
}
