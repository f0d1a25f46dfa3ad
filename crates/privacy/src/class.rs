//! What kind of information a column holds.

use std::{fmt, str::FromStr};

/// The kind of information in a column. A class brings its default treatment (see [`crate::Classes`]).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Tells nothing about a person: amounts, times of events, flags, product names.
    Public,
    /// A technical key of a row (customer number, UUID); not a number that an authority gave.
    Identifier,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// First, last, full name of a person.
    PersonName,
    /// The name a person signs in or appears with.
    Username,
    /// A number that an authority gave: passport, social security, tax.
    GovernmentId,
    /// Street and house number, or a whole postal address.
    Address,
    /// Text that people typed: notes, messages, reviews.
    FreeText,
    /// Postcode, ZIP code.
    Postcode,
    /// Day of birth.
    DateOfBirth,
    /// IPv4 or IPv6 address.
    IpAddress,
    /// Latitude or longitude.
    Coordinates,
    /// International bank account number (ISO 13616).
    Iban,
    /// Number of a payment card or of a bank account in another form, or a card's check number.
    PaymentCard,
    /// Hardware address or advertising id of a device.
    DeviceId,
    /// Address of a crypto wallet.
    CryptoAddress,
    /// Web address.
    Url,
    /// Town or village.
    Place,
    /// Password (hashed or not), token, key.
    Secret,
    /// A class that the project defines, by its name.
    Custom(String),
}

impl Class {
    /// Every class that is always there, in the order of the documentation.
    pub const BUILTIN: [Self; 20] = [
        Self::Public,
        Self::Identifier,
        Self::Email,
        Self::Phone,
        Self::PersonName,
        Self::Username,
        Self::GovernmentId,
        Self::Address,
        Self::FreeText,
        Self::Postcode,
        Self::DateOfBirth,
        Self::IpAddress,
        Self::Coordinates,
        Self::Iban,
        Self::PaymentCard,
        Self::DeviceId,
        Self::CryptoAddress,
        Self::Url,
        Self::Place,
        Self::Secret,
    ];

    /// The word for it in project files.
    pub fn name(&self) -> &str {
        match self {
            Self::Public => "public",
            Self::Identifier => "identifier",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::PersonName => "person_name",
            Self::Username => "username",
            Self::GovernmentId => "government_id",
            Self::Address => "address",
            Self::FreeText => "free_text",
            Self::Postcode => "postcode",
            Self::DateOfBirth => "date_of_birth",
            Self::IpAddress => "ip_address",
            Self::Coordinates => "coordinates",
            Self::Iban => "iban",
            Self::PaymentCard => "payment_card",
            Self::DeviceId => "device_id",
            Self::CryptoAddress => "crypto_address",
            Self::Url => "url",
            Self::Place => "place",
            Self::Secret => "secret",
            Self::Custom(name) => name,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Class {
    type Err = std::convert::Infallible;

    /// A built-in class by its name; every other word is a custom class (whether the project defines it is for
    /// [`crate::Classes::treatment`] to say).
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let builtin = Self::BUILTIN.into_iter().find(|class| class.name() == name);
        Ok(builtin.unwrap_or_else(|| Self::Custom(name.to_owned())))
    }
}
