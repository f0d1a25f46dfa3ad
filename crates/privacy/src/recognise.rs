//! Which kind of personal data a value, or a column of values, is: by form, checksum and dictionary.
//!
//! Each function answers for one text, without its column's name. What a name adds is for [`crate::propose()`].

mod birth;
mod checksum;
mod contact;
mod crypto;
mod dictionary;
mod national_id;
mod network;
mod phone_column;
mod position;
mod secret;
mod surname;

pub(crate) use birth::are_birth_dates;
pub(crate) use checksum::{is_card, is_iban};
pub(crate) use contact::is_email;
pub(crate) use crypto::is_crypto_address;
pub(crate) use dictionary::{Likeness, is_country, person};
pub(crate) use network::is_ip_address;
pub(crate) use phone_column::are_phones;

use std::net::{IpAddr, SocketAddr};

use crate::Kind;

/// Whether a text has the form of a kind; days of birth cannot be told one by one.
pub(crate) fn is_of_kind(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Email => is_email(text),
        Kind::Secret => secret::is_secret(text),
        Kind::Iban => is_iban(text),
        Kind::PaymentCard => is_card(text),
        Kind::IpV4 => text.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv4()) || socket(text, true),
        Kind::IpV6 => text.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6()) || socket(text, false),
        Kind::Mac => network::is_mac(text),
        Kind::CryptoAddress => is_crypto_address(text),
        Kind::Url => network::is_url(text),
        Kind::Coordinates => position::is_position(text),
        Kind::UkNino => national_id::is_nino(text),
        Kind::UkNhs => national_id::is_nhs(text),
        Kind::UsSsn => national_id::is_ssn(text),
        Kind::CaSin => national_id::is_sin(text),
        Kind::UsRouting => national_id::is_routing(text),
        Kind::Phone => contact::is_phone(text),
        Kind::PersonName => person(text) == Likeness::Full,
        Kind::Place => dictionary::is_town(text),
        Kind::DateOfBirth => false,
    }
}

fn socket(text: &str, v4: bool) -> bool {
    text.parse::<SocketAddr>().is_ok_and(|socket| socket.is_ipv4() == v4)
}

/// The digits of a text in which they may be grouped by spaces, hyphens and dots; `None` when there is anything else, or more
/// than `most`.
fn digits(text: &str, most: usize) -> Option<Vec<u8>> {
    let mut found = Vec::with_capacity(most);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' if found.len() < most => found.push(byte - b'0'),
            b' ' | b'-' | b'.' => {}
            _ => return None,
        }
    }
    Some(found)
}
