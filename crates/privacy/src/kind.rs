//! Kinds of personal data that values give away by their form.

use std::fmt;

use crate::Class;

/// A kind of value that is recognised by its form: a pattern, mostly with a checksum, or a word of a dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// E-mail address.
    Email,
    /// Password hash, token or key of a well-known form.
    Secret,
    /// International bank account number, by its check digits (ISO 13616).
    Iban,
    /// Payment card, by issuer, length and the Luhn check (ISO/IEC 7812-1).
    PaymentCard,
    /// IPv4 address.
    IpV4,
    /// IPv6 address.
    IpV6,
    /// Hardware address of a network card (EUI-48).
    Mac,
    /// Address of a Bitcoin, Litecoin, Dogecoin or Ethereum wallet, by its checksum where it has one.
    CryptoAddress,
    /// Web address.
    Url,
    /// Pair of latitude and longitude.
    Coordinates,
    /// National Insurance number of the United Kingdom.
    UkNino,
    /// NHS number of the United Kingdom, by its check (modulo 11).
    UkNhs,
    /// Social security number of the United States, written with its hyphens.
    UsSsn,
    /// Social insurance number of Canada, by the Luhn check.
    CaSin,
    /// Routing number of a bank of the United States (ABA), by its check (weights 3, 7, 1).
    UsRouting,
    /// Telephone number, international or in a national form that only such numbers have.
    Phone,
    /// Name of a person, by a dictionary.
    PersonName,
    /// Town, by a dictionary.
    Place,
    /// Day of birth: days that lie decades apart.
    DateOfBirth,
}

impl Kind {
    /// Every kind. What is unmistakable comes before what may be something else.
    pub const ALL: [Self; 19] = [
        Self::Email,
        Self::Secret,
        Self::Iban,
        Self::PaymentCard,
        Self::IpV4,
        Self::IpV6,
        Self::Mac,
        Self::CryptoAddress,
        Self::Url,
        Self::Coordinates,
        Self::UkNino,
        Self::UkNhs,
        Self::UsSsn,
        Self::CaSin,
        Self::UsRouting,
        Self::Phone,
        Self::PersonName,
        Self::Place,
        Self::DateOfBirth,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Secret => "secret",
            Self::Iban => "iban",
            Self::PaymentCard => "payment_card",
            Self::IpV4 => "ip_v4",
            Self::IpV6 => "ip_v6",
            Self::Mac => "mac",
            Self::CryptoAddress => "crypto_address",
            Self::Url => "url",
            Self::Coordinates => "coordinates",
            Self::UkNino => "uk_nino",
            Self::UkNhs => "uk_nhs",
            Self::UsSsn => "us_ssn",
            Self::CaSin => "ca_sin",
            Self::UsRouting => "us_routing",
            Self::Phone => "phone",
            Self::PersonName => "person_name",
            Self::Place => "place",
            Self::DateOfBirth => "date_of_birth",
        }
    }

    /// The class of columns that hold it.
    pub fn class(self) -> Class {
        match self {
            Self::Email => Class::Email,
            Self::Secret => Class::Secret,
            Self::Iban => Class::Iban,
            Self::PaymentCard | Self::UsRouting => Class::PaymentCard,
            Self::IpV4 | Self::IpV6 => Class::IpAddress,
            Self::Mac => Class::DeviceId,
            Self::CryptoAddress => Class::CryptoAddress,
            Self::Url => Class::Url,
            Self::Coordinates => Class::Coordinates,
            Self::UkNino | Self::UkNhs | Self::UsSsn | Self::CaSin => Class::GovernmentId,
            Self::Phone => Class::Phone,
            Self::PersonName => Class::PersonName,
            Self::Place => Class::Place,
            Self::DateOfBirth => Class::DateOfBirth,
        }
    }

    /// What such values are, in words, as in "90 % of the sampled values are …".
    pub fn description(self) -> &'static str {
        match self {
            Self::Email => "e-mail addresses",
            Self::Secret => "hashes of passwords, tokens or keys",
            Self::Iban => "bank account numbers (they pass the check)",
            Self::PaymentCard => "payment card numbers (they pass the check)",
            Self::IpV4 | Self::IpV6 => "IP addresses",
            Self::Mac => "hardware addresses of devices",
            Self::CryptoAddress => "addresses of crypto wallets",
            Self::Url => "web addresses",
            Self::Coordinates => "pairs of coordinates",
            Self::UkNino => "British National Insurance numbers",
            Self::UkNhs => "British NHS numbers (they pass the check)",
            Self::UsSsn => "social security numbers of the United States",
            Self::CaSin => "Canadian social insurance numbers (they pass the check)",
            Self::UsRouting => "routing numbers of banks (they pass the check)",
            Self::Phone => "telephone numbers",
            Self::PersonName => "names of people",
            Self::Place => "towns",
            Self::DateOfBirth => "days that lie decades apart, as days of birth do",
        }
    }

    /// How it is told.
    pub fn evidence(self) -> &'static str {
        match self {
            Self::Iban | Self::PaymentCard | Self::UkNhs | Self::CaSin | Self::UsRouting => "checksum",
            Self::CryptoAddress => "checksum (Ethereum: form)",
            Self::PersonName | Self::Place => "dictionary",
            Self::DateOfBirth => "spread of the days",
            _ => "form",
        }
    }

    /// Share of the values of a column that must be of the kind: numbers that one in ten passes by chance, and words, take more
    /// than forms that nothing else has.
    pub(crate) fn needed(self) -> Needed {
        match self {
            Self::UkNhs | Self::CaSin | Self::UsRouting => Needed { share: 0.85, distinct: 5 },
            Self::PersonName => Needed { share: 0.4, distinct: 15 },
            Self::Place => Needed { share: 0.5, distinct: 15 },
            Self::DateOfBirth => Needed { share: 0.85, distinct: 15 },
            _ => Needed { share: 0.8, distinct: 1 },
        }
    }
}

/// What it takes to be sure of a kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needed {
    /// Share of the values.
    pub(crate) share: f64,
    /// Values that differ.
    pub(crate) distinct: usize,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
