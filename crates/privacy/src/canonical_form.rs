//! Canonical forms: what is the same to a person becomes the same bytes before it is hashed.
//!
//! Changing a form changes pseudonyms at rest; a form, once released, stays as it is.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use unicode_normalization::UnicodeNormalization;

use crate::DataFamily;

/// How values are brought into one form before their pseudonym is computed.
///
/// Numbers enter as plain decimal text without exponent and without zeros at the end of the fraction, so the integer
/// 42, the decimal 42.00, the float 42.0 and the text `42` are the same. Dates and times enter in ISO 8601.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CanonicalForm {
    /// Unicode NFC, white space trimmed; case is kept.
    Text,
    /// Unicode NFC, white space trimmed, lower case. Dots and `+tags` of the local part are kept: whether they matter
    /// is for the receiving system to say, and merging two people is worse than not joining one.
    Email,
    /// Digits, with `+` in front when the number is international (`+` or `00`). A trunk zero in brackets, `+44 (0)20`,
    /// is left out; an extension stays as `x` and its digits. Full-width and Arabic digits count. A national number is
    /// not completed by a country code. Text without any digit falls back to [`CanonicalForm::Email`].
    Phone,
    /// Unicode NFC, white space trimmed and runs of it made one space, case folded (upper-cased, then lower-cased: `ß`
    /// and `ss`, `ς` and `σ` are alike). Accents are kept.
    PersonName,
    /// The same as [`CanonicalForm::Email`].
    Username,
    /// Letters and digits only, upper case: `AB-12 34` and `ab1234` are the same. For numbers of documents, cards,
    /// accounts and for postcodes.
    Code,
    /// The shortest text form of the address (RFC 5952) without a port, an IPv4 address mapped into IPv6 as IPv4. What is not an address
    /// falls back to [`CanonicalForm::Email`].
    IpAddress,
    /// The value as it is, byte by byte: for columns that tell rows apart. Numbers enter as in every other form.
    Exact,
}

impl CanonicalForm {
    /// The words for the setting `form`.
    pub const NAMES: [(&'static str, Self); 8] = [
        ("text", Self::Text),
        ("email", Self::Email),
        ("phone", Self::Phone),
        ("person_name", Self::PersonName),
        ("username", Self::Username),
        ("code", Self::Code),
        ("ip_address", Self::IpAddress),
        ("exact", Self::Exact),
    ];

    /// The domains that have a form of their own.
    pub(crate) const DOMAINS: [(&'static str, Self); 13] = [
        ("email", Self::Email),
        ("phone", Self::Phone),
        ("person_name", Self::PersonName),
        ("first_name", Self::PersonName),
        ("last_name", Self::PersonName),
        ("full_name", Self::PersonName),
        ("username", Self::Username),
        ("government_id", Self::Code),
        ("payment_card", Self::Code),
        ("iban", Self::Code),
        ("postcode", Self::Code),
        ("ip_address", Self::IpAddress),
        ("device_id", Self::Code),
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        Self::NAMES.into_iter().find(|(_, form)| *form == self).map_or("", |(name, _)| name)
    }

    /// Whether values of a type that differ still differ in this form, so that a column in it can be part of a key.
    ///
    /// Only [`CanonicalForm::Exact`] keeps every text apart. The text of whole numbers, dates and times is left as it is by
    /// the others, too, but for those that take signs and points away.
    pub fn keeps_apart(self, family: DataFamily) -> bool {
        match self {
            Self::Exact => true,
            Self::Phone | Self::Code => false,
            Self::Text | Self::Email | Self::PersonName | Self::Username | Self::IpAddress => matches!(
                family,
                DataFamily::Integer
                    | DataFamily::Decimal
                    | DataFamily::Float
                    | DataFamily::Date
                    | DataFamily::Timestamp
                    | DataFamily::Time
            ),
        }
    }

    /// The form that follows from a domain's name.
    pub fn of_domain(domain: &str) -> Self {
        Self::DOMAINS.into_iter().find(|(name, _)| *name == domain).map_or(Self::Text, |(_, form)| form)
    }

    /// The canonical form of `text`; `scratch` holds it when it is not a part of `text`.
    pub(crate) fn apply<'a>(self, text: &'a str, scratch: &'a mut String) -> &'a str {
        match self {
            Self::Exact => text,
            Self::Text => {
                let trimmed = text.trim();
                if trimmed.is_ascii() {
                    return trimmed;
                }
                scratch.clear();
                scratch.extend(trimmed.nfc());
                scratch
            }
            Self::Email | Self::Username => lower(text, scratch),
            Self::Phone => phone(text, scratch),
            Self::PersonName => person_name(text, scratch),
            Self::Code => code(text, scratch),
            Self::IpAddress => match address(text.trim()) {
                Some(address) => {
                    *scratch = address.to_canonical().to_string();
                    scratch
                }
                None => lower(text, scratch),
            },
        }
    }
}

impl FromStr for CanonicalForm {
    /// The words that there are.
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::NAMES
            .into_iter()
            .find(|(name, _)| *name == word)
            .map(|(_, form)| form)
            .ok_or_else(|| format!("must be one of {}", Self::NAMES.map(|(name, _)| name).join(", ")))
    }
}

fn lower<'a>(text: &'a str, scratch: &'a mut String) -> &'a str {
    let trimmed = text.trim();
    if trimmed.is_ascii() {
        if !trimmed.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return trimmed;
        }
        scratch.clear();
        scratch.push_str(trimmed);
        scratch.make_ascii_lowercase();
        return scratch;
    }
    let composed: String = trimmed.nfc().collect();
    scratch.clear();
    scratch.extend(composed.to_lowercase().nfc());
    scratch
}

fn person_name<'a>(text: &'a str, scratch: &'a mut String) -> &'a str {
    scratch.clear();
    for word in text.split_whitespace() {
        if !scratch.is_empty() {
            scratch.push(' ');
        }
        scratch.push_str(word);
    }
    if scratch.is_ascii() {
        scratch.make_ascii_lowercase();
        return scratch;
    }
    let composed: String = scratch.nfc().collect();
    scratch.clear();
    scratch.extend(composed.to_uppercase().to_lowercase().nfc());
    scratch
}

fn code<'a>(text: &'a str, scratch: &'a mut String) -> &'a str {
    scratch.clear();
    if text.is_ascii() {
        scratch.extend(text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()));
    } else {
        let composed: String = text.nfkc().filter(|letter| letter.is_alphanumeric()).collect();
        scratch.extend(composed.to_uppercase().nfc());
    }
    if scratch.is_empty() {
        return text.trim();
    }
    scratch
}

/// An address, also with a port.
fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

fn phone<'a>(text: &'a str, scratch: &'a mut String) -> &'a str {
    scratch.clear();
    let folded: String;
    let source = if text.is_ascii() {
        text
    } else {
        folded = text.nfkc().collect();
        &folded
    };
    let without_trunk = source.replace("(0)", "");
    // Whatever stands before the number: `(`, `tel:`, `Tel.`.
    let number = without_trunk.trim_start_matches(|letter| letter != '+' && digit(letter).is_none());
    let international = number.starts_with('+') || number.chars().take(2).filter_map(digit).eq(['0', '0']);
    let source = if international { without_trunk.as_str() } else { source };
    let mut extension = false;
    for letter in source.chars() {
        if let Some(digit) = digit(letter) {
            scratch.push(digit);
        } else if !extension && !scratch.is_empty() && matches!(letter, 'x' | 'X' | 'e' | 'E' | ';' | '#' | ',') {
            extension = true;
            scratch.push('x');
        }
    }
    let digits = scratch.trim_end_matches('x').len();
    scratch.truncate(digits);
    if scratch.is_empty() {
        return lower(text, scratch);
    }
    if international {
        let zeros = if scratch.starts_with("00") { 2 } else { 0 };
        scratch.replace_range(..zeros, "+");
    }
    scratch
}

/// A decimal digit of the scripts in which telephone numbers are written.
fn digit(letter: char) -> Option<char> {
    let zero = match letter {
        '0'..='9' => return Some(letter),
        '\u{0660}'..='\u{0669}' => 0x0660,
        '\u{06F0}'..='\u{06F9}' => 0x06F0,
        '\u{0966}'..='\u{096F}' => 0x0966,
        _ => return None,
    };
    char::from_digit(letter as u32 - zero, 10)
}

#[cfg(test)]
mod tests {
    use super::CanonicalForm::{self, Code, Email, IpAddress, PersonName, Phone, Text};
    use crate::DataFamily;

    fn form(form: CanonicalForm, text: &str) -> String {
        form.apply(text, &mut String::new()).to_owned()
    }

    #[test]
    fn what_is_the_same_to_a_person_is_the_same() {
        for (kind, text, expected) in [
            (Text, " Ab ", "Ab"),
            (Text, "e\u{301}", "é"),
            (Email, "\tAnn.Lee+Shop@Example.COM ", "ann.lee+shop@example.com"),
            (Email, "ÄRGER@exämple.de", "ärger@exämple.de"),
            (Phone, "+44 (0)20 7946-0958", "+442079460958"),
            (Phone, "0044 20 7946 0958", "+442079460958"),
            (Phone, "tel:+44-20-7946-0958;ext=12", "+442079460958x12"),
            (Phone, "(020) 7946 0958", "02079460958"),
            (Phone, "(+44) 20 7946 0958", "+442079460958"),
            (Phone, "Tel: +44 20 7946 0958", "+442079460958"),
            (Phone, "(0044) 20 7946 0958", "+442079460958"),
            (Phone, "020 7946 0958 ext. 7", "02079460958x7"),
            (Phone, "+49 170 1", "+491701"),
            (Phone, "٠٢٠", "020"),
            (Phone, " N/A ", "n/a"),
            (PersonName, "  JOSÉ   García ", "josé garcía"),
            (PersonName, "Weiß", "weiss"),
            (PersonName, "Σίσυφος", "σίσυφος"),
            (PersonName, "O'Neil\u{a0}Ann", "o'neil ann"),
            (Code, "ab-12 34/x", "AB1234X"),
            (Code, "--", "--"),
            (IpAddress, "2001:DB8:0:0::1", "2001:db8::1"),
            (IpAddress, "::ffff:192.0.2.1", "192.0.2.1"),
            (IpAddress, "192.0.2.1:8080", "192.0.2.1"),
            (IpAddress, "[2001:db8::1]:443", "2001:db8::1"),
            (IpAddress, "Unknown", "unknown"),
        ] {
            assert_eq!(form(kind, text), expected, "{kind:?} of {text:?}");
        }
    }

    #[test]
    fn only_the_exact_form_keeps_all_texts_apart() {
        let texts = ["AB-1", "ab1", " ab1", "ab1 ", "e\u{301}", "é", "É", "ß", "ss", "", " ", "x  y", "x y"];
        for (name, form) in CanonicalForm::NAMES {
            let forms: std::collections::BTreeSet<String> = texts.iter().map(|text| self::form(form, text)).collect();
            assert_eq!(forms.len() == texts.len(), form.keeps_apart(DataFamily::Text), "{name}");
            assert_eq!(form.name(), name);
        }
    }

    #[test]
    fn numbers_and_times_stay_apart_where_it_is_said() {
        let texts = ["5", "-5", "55", "1.5", "15", "2024-01-01T00:00:10.5Z", "2024-01-01T00:00:01.05Z", "NaN", "inf"];
        for (name, form) in CanonicalForm::NAMES {
            let forms: std::collections::BTreeSet<String> = texts.iter().map(|text| self::form(form, text)).collect();
            assert!(forms.len() == texts.len() || !form.keeps_apart(DataFamily::Timestamp), "{name}");
        }
    }

    #[test]
    fn different_people_stay_different() {
        assert_ne!(form(Email, "ann.lee@example.com"), form(Email, "annlee@example.com"));
        assert_ne!(form(PersonName, "José"), form(PersonName, "Jose"));
        assert_ne!(form(Phone, "020 7946"), form(Phone, "+020 7946"));
        assert_ne!(form(Text, "a"), form(Text, "A"));
    }
}
