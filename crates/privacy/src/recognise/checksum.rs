//! Numbers that carry a check: payment cards and international bank accounts.

use super::digits;

/// Whether the text is the number of a payment card: digits (grouped by spaces, hyphens or dots) that begin and are as many as an
/// issuer's are, and pass the Luhn check (ISO/IEC 7812-1).
pub(crate) fn is_card(text: &str) -> bool {
    let Some(digits) = digits(text, 19) else { return false };
    let first = |count: usize| digits.iter().take(count).fold(0_u32, |number, digit| number * 10 + u32::from(*digit));
    let fits = match digits.len() {
        13 => first(1) == 4,
        14 => matches!(first(3), 300..=305) || matches!(first(2), 36 | 38 | 39),
        15 => matches!(first(2), 34 | 37),
        16..=19 => {
            // Visa, Mastercard, Discover, Diners Club, JCB, UnionPay, Maestro, in this order.
            first(1) == 4
                || digits.len() == 16 && (matches!(first(2), 51..=55) || matches!(first(4), 2221..=2720))
                || first(4) == 6011
                || matches!(first(3), 644..=649)
                || matches!(first(2), 65 | 36 | 38 | 39 | 62)
                || matches!(first(4), 3528..=3589)
                || matches!(first(4), 5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763)
        }
        _ => false,
    };
    fits && passes_luhn(&digits) && !digits.iter().all(|digit| *digit == digits[0])
}

/// The Luhn check over digits, the last of which is the check digit.
pub(super) fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits.iter().rev().enumerate().map(|(place, digit)| check_digit(place, *digit)).sum();
    sum.is_multiple_of(10)
}

fn check_digit(place: usize, digit: u8) -> u32 {
    let digit = u32::from(digit);
    if place.is_multiple_of(2) {
        digit
    } else if digit > 4 {
        digit * 2 - 9
    } else {
        digit * 2
    }
}

/// Whether the text (spaces and hyphens aside) is an IBAN: 15 to 34 characters that leave 1 modulo 97 (ISO 13616, ISO
/// 7064).
pub(crate) fn is_iban(text: &str) -> bool {
    let letters: Vec<u8> =
        text.bytes().filter(|byte| !matches!(byte, b' ' | b'-')).map(|byte| byte.to_ascii_uppercase()).collect();
    let shaped = (15..=34).contains(&letters.len())
        && letters[..2].iter().all(u8::is_ascii_uppercase)
        && letters[2..4].iter().all(u8::is_ascii_digit)
        && letters.iter().all(u8::is_ascii_alphanumeric);
    if !shaped {
        return false;
    }
    let rest = letters[4..].iter().chain(&letters[..4]).fold(0, |rest: u32, letter| match letter {
        b'0'..=b'9' => (rest * 10 + u32::from(letter - b'0')) % 97,
        _ => (rest * 100 + u32::from(letter - b'A') + 10) % 97,
    });
    rest == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_and_accounts_pass_their_checks() {
        for card in ["4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005"] {
            assert!(is_card(card), "{card}");
        }
        for other in [
            "4111 1111 1111 1112",
            "0000000000000000",
            "1234567890",
            "4111x1111",
            "91234567890123452",
            "490154203237518",
        ] {
            assert!(!is_card(other), "{other}");
        }
        for account in ["DE89 3704 0044 0532 0130 00", "gb29nwbk60161331926819", "NO93 8601 1117 947"] {
            assert!(is_iban(account), "{account}");
        }
        for other in ["DE88 3704 0044 0532 0130 00", "DE89", "1E89370400440532013000"] {
            assert!(!is_iban(other), "{other}");
        }
    }
}
