//! E-mail addresses and telephone numbers.

/// Whether the text is an e-mail address: one `@`, a host of two labels and more.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    !local.is_empty()
        && !text.contains(char::is_whitespace)
        && !text.contains('/')
        && !host.contains('@')
        && host.split('.').count() >= 2
        && host.split('.').all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'))
}

/// Whether the text is a telephone number: in international form, or in a national one whose punctuation tells it from other
/// numbers. Digits without any could be anything.
pub(super) fn is_phone(text: &str) -> bool {
    let (number, extension) = match text.split_once(['x', 'X']) {
        Some((number, extension)) => {
            (number.trim_end_matches(['e', ' ', '.']), Some(extension.trim_start_matches(['t', '.', ' '])))
        }
        None => (text, None),
    };
    let is_extended = extension
        .is_none_or(|digits| (1..=6).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()));
    let number = number.trim_end();
    let digits: Vec<u8> = number.bytes().filter(u8::is_ascii_digit).collect();
    let rest = number.strip_prefix('+').unwrap_or(number);
    if !is_extended || !rest.bytes().all(|byte| byte.is_ascii_digit() || b" -()./".contains(&byte)) {
        return false;
    }
    if number.starts_with('+') {
        return (8..=15).contains(&digits.len()) && digits[0] != b'0';
    }
    let is_grouped = number.contains([' ', '-', '(', '/', '.']);
    if let Some(international) = number.strip_prefix("00") {
        return is_grouped
            && (10..=17).contains(&digits.len())
            && international.starts_with(|c: char| matches!(c, '1'..='9'));
    }
    is_north_american(number, &digits) || (is_grouped && (is_national(number, &digits) || is_without_trunk(number)))
}

/// Countries that dial no zero, in the groups that people write there: `(11) 91234-5678` (Brazil), `98765 43210` (India), `138 1234 5678`
/// (China), `8 (912) 345-67-89` (Russia), `55 1234 5678` (Mexico), `333 123 4567` (Italy, North America).
fn is_without_trunk(number: &str) -> bool {
    let shape: String = number.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    let begins = |with: &[char]| number.trim_start_matches('(').starts_with(with);
    match shape.as_str() {
        "(99) 99999-9999" | "(99) 9999-9999" | "(99) 9999 9999" => {
            begins(&['1', '2', '3', '4', '5', '6', '7', '8', '9'])
        }
        "99999 99999" | "99999-99999" => begins(&['6', '7', '8', '9']),
        "999 9999 9999" | "999-9999-9999" => {
            ["13", "14", "15", "16", "17", "18", "19"].iter().any(|start| number.starts_with(start))
        }
        "9 (999) 999-99-99" | "9 999 999-99-99" | "9(999)999-99-99" => begins(&['7', '8']),
        "99 9999 9999" => begins(&['5', '3', '8']),
        "999 999 9999" => begins(&['2', '3', '4', '5', '6', '7', '8', '9']),
        _ => false,
    }
}

/// `(212) 555-0187`, `212-555-0187`, `212.555.0187`, `1-212-555-0187`: area and exchange begin with 2 to 9.
fn is_north_american(number: &str, digits: &[u8]) -> bool {
    let (digits, number) = match digits {
        [b'1', rest @ ..] if rest.len() == 10 => (rest, number.trim_start_matches(['1', '-', ' ', '.'])),
        _ => (digits, number),
    };
    if digits.len() != 10 || digits[0] < b'2' || digits[3] < b'2' {
        return false;
    }
    let shape: String = number.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    matches!(
        shape.as_str(),
        "(999) 999-9999" | "(999)999-9999" | "999-999-9999" | "999.999.9999" | "(999) 999 9999" | "999 999-9999"
    )
}

/// `020 7946 0958`, `(030) 901820`, `0171/1234567`, `06 12 34 56 78`: a trunk zero, nine to twelve digits, groups of two and more.
fn is_national(number: &str, digits: &[u8]) -> bool {
    let first = number.trim_start_matches('(');
    let groups: Vec<&str> = number.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    first.starts_with('0')
        && digits.get(1) != Some(&b'0')
        && (9..=12).contains(&digits.len())
        && (2..=6).contains(&groups.len())
        && groups.iter().all(|group| group.len() >= 2)
        // Dates and social security numbers begin with a zero, too.
        && !matches!(groups.as_slice(), [day, month, year, ..] if matches!((day.len(), month.len(), year.len()), (2 | 3, 2, 4)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_are_told_from_other_numbers() {
        for number in [
            "+44 20 7946 0958",
            "+12125550187",
            "+49 (0)30 901820",
            "0044 20 7946 0958",
            "(212) 555-0187",
            "212-555-0187",
            "1-212-555-0187",
            "212.555.0187 x123",
            "212-555-0187 ext. 12",
            "020 7946 0958",
            "06 12 34 56 78",
            "0171/1234567",
        ] {
            assert!(is_phone(number), "{number}");
        }
        for other in [
            "2125550187",
            "0000123456",
            "0412345678",
            "2024-01-01",
            "01-02-2024",
            "01-02-2024 10",
            "100-200-3000",
            "078-05-1120",
            "+1",
            "+0123456789",
            "1.2.3",
            "12 345 678",
            "",
            "x",
            "+44 20 7946 0958 xavier",
        ] {
            assert!(!is_phone(other), "{other}");
        }
    }
}
