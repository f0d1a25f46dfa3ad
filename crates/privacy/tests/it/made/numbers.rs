//! Numbers with the check digits that belong to them.

use super::Dice;

fn number(digits: &str) -> Vec<u32> {
    digits.bytes().map(|digit| u32::from(digit - b'0')).collect()
}

/// The digits and the one that makes them pass the Luhn check.
pub(crate) fn luhn(digits: &str) -> String {
    let sum: u32 = number(digits)
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, twice) if twice > 9 => twice - 9,
            (0, twice) => twice,
            _ => *digit,
        })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

pub(crate) fn nhs(dice: &mut Dice) -> String {
    loop {
        let digits = format!("{}{}", dice.range(4, 8), dice.digits(8));
        let sum: u32 = number(&digits).iter().zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
        match (11 - sum % 11) % 11 {
            10 => {}
            check => return format!("{digits}{check}"),
        }
    }
}

pub(crate) fn routing(dice: &mut Dice) -> String {
    let digits =
        format!("{:02}{}", dice.pick(&[&1_u64, &2, &7, &11, &12, &21, &26, &31, &61, &65, &72]), dice.digits(6));
    let sum: u32 = number(&digits).iter().zip([3, 7, 1].iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// An IBAN of a country, whose account number is made.
pub(crate) fn iban(dice: &mut Dice) -> String {
    let (country, account) = match dice.below(6) {
        0 => ("DE", dice.digits(18)),
        1 => ("GB", format!("{}{}", dice.pick(&["NWBK", "BARC", "LOYD"]), dice.digits(14))),
        2 => ("FR", dice.digits(23)),
        3 => ("NL", format!("{}{}", dice.pick(&["ABNA", "INGB", "RABO"]), dice.digits(10))),
        4 => ("ES", dice.digits(20)),
        _ => ("NO", dice.digits(11)),
    };
    let rest = format!("{account}{country}00").bytes().fold(0_u32, |rest, letter| match letter {
        b'0'..=b'9' => (rest * 10 + u32::from(letter - b'0')) % 97,
        _ => (rest * 100 + u32::from(letter - b'A') + 10) % 97,
    });
    format!("{country}{:02}{account}", 98 - rest)
}

pub(crate) fn grouped(digits: &str, sizes: &[usize], separator: &str) -> String {
    let mut at = 0;
    let mut parts = Vec::new();
    for size in sizes.iter().cycle() {
        if at >= digits.len() {
            break;
        }
        let end = (at + size).min(digits.len());
        parts.push(&digits[at..end]);
        at = end;
    }
    parts.join(separator)
}
