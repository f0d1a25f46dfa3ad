//! Values described without showing them.

/// The shape of a text for messages: never the text.
pub(crate) fn shape(text: &str) -> String {
    match text.as_bytes().first() {
        None => "empty text".to_owned(),
        Some(b'{') if text.ends_with('}') => "a JSON object".to_owned(),
        Some(b'[') if text.ends_with(']') => "a JSON array".to_owned(),
        _ => number(text).unwrap_or_else(|| match text.chars().count() {
            1 => "text of 1 character".to_owned(),
            count => format!("text of {count} characters"),
        }),
    }
}

/// A plain number by its digits: what a decimal or an integer that is too narrow says nothing else about.
fn number(text: &str) -> Option<String> {
    let digits = text.trim().trim_start_matches(['-', '+']);
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !are_digits(whole) || !fraction.is_none_or(are_digits) {
        return None;
    }
    let count = |count: usize, what: &str| if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") };
    Some(match fraction.map(str::len) {
        None | Some(0) => format!("a whole number of {}", count(whole.len(), "digit")),
        Some(decimals) => {
            format!("a number with {} before the point and {} after it", count(whole.len(), "digit"), decimals)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_tells_what_does_not_fit_and_no_value() {
        for (text, expected) in [
            ("", "empty text"),
            ("x", "text of 1 character"),
            ("1.234,56", "text of 8 characters"),
            ("223.04", "a number with 3 digits before the point and 2 after it"),
            ("-7", "a whole number of 1 digit"),
            ("2024-01-01", "text of 10 characters"),
            ("{\"a\":1}", "a JSON object"),
        ] {
            assert_eq!(shape(text), expected);
        }
    }
}
