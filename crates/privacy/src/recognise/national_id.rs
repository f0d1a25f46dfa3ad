//! Numbers that authorities and banks give: their forms and checks, each as its authority publishes them.

use super::{checksum::passes_luhn, digits};

/// Whether the text is a social security number of the United States, `AAA-GG-SSSS`: no area 000, 666 or 900 and above, no
/// group 00, no serial 0000. There is no check digit, so nine digits without the hyphens (or spaces) say nothing.
pub(super) fn is_ssn(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_shaped = bytes.len() == 11
        && matches!(bytes[3], b'-' | b' ')
        && bytes[3] == bytes[6]
        && bytes.iter().enumerate().all(|(place, byte)| matches!(place, 3 | 6) || byte.is_ascii_digit());
    is_shaped && !matches!(&text[..3], "000" | "666") && bytes[0] != b'9' && &text[4..6] != "00" && &text[7..] != "0000"
}

/// Whether the text is a routing number of the American Bankers Association: nine digits of a Federal Reserve district, whose sum with
/// the weights 3, 7, 1 ends in zero.
pub(super) fn is_routing(text: &str) -> bool {
    let Some(digits) = digits(text, 9).filter(|digits| digits.len() == 9) else { return false };
    let sum: u32 = digits.iter().zip([3, 7, 1].iter().cycle()).map(|(digit, weight)| u32::from(*digit) * weight).sum();
    let district = digits[0] * 10 + digits[1];
    sum > 0 && sum.is_multiple_of(10) && matches!(district, 1..=12 | 21..=32 | 61..=72 | 80)
}

/// Whether the text is a British NHS number: ten digits, the last of which is 11 less the sum with the weights 10 to 2 modulo 11.
pub(super) fn is_nhs(text: &str) -> bool {
    let Some(digits) = digits(text, 10).filter(|digits| digits.len() == 10) else { return false };
    let sum: u32 = digits[..9].iter().zip((2..=10).rev()).map(|(digit, weight)| u32::from(*digit) * weight).sum();
    let check = (11 - sum % 11) % 11;
    check == u32::from(digits[9]) && !digits.iter().all(|digit| *digit == digits[0])
}

/// Whether the text is a British National Insurance number: two letters of those that are in use, six digits, A to D.
pub(super) fn is_nino(text: &str) -> bool {
    let letters: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').map(|byte| byte.to_ascii_uppercase()).collect();
    let [first, second, numbers @ .., suffix] = letters.as_slice() else { return false };
    let is_first = first.is_ascii_uppercase() && !b"DFIQUV".contains(first);
    let is_second = second.is_ascii_uppercase() && !b"DFIOQUV".contains(second);
    let pair = [*first, *second];
    is_first
        && is_second
        && ![*b"BG", *b"GB", *b"NK", *b"KN", *b"TN", *b"NT", *b"ZZ"].contains(&pair)
        && numbers.len() == 6
        && numbers.iter().all(u8::is_ascii_digit)
        && matches!(suffix, b'A'..=b'D')
}

/// Whether the text is a social insurance number of Canada: nine digits that do not begin with 0 or 8 and pass the Luhn check.
pub(super) fn is_sin(text: &str) -> bool {
    let digits = digits(text, 9).filter(|digits| digits.len() == 9 && !matches!(digits[0], 0 | 8));
    digits.is_some_and(|digits| passes_luhn(&digits) && !digits.iter().all(|digit| *digit == digits[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A check, what passes it, and what does not.
    type Case = (fn(&str) -> bool, &'static [&'static str], &'static [&'static str]);

    #[test]
    fn numbers_of_authorities_pass_their_checks() {
        let cases: [Case; 5] = [
            (
                is_ssn,
                &["078-05-1120", "219 09 9999"],
                &["078051120", "666-12-1234", "900-12-1234", "123-00-1234", "123-45-0000", "123-45 1234"],
            ),
            (
                is_routing,
                &["021000021", "011401533", "0910-0001-9"],
                &["021000022", "000000000", "991000021", "12345678"],
            ),
            (is_nhs, &["943 476 5919", "9434765919", "401-023-2137"], &["943 476 5918", "1111111111", "987654321"]),
            (
                is_nino,
                &["AB123456C", "ab 12 34 56 c"],
                &["QQ123456C", "AO123456C", "GB123456A", "AB123456E", "AB12345C"],
            ),
            (is_sin, &["130 692 544", "130692544"], &["130692545", "046454286", "111111111"]),
        ];
        for (is, right, wrong) in cases {
            for text in right {
                assert!(is(text), "{text}");
            }
            for text in wrong {
                assert!(!is(text), "{text}");
            }
        }
    }
}
