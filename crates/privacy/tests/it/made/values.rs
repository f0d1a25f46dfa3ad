//! One value of a kind.

use std::{fmt::Write as _, net::Ipv6Addr, sync::LazyLock};

use ade_privacy::Kind;

use super::{
    Dice,
    numbers::{grouped, iban, luhn, nhs, routing},
};

/// Language, given name, surname.
static PEOPLE: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let lines = include_str!("people.tsv").lines();
    lines.filter_map(|line| line.split_once('\t')?.1.split_once('\t')).collect()
});
static TOWNS: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("towns.tsv").lines().filter_map(|line| Some(line.split_once('\t')?.1)).collect());

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const HEX: &str = "0123456789abcdef";
const WORD: &str = "abcdefghijklmnopqrstuvwxyz";

fn person(dice: &mut Dice) -> (&'static str, &'static str) {
    let any = |dice: &mut Dice| PEOPLE[usize::try_from(dice.below(PEOPLE.len() as u64)).unwrap()];
    (any(dice).0, any(dice).1)
}

/// A value, written in the way that `way` chooses.
pub(crate) fn value(kind: Kind, way: u64, dice: &mut Dice) -> String {
    match kind {
        Kind::Email => {
            let (first, last) = person(dice);
            let host = dice.pick(&["gmail.com", "mail.example.co.uk", "firma.example", "web.de", "sub.shop.example"]);
            let local = match dice.below(3) {
                0 => format!("{first}.{last}"),
                1 => format!("{first}{}", dice.digits(2)),
                _ => format!("{}+news", dice.of_letters(WORD, 6)),
            };
            format!("{}@{host}", local.to_lowercase().replace([' ', '\''], ""))
        }
        Kind::Secret => match way % 4 {
            0 => format!("$2b$12${}", dice.of_letters("./abcdefXYZ0123456789", 53)),
            1 => format!("$argon2id$v=19$m=65536,t=3,p=4${}", dice.of_letters(WORD, 40)),
            2 => format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", dice.of_letters(WORD, 30), dice.of_letters(WORD, 43)),
            _ => format!("sk_live_{}", dice.of_letters(WORD, 24)),
        },
        Kind::Iban => {
            let plain = iban(dice);
            if way.is_multiple_of(2) { plain } else { grouped(&plain, &[4], " ") }
        }
        Kind::PaymentCard => card(way, dice),
        Kind::IpV4 => {
            let octets: Vec<String> = (0..4).map(|_| dice.range(1, 255).to_string()).collect();
            octets.join(".")
        }
        Kind::IpV6 => {
            let bits = u128::from(dice.next()) << 64 | u128::from(dice.next());
            let network = 0x2001_0db8_u128 << 96;
            Ipv6Addr::from(network | bits >> 32 & if way.is_multiple_of(2) { u128::MAX } else { 0xffff }).to_string()
        }
        Kind::Mac => {
            let digits = dice.of_letters(HEX, 12);
            match way % 3 {
                0 => grouped(&digits, &[2], ":"),
                1 => grouped(&digits.to_uppercase(), &[2], "-"),
                _ => grouped(&digits, &[4], "."),
            }
        }
        Kind::CryptoAddress => match way % 3 {
            0 => format!("0x{}", dice.of_letters("0123456789abcdefABCDEF", 40)),
            1 => base58_check(dice),
            _ => bech32(dice),
        },
        Kind::Url => {
            let path = dice.of_letters(WORD, 6);
            match way % 3 {
                0 => format!("https://www.shop.example/{path}?id={}", dice.below(9_999)),
                1 => format!("http://{path}.example.org"),
                _ => format!("www.{path}.com/about"),
            }
        }
        Kind::Coordinates => {
            let decimals = usize::try_from(way % 3).unwrap() + 4;
            let (north, east) = (dice.below(90), dice.below(180));
            let (north, east) =
                (format!("{north}.{}", dice.digits(decimals)), format!("-{east}.{}", dice.digits(decimals)));
            match way / 3 % 4 {
                0 => format!("{north},{east}"),
                1 => format!("({north}, {east})"),
                2 => format!("POINT ({east} {north})"),
                _ => format!("{north} {east}"),
            }
        }
        Kind::UkNino => {
            let (first, second) = (dice.of_letters("ABCEGHJKLMPRSWXY", 1), dice.of_letters("ACEHJLMPRSWXY", 1));
            let digits = dice.digits(6);
            let suffix = dice.of_letters("ABCD", 1);
            match way % 2 {
                0 => format!("{first}{second}{digits}{suffix}"),
                _ => format!("{first}{second} {} {suffix}", grouped(&digits, &[2], " ")),
            }
        }
        Kind::UkNhs => written(&nhs(dice), way, &[3, 3, 4]),
        Kind::UsSsn => format!("{:03}-{:02}-{:04}", dice.range(1, 665), dice.range(1, 100), dice.range(1, 10_000)),
        Kind::CaSin => {
            let digits = format!("{}{}", dice.pick(&["1", "2", "4", "5", "7", "9"]), dice.digits(7));
            written(&luhn(&digits), way, &[3])
        }
        Kind::UsRouting => routing(dice),
        Kind::Phone => phone(way, dice),
        Kind::PersonName => {
            let (first, last) = person(dice);
            match way % 5 {
                0 => first.to_owned(),
                1 => last.to_owned(),
                2 => format!("{last}, {first}"),
                3 => format!("{first} {last}").to_uppercase(),
                _ => format!("{first} {last}"),
            }
        }
        Kind::Place => TOWNS[usize::try_from(dice.below(TOWNS.len() as u64)).unwrap()].to_owned(),
        Kind::DateOfBirth => {
            let (year, month, day) = (dice.range(1940, 2012), dice.range(1, 13), dice.range(1, 29));
            match way % 3 {
                0 => format!("{year}-{month:02}-{day:02}"),
                1 => format!("{day:02}.{month:02}.{year}"),
                _ => format!("{month:02}/{day:02}/{year}"),
            }
        }
    }
}

fn written(digits: &str, way: u64, sizes: &[usize]) -> String {
    match way % 3 {
        0 => digits.to_owned(),
        1 => grouped(digits, sizes, " "),
        _ => grouped(digits, sizes, "-"),
    }
}

fn card(way: u64, dice: &mut Dice) -> String {
    let (start, length) = match dice.below(6) {
        0..3 => ("4", 16),
        3 => ("5412", 16),
        4 => ("37", 15),
        _ => ("6011", 16),
    };
    let number = luhn(&format!("{start}{}", dice.digits(length - 1 - start.len())));
    written(&number, way, if length == 15 { &[4, 6, 5] } else { &[4] })
}

fn phone(way: u64, dice: &mut Dice) -> String {
    let (area, exchange, line) = (dice.range(201, 990), dice.range(201, 999), dice.digits(4));
    let (two, three) = (dice.range(10, 99), dice.digits(3));
    match way % 24 {
        0 => format!("+44 20 {} {}", dice.digits(4), dice.digits(4)),
        1 => format!("+49{}{}", dice.range(151, 179), dice.digits(8)),
        2 => format!("({area}) {exchange}-{line}"),
        3 => format!("{area}-{exchange}-{line}"),
        4 => format!("+1-{area}-{exchange}-{line}"),
        5 => format!("06 {}", grouped(&dice.digits(8), &[2], " ")),
        6 => format!("020 {} {}", dice.range(7000, 8999), dice.digits(4)),
        7 => format!("+33 6 {}", grouped(&dice.digits(8), &[2], " ")),
        8 => format!("+39 3{two} {three} {line}"),
        9 => format!("+34 6{two} {three} {}", dice.digits(3)),
        10 => format!("+31 6 {}", dice.digits(8)),
        11 => format!("+48 5{two} {three} {}", dice.digits(3)),
        12 => format!("({two}) 9{}-{line}", dice.digits(4)),
        13 => format!("9{} {}", dice.digits(4), dice.digits(5)),
        14 => format!("13{} {} {line}", dice.digits(1), dice.digits(4)),
        15 => format!("8 (9{two}) {three}-{two}-{two}"),
        16 => format!("090-{}-{line}", dice.digits(4)),
        17 => format!("010-{}-{line}", dice.digits(4)),
        18 => format!("04{} {three} {}", dice.digits(2), dice.digits(3)),
        19 => format!("053{} {three} {} {}", dice.digits(1), dice.digits(2), dice.digits(2)),
        20 => format!("082 {three} {line}"),
        21 => format!("55 {} {line}", dice.digits(4)),
        // Digits alone: that they are one is told by the whole column.
        22 => format!("07{}", dice.digits(9)),
        _ => format!("06{}", dice.digits(8)),
    }
}

/// The letters of payload and checksum, by way of the digits of a large number.
fn base58_check(dice: &mut Dice) -> String {
    use sha2::{Digest, Sha256};
    let mut bytes = vec![0_u8];
    bytes.extend((0..20).map(|_| u8::try_from(dice.below(256)).unwrap()));
    let check = Sha256::digest(Sha256::digest(&bytes));
    bytes.extend_from_slice(&check[..4]);
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let mut digits: Vec<u32> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(byte);
        for digit in &mut digits {
            carry += *digit << 8;
            *digit = carry % 58;
            carry /= 58;
        }
        while carry > 0 {
            digits.push(carry % 58);
            carry /= 58;
        }
    }
    let mut text = "1".repeat(zeros);
    text.extend(digits.iter().rev().map(|digit| char::from(BASE58[*digit as usize])));
    text
}

fn bech32(dice: &mut Dice) -> String {
    let polymod = |values: &[u32]| {
        let generator = [0x3b6a_57b2_u32, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
        values.iter().fold(1_u32, |check, value| {
            let mixed = (check & 0x01ff_ffff) << 5 ^ value;
            (0..5).filter(|bit| check >> 25 >> bit & 1 == 1).fold(mixed, |mixed, bit| mixed ^ generator[bit])
        })
    };
    let mut data: Vec<u32> = vec![0];
    data.extend((0..32).map(|_| u32::try_from(dice.below(32)).unwrap()));
    let mut values = vec![3, 3, 0, 2, 3];
    values.extend(&data);
    values.extend([0; 6]);
    let check = polymod(&values) ^ 1;
    data.extend((0..6).map(|place| check >> (5 * (5 - place)) & 31));
    let mut text = "bc1".to_owned();
    for value in data {
        let _ = write!(text, "{}", char::from(BECH32[value as usize]));
    }
    text
}
