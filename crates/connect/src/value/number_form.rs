//! Numbers in the form of a country: another decimal sign, and groups of three digits.

use super::number::trim;

/// Numbers with a decimal sign that was named.
///
/// Digits before it may stand in groups of three, with the other of point and comma, a space (also one that does not break) or
/// an apostrophe between them: `1.234.567,89`, `1 234 567,89`, `1'234'567.89`. Groups of other lengths, or with different
/// signs, are no number: `79.52` is none where the comma is the decimal sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberForm {
    /// `1234,50`
    Comma,
    /// `1234.50`, also in groups.
    Point,
}

/// How a number was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// Whether digits stood in groups.
    pub(crate) grouped: bool,
    /// Whether there was a decimal sign.
    pub(crate) fraction: bool,
}

impl NumberForm {
    /// The form with this decimal sign.
    pub(crate) fn of(sign: &str) -> Option<Self> {
        match sign {
            "," => Some(Self::Comma),
            "." => Some(Self::Point),
            _ => None,
        }
    }

    /// Adds the number to `out` as programs write it; `None` (and nothing is added) for what is none.
    pub(crate) fn usual(self, text: &str, out: &mut String) -> Option<Written> {
        let start = out.len();
        let written = self.write(text, out);
        if written.is_none() {
            out.truncate(start);
        }
        written
    }

    fn write(self, text: &str, out: &mut String) -> Option<Written> {
        let (decimal, other) = match self {
            Self::Comma => (',', '.'),
            Self::Point => ('.', ','),
        };
        let text = std::str::from_utf8(trim(text.as_bytes())).ok()?;
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        if text.starts_with('-') {
            out.push('-');
        }
        let whole_end = unsigned.find([decimal, 'e', 'E']).unwrap_or(unsigned.len());
        let (whole, rest) = unsigned.split_at(whole_end);
        let grouped = push_whole(whole, other, out)?;
        let (fraction, exponent) = match rest.strip_prefix(decimal) {
            Some(rest) => {
                let end = rest.find(['e', 'E']).unwrap_or(rest.len());
                (Some(&rest[..end]), &rest[end..])
            }
            None => (None, rest),
        };
        if let Some(fraction) = fraction {
            if fraction.is_empty() || !are_digits(fraction) {
                return None;
            }
            out.push('.');
            out.push_str(fraction);
        } else if whole.is_empty() {
            return None;
        }
        if !exponent.is_empty() {
            let digits = exponent[1..].strip_prefix(['-', '+']).unwrap_or(&exponent[1..]);
            if digits.is_empty() || !are_digits(digits) || whole.is_empty() {
                return None;
            }
            out.push_str(exponent);
        }
        Some(Written { grouped, fraction: fraction.is_some() })
    }
}

fn are_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The digits before the decimal sign without what stands between groups; whether something did.
fn push_whole(whole: &str, other: char, out: &mut String) -> Option<bool> {
    let is_between = |letter: char| letter == other || matches!(letter, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’');
    let Some(between) = whole.chars().find(|letter| is_between(*letter)) else {
        out.push_str(whole);
        return are_digits(whole).then_some(false);
    };
    for (place, group) in whole.split(between).enumerate() {
        let fits = if place == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 };
        if !fits || !are_digits(group) {
            return None;
        }
        out.push_str(group);
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usual(form: NumberForm, text: &str) -> Option<String> {
        let mut out = String::from("before ");
        let written = form.usual(text, &mut out);
        assert_eq!(written.is_none(), out == "before ", "{text}");
        written.map(|_| out["before ".len()..].to_owned())
    }

    #[test]
    fn numbers_of_other_countries() {
        for (text, expected) in [
            ("79,52", "79.52"),
            (" -1.234.567,89 ", "-1234567.89"),
            ("+7", "7"),
            ("1.234", "1234"),
            ("1 234,5", "1234.5"),
            ("1\u{a0}234\u{202f}567", ""),
            ("1\u{202f}234,5", "1234.5"),
            ("1'234,5", "1234.5"),
            (",5", ".5"),
            ("1,5e-3", "1.5e-3"),
            ("007", "007"),
            ("79.52", ""),
            ("1.23.456", ""),
            ("1234.567,8", ""),
            ("1.234 567,8", ""),
            ("1,", ""),
            ("1,2,3", ""),
            ("", ""),
            ("-", ""),
            (",", ""),
            ("e5", ""),
            ("12a", ""),
            ("1,5e", ""),
            ("27.12.2026", ""),
        ] {
            let expected = Some(expected.to_owned()).filter(|expected| !expected.is_empty());
            assert_eq!(usual(NumberForm::Comma, text), expected, "{text}");
        }
        assert_eq!(usual(NumberForm::Point, "1,234.50"), Some("1234.50".to_owned()));
        assert_eq!(usual(NumberForm::Point, "79,52"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_in_groups_is_read_back(value: i64, cents in 0_u8..100, between in "[. ']") {
            let digits = value.unsigned_abs().to_string();
            let first = digits.len() % 3;
            let mut groups: Vec<&str> = digits.as_bytes()[first..].chunks(3).map(|group| std::str::from_utf8(group).unwrap()).collect();
            if first > 0 {
                groups.insert(0, &digits[..first]);
            }
            let sign = if value < 0 { "-" } else { "" };
            let text = format!("{sign}{},{cents:02}", groups.join(&between));
            prop_assert_eq!(usual(NumberForm::Comma, &text), Some(format!("{value}.{cents:02}")));
        }

        #[test]
        fn never_panics(text: String) {
            let _ = (usual(NumberForm::Comma, &text), usual(NumberForm::Point, &text));
        }
    }
}
