//! What a sample of values looks like.

use std::collections::HashSet;

use arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::cast,
    datatypes::DataType,
};

use super::documents::Documents;
use crate::{
    Class, DataFamily, Kind,
    recognise::{
        Likeness, are_birth_dates, are_phones, is_card, is_country, is_crypto_address, is_email, is_iban,
        is_ip_address, is_of_kind, person,
    },
    text::readable,
};

/// Values that are looked at, at most.
const LOOKED_AT: usize = 2_000;

/// Whether one text has a form.
type Test = fn(&str) -> bool;

/// What a sample is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Texts,
    Numbers,
    Days,
    Others,
}

/// The texts of a sample, NULL and blank ones left out.
pub(super) struct Sample {
    texts: Vec<String>,
    holds: Holds,
}

impl Sample {
    pub(super) fn new(sample: &ArrayRef) -> Self {
        let sample = sample.slice(0, sample.len().min(LOOKED_AT));
        let family = DataFamily::of(sample.data_type());
        let holds = match family {
            DataFamily::Text => Holds::Texts,
            DataFamily::Integer => Holds::Numbers,
            DataFamily::Date => Holds::Days,
            _ => Holds::Others,
        };
        let texts = if holds == Holds::Others { None } else { readable(&sample).ok() };
        let texts = texts.and_then(|texts| cast(&texts, &DataType::LargeUtf8).ok());
        let texts = texts.map_or_else(Vec::new, |texts| {
            let texts = texts.as_string::<i64>();
            texts.iter().flatten().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
        });
        Self::of(texts, holds)
    }

    /// Of texts that were found somewhere.
    pub(super) fn of_texts(texts: Vec<String>) -> Self {
        Self::of(texts, Holds::Texts)
    }

    fn of(texts: Vec<String>, holds: Holds) -> Self {
        Self { texts, holds }
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

    /// The kind that most values are of by their form, and their share.
    pub(super) fn kind(&self) -> Option<(Kind, f64)> {
        // Nine numbers in ten fail a check by chance: a handful that pass it mean something, one does not.
        if self.texts.len() < 3 {
            return None;
        }
        let distinct: HashSet<&str> = self.texts.iter().map(String::as_str).collect();
        let found = |kind: Kind| {
            let share = self.share_of(kind)?;
            let needed = kind.needed();
            (share >= needed.share && distinct.len() >= needed.distinct).then_some((kind, share))
        };
        let is_word = |kind: &Kind| matches!(kind, Kind::PersonName | Kind::Place);
        let (words, forms): (Vec<Kind>, Vec<Kind>) = Kind::ALL.into_iter().partition(is_word);
        let by_form = forms.into_iter().find_map(found).or_else(|| self.addresses());
        // Towns are called as people are, and people as towns.
        by_form.or_else(|| words.into_iter().filter_map(found).max_by(|one, other| one.1.total_cmp(&other.1)))
    }

    /// The share of values that are of a kind; `None` when they cannot be.
    fn share_of(&self, kind: Kind) -> Option<f64> {
        match (kind, self.holds) {
            (Kind::DateOfBirth, Holds::Texts | Holds::Days) => are_birth_dates(self.texts.iter().map(String::as_str)),
            (Kind::DateOfBirth, _) | (_, Holds::Days | Holds::Others) => None,
            (Kind::PersonName, Holds::Texts) => self.people(),
            (Kind::Phone, Holds::Texts) => {
                let by_form = self.share(|text| is_of_kind(Kind::Phone, text));
                Some(are_phones(self.texts.iter().map(String::as_str)).unwrap_or(0.0).max(by_form))
            }
            // Whole numbers have lost what tells most forms; what has a check is still told.
            (Kind::PaymentCard | Kind::UkNhs | Kind::CaSin, Holds::Numbers) | (_, Holds::Texts) => {
                Some(self.share(|text| is_of_kind(kind, text)))
            }
            (_, Holds::Numbers) => None,
        }
    }

    /// Addresses of both versions, mixed.
    fn addresses(&self) -> Option<(Kind, f64)> {
        let share = self.share(is_ip_address);
        let kind = if self.share(|text| is_of_kind(Kind::IpV4, text)) * 2.0 >= share { Kind::IpV4 } else { Kind::IpV6 };
        (self.holds == Holds::Texts && share >= kind.needed().share).then_some((kind, share))
    }

    /// The share of texts that are names of people. A text of several words one of which is a name is one if there are others that
    /// are names altogether.
    fn people(&self) -> Option<f64> {
        let full = self.share(|text| person(text) == Likeness::Full);
        let some = self.share(|text| person(text) == Likeness::Some);
        if self.share(is_country) >= 0.5 {
            return None;
        }
        let is_clear = full >= Kind::PersonName.needed().share || (full >= 0.25 && full + some >= 0.6);
        is_clear.then_some(full + some)
    }

    /// What personal data some of the texts hold among others, and the share of texts that do.
    pub(super) fn contains_forms(&self, some: f64) -> Option<(&'static str, f64)> {
        if self.holds != Holds::Texts {
            return None;
        }
        let forms: [(&'static str, Test); 4] = [
            ("e-mail addresses", |text| text.split_whitespace().any(|word| is_email(trim_mark(word)))),
            ("telephone numbers", |text| {
                text.split([',', ';', ':', '(']).any(|part| is_international_phone(trim_mark(part)))
            }),
            ("payment card or bank account numbers", |text| {
                text.split([',', ';', ':']).any(|part| is_card(trim_mark(part)) || is_iban(trim_mark(part)))
            }),
            ("addresses of crypto wallets", |text| {
                text.split_whitespace().any(|word| is_crypto_address(trim_mark(word)))
            }),
        ];
        forms.into_iter().map(|(what, is)| (what, self.share(is))).find(|(_, share)| *share >= some)
    }

    /// What personal data JSON documents hold, by the names and values of their fields; `None` when the texts are no such.
    pub(super) fn documents(&self) -> Option<Documents> {
        (self.holds == Holds::Texts).then(|| Documents::of(&self.texts)).flatten()
    }

    /// Whether most values can be of a class that the name speaks of.
    pub(super) fn could_be(&self, class: &Class) -> bool {
        if self.holds != Holds::Texts {
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
