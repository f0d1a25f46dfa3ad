//! What classes, treatments and canonical forms are, in words for people: the reference page is made from them.

use crate::{CanonicalForm, Class, Treatment};

impl Class {
    /// What such a column holds, in one phrase.
    pub fn description(&self) -> &'static str {
        match self {
            Self::Public => "what tells nothing about a person: amounts, times of events, flags, product names",
            Self::Identifier => "technical keys: customer numbers, UUIDs; not a number that an authority gave",
            Self::Email => "e-mail addresses",
            Self::Phone => "telephone numbers",
            Self::PersonName => "first, last and full names of people",
            Self::Username => "the name a person signs in or appears with",
            Self::GovernmentId => "numbers that an authority gave: passport, social security, tax",
            Self::Address => "street and house number, or a whole postal address",
            Self::FreeText => "text that people typed: notes, messages, reviews",
            Self::Postcode => "postcodes, ZIP codes",
            Self::DateOfBirth => "days of birth",
            Self::IpAddress => "IPv4 and IPv6 addresses",
            Self::Coordinates => "latitude or longitude",
            Self::Iban => "international bank account numbers (IBAN)",
            Self::PaymentCard => "numbers of payment cards and of bank accounts in other forms, check numbers",
            Self::DeviceId => "hardware addresses and advertising ids of devices",
            Self::CryptoAddress => "addresses of crypto wallets",
            Self::Url => "web addresses: paths and parameters of pages often name people",
            Self::Place => {
                "towns and villages: with a postcode or a day of birth they can point at one person (`ade privacy report`)"
            }
            Self::Secret => "passwords (hashed or not), tokens, keys",
            Self::Custom(_) => "a class of the project",
        }
    }
}

impl Treatment {
    /// What the treatment of this name does, in a sentence or two; empty for a name that is none.
    pub fn description(name: &str) -> &'static str {
        match name {
            "keep" => "The value as it is.",
            "drop" => "The column does not land.",
            "null" => "The column lands with its type and no values.",
            "pseudonym" => {
                "26 letters and digits in place of the value: HMAC-SHA-256 of its canonical form, under a key for the `domain`. \
                 Equal values of one domain are equal in every table and source; without the key there is no way back. \
                 Fits every type but booleans."
            }
            "encrypt" => {
                "Deterministic AES-256-SIV (RFC 5297) under a key for the `domain`: reversible with the key. \
                 Tells whether two values are equal, and how long they are. Fits every type but booleans."
            }
            "mask" => {
                "`keep_first` and `keep_last` characters stay (by default the last 4), never more than half of a value. \
                 In place of the others, by `pattern`: `fixed` four asterisks (default), `length` one asterisk each, `shape` X, x and 9. \
                 For text, integers, decimals."
            }
            "truncate" => {
                "The coarse part stays. `to: year, quarter, month, week, day, hour` for dates and timestamps; \
                 `to: outward` for postcodes; `to: origin` (scheme and host) for web addresses; `to: network` with `v4_bits` (24) and `v6_bits` (48) for IP addresses; \
                 `first: N` characters or digits; `decimals: N` for numbers and coordinates. Text not of the expected form becomes NULL."
            }
            "bucket" => {
                "The range that a number is in: its lower end by `width`, or a text such as `[18,65)` by `edges: [18, 65]`."
            }
            "redact" => {
                "`[redacted]` in place of a whole text; with `detect: true` only in place of what is recognised (addresses, numbers, cards, \
                 tokens), for texts that are harmless otherwise: names and stories are not found."
            }
            _ => "",
        }
    }
}

impl CanonicalForm {
    /// What is done to a value, in one sentence.
    pub fn description(self) -> &'static str {
        match self {
            Self::Text => {
                "Unicode NFC, white space at the ends trimmed, case kept. Numbers enter as plain decimal text without zeros at the end of \
                 the fraction (42, 42.00 and the text `42` are the same), dates and times in ISO 8601."
            }
            Self::Email => "Unicode NFC, trimmed, lower case. Dots and `+tags` are kept.",
            Self::Phone => {
                "Digits, with `+` in front when the number is international (`+` or `00`); the trunk zero of `+44 (0)20` is left out, \
                 an extension stays as `x` and its digits. A national number is not completed by a country code. Text without a digit: as `email`."
            }
            Self::PersonName => {
                "Unicode NFC, trimmed, runs of white space made one space, case folded (`ß` is `ss`). Accents are kept."
            }
            Self::Username => "As `email`.",
            Self::Code => "Letters and digits only, upper case: `AB-12 34` and `ab1234` are the same.",
            Self::IpAddress => {
                "The shortest form of the address (RFC 5952), without a port; an IPv4 address mapped into IPv6 as IPv4. What is no address: \
                 as `email`."
            }
            Self::Exact => {
                "The value as it is, byte by byte: nothing that differs becomes the same. Columns of a source's `key` need it when they hold \
                 text. Where texts are spelled alike it joins with the other forms of its domain."
            }
        }
    }

    /// The domains whose form it is when none is given; [`CanonicalForm::Text`] is that of all others.
    pub fn domains(self) -> Vec<&'static str> {
        Self::DOMAINS.into_iter().filter(|(_, form)| *form == self).map(|(name, _)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_a_project_can_write_is_described() {
        assert!(Treatment::NAMES.iter().all(|name| !Treatment::description(name).is_empty()));
        for name in Treatment::NAMES {
            for setting in Treatment::setting_names(name).iter().filter(|setting| **setting != "form") {
                assert!(Treatment::description(name).contains(setting), "{name}: {setting}");
            }
        }
    }

    #[test]
    fn domains_have_the_form_that_is_listed() {
        for (_, form) in CanonicalForm::NAMES {
            assert!(form.domains().into_iter().all(|domain| CanonicalForm::of_domain(domain) == form));
        }
        assert_eq!(CanonicalForm::Code.domains(), ["government_id", "payment_card", "iban", "postcode", "device_id"]);
        assert_eq!(CanonicalForm::of_domain("loyalty_number"), CanonicalForm::Text);
    }
}
