//! Numbers that carry a check: payment cards and international bank accounts.

/// Whether the digits of the text (spaces and hyphens aside) are 13 to 19, begin as payment cards do and pass the Luhn
/// check (ISO/IEC 7812-1).
pub(crate) fn is_luhn(text: &str) -> bool {
    let mut digits = [0; 19];
    let mut count = 0;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' if count < 19 => {
                digits[count] = byte - b'0';
                count += 1;
            }
            b' ' | b'-' => {}
            _ => return false,
        }
    }
    if count < 13 || !matches!(digits[0], 2..=6) || digits[..count].iter().all(|digit| *digit == digits[0]) {
        return false;
    }
    let sum: u32 = digits[..count].iter().rev().enumerate().map(|(place, digit)| check_digit(place, *digit)).sum();
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
            assert!(is_luhn(card), "{card}");
        }
        for other in ["4111 1111 1111 1112", "0000000000000000", "1234567890", "4111x1111", "91234567890123452"] {
            assert!(!is_luhn(other), "{other}");
        }
        for account in ["DE89 3704 0044 0532 0130 00", "gb29nwbk60161331926819", "NO93 8601 1117 947"] {
            assert!(is_iban(account), "{account}");
        }
        for other in ["DE88 3704 0044 0532 0130 00", "DE89", "1E89370400440532013000"] {
            assert!(!is_iban(other), "{other}");
        }
    }
}
