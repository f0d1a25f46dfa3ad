//! What a sample of values looks like.

use std::{
    collections::HashSet,
    net::{IpAddr, SocketAddr},
};

use arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::cast,
    datatypes::DataType,
};

use super::checksum::{is_iban, is_luhn};
use crate::{Class, DataFamily, text::readable};

/// Values that are looked at, at most.
const LOOKED_AT: usize = 2_000;

/// Whether one text has a form.
type Test = fn(&str) -> bool;

/// The texts of a sample, NULL and blank ones left out.
pub(super) struct Sample {
    texts: Vec<String>,
    is_text: bool,
}

impl Sample {
    pub(super) fn new(sample: &ArrayRef) -> Self {
        let sample = sample.slice(0, sample.len().min(LOOKED_AT));
        let family = DataFamily::of(sample.data_type());
        let is_text = family == DataFamily::Text;
        let texts = match family {
            DataFamily::Text | DataFamily::Integer => readable(&sample).ok(),
            _ => None,
        };
        let texts = texts.and_then(|texts| cast(&texts, &DataType::LargeUtf8).ok());
        let texts = texts.map_or_else(Vec::new, |texts| {
            let texts = texts.as_string::<i64>();
            texts.iter().flatten().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
        });
        Self { texts, is_text }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    #[expect(clippy::cast_precision_loss, reason = "a share of at most two thousand values")]
    fn share(&self, is: impl Fn(&str) -> bool) -> f64 {
        if self.texts.is_empty() {
            return 0.0;
        }
        self.texts.iter().filter(|text| is(text)).count() as f64 / self.texts.len() as f64
    }

    /// The class whose unmistakable form most values have, what they are, and their share.
    pub(super) fn strong_form(&self, most: f64) -> Option<(Class, &'static str, f64)> {
        let cards = (Class::PaymentCard, "payment card numbers (they pass the check)", is_luhn as Test);
        let forms: &[(Class, &'static str, Test)] = if self.is_text {
            &[
                (Class::Email, "e-mail addresses", is_email),
                cards,
                (Class::Iban, "bank account numbers (they pass the check)", is_iban),
                (Class::IpAddress, "IP addresses", is_ip_address),
                (Class::Secret, "hashes of passwords, tokens or keys", is_secret),
                (Class::Phone, "telephone numbers in international form", is_international_phone),
            ]
        } else {
            &[cards]
        };
        // Nine numbers in ten fail the check by chance: a handful that pass it mean something, one does not.
        if self.texts.len() < 3 {
            return None;
        }
        forms.iter().find_map(|(class, what, is)| {
            let share = self.share(is);
            (share >= most).then(|| (class.clone(), *what, share))
        })
    }

    /// Forms of personal data within longer texts, and the share of texts that have them.
    pub(super) fn contains_forms(&self, some: f64) -> Option<(&'static str, f64)> {
        if !self.is_text {
            return None;
        }
        let forms: [(&'static str, Test); 3] = [
            ("e-mail addresses", |text| text.split_whitespace().any(|word| is_email(trim_mark(word)))),
            ("telephone numbers", |text| {
                text.split([',', ';', ':', '(']).any(|part| is_international_phone(trim_mark(part)))
            }),
            ("payment card or bank account numbers", |text| {
                text.split([',', ';', ':']).any(|part| is_luhn(trim_mark(part)) || is_iban(trim_mark(part)))
            }),
        ];
        forms.into_iter().map(|(what, is)| (what, self.share(is))).find(|(_, share)| *share >= some)
    }

    /// Whether most values can be of a class that the name speaks of.
    pub(super) fn could_be(&self, class: &Class) -> bool {
        if !self.is_text {
            return true;
        }
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
        let is: &dyn Fn(&str) -> bool = match class {
            Class::Email => &is_email,
            Class::Phone => &|text| (5..=18).contains(&digits(text)),
            Class::PersonName => &|text| text.chars().any(char::is_alphabetic) && digits(text) < 3,
            Class::Iban => &is_iban,
            Class::IpAddress => &is_ip_address,
            Class::DateOfBirth => &|text| digits(text) >= 4,
            Class::Postcode => &|text| text.len() <= 10,
            Class::Coordinates => &|text| digits(text) > 0,
            _ => return true,
        };
        self.share(is) >= 0.5
    }

    pub(super) fn are_uuids(&self) -> bool {
        self.share(is_uuid) >= 0.95
    }

    pub(super) fn are_dates(&self) -> bool {
        self.is_empty() || self.share(is_date) >= 0.95
    }

    /// A few short values that repeat.
    pub(super) fn is_enumeration(&self) -> bool {
        let distinct: HashSet<&String> = self.texts.iter().collect();
        let short = self.share(|text| text.chars().count() <= 32) >= 0.99;
        short && self.texts.len() >= 20 && distinct.len() <= 50 && distinct.len() * 4 <= self.texts.len()
    }

    /// Long texts of many words that hardly repeat: sentences rather than titles.
    pub(super) fn is_prose(&self) -> bool {
        let distinct: HashSet<&String> = self.texts.iter().collect();
        self.texts.len() >= 5
            && distinct.len() * 2 >= self.texts.len()
            && self.share(|text| text.split_whitespace().count() >= 5 && text.chars().count() >= 30) >= 0.5
    }
}

fn trim_mark(word: &str) -> &str {
    word.trim_matches(|letter: char| !letter.is_alphanumeric() && letter != '+')
}

fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else { return false };
    !local.is_empty()
        && !text.contains(char::is_whitespace)
        && !host.contains('@')
        && host.split('.').count() >= 2
        && host.split('.').all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'))
}

/// An address with at least two dots or colons, so that version numbers of three parts and times do not count.
fn is_ip_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok() || text.parse::<SocketAddr>().is_ok()
}

fn is_international_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.starts_with('+')
        && (8..=15).contains(&digits)
        && text.bytes().skip(1).all(|byte| byte.is_ascii_digit() || b" -()./".contains(&byte))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10
        && bytes[..10].iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// Forms that only passwords' hashes, tokens and keys have: bcrypt, Argon2, JWT, keys of well-known services, PEM.
fn is_secret(text: &str) -> bool {
    let starts = [
        "$2a$",
        "$2b$",
        "$2y$",
        "$argon2",
        "$pbkdf2",
        "$6$",
        "eyJ",
        "sk_live_",
        "sk_test_",
        "ghp_",
        "xox",
        "AKIA",
        "-----BEGIN ",
    ];
    text.len() >= 20 && starts.iter().any(|start| text.starts_with(start))
}
