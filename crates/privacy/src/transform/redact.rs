//! `redact`: a marker in place of text that people typed.

use std::{borrow::Cow, fmt};

use arrow::{array::ArrayRef, datatypes::DataType};
use regex::{Captures, Regex};

use super::{Failure, Transform};
use crate::{
    DataFamily,
    recognise::{is_card, is_crypto_address, is_iban},
    text::{map_text, text_type},
};

/// Hides free text.
///
/// By default the whole text gives way to `[redacted]`, whatever its length; the empty text stays empty. With `detect` the
/// text stays and only what is recognised is replaced: e-mail addresses, URLs with credentials, tokens of well-known
/// forms, crypto wallets, IBANs, National Insurance numbers, payment cards, IP and hardware addresses, telephone numbers and other runs of six digits and more. No detection
/// finds names and stories: `detect` is for texts that are harmless but for such slips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redact {
    /// Replace what is recognised, keep the rest.
    pub detect: bool,
}

impl fmt::Display for Redact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.detect { "what is recognised" } else { "the whole text" })
    }
}

/// [`Redact`] at work, with its patterns compiled.
#[derive(Debug)]
pub(crate) struct Redactor {
    patterns: Option<Patterns>,
}

impl Redactor {
    pub(crate) fn new(redact: Redact) -> Self {
        Self { patterns: redact.detect.then(Patterns::new) }
    }
}

impl Transform for Redactor {
    fn output(&self, input: &DataType) -> Option<DataType> {
        match DataFamily::of(input) {
            DataFamily::Text => Some(text_type(input)),
            DataFamily::Binary | DataFamily::Struct if self.patterns.is_none() => Some(text_type(input)),
            _ => None,
        }
    }

    fn makes_nulls(&self, _input: &DataType) -> bool {
        false
    }

    fn apply(&self, array: &ArrayRef) -> Result<ArrayRef, Failure> {
        map_text(array, |text, out| {
            match &self.patterns {
                None if text.is_empty() => {}
                None => out.push_str("[redacted]"),
                Some(patterns) => out.push_str(&patterns.replace(text)),
            }
            true
        })
    }
}

/// What is looked for, in this order: an earlier find is not looked at again.
#[derive(Debug)]
struct Patterns {
    url: Regex,
    email: Regex,
    secret: Regex,
    wallet: Regex,
    iban: Regex,
    insurance: Regex,
    position: Regex,
    hardware: Regex,
    address: Regex,
    number: Regex,
}

impl Patterns {
    fn new() -> Self {
        let compile = |pattern: &str| Regex::new(pattern).expect("the patterns are constants that a test compiles");
        Self {
            url: compile(
                r"(?i)\b[a-z][a-z0-9+.-]*://(?:[^\s/@]+@\S*|\S*[?&#](?:access_token|api_?key|auth|code|key|password|pwd|secret|sig|signature|token)=\S*)",
            ),
            email: compile(r"[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+"),
            secret: compile(
                r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?|\b[rsp]k_(?:live|test)_\w+|\bgh[opsu]_\w{20,}|\bxox[abprs]-[\w-]+|\bAKIA[0-9A-Z]{16}\b|\$2[aby]\$\d\d\$[./\w]{53}|\$(?:argon2|pbkdf2|scrypt)[\w-]*\$\S+",
            ),
            iban: compile(r"(?i)\b[a-z]{2}\d{2}(?:[ -]?[a-z0-9]){11,30}\b"),
            wallet: compile(
                r"\b(?:0x[0-9a-fA-F]{40}|[13LMDA9][1-9A-HJ-NP-Za-km-z]{25,34}|(?i:bc|tb|ltc)1[02-9ac-hj-np-zAC-HJ-NP-Z]{14,74})\b",
            ),
            insurance: compile(r"(?i)\b[a-ceghj-prstw-z][a-ceghj-npr-tw-z] ?\d{2} ?\d{2} ?\d{2} ?[a-d]\b"),
            position: compile(r"-?\b\d{1,3}\.\d{3,}\s?[,; ]\s?-?\d{1,3}\.\d{3,}\b"),
            hardware: compile(
                r"(?i)\b(?:[0-9a-f]{2}(?::[0-9a-f]{2}){5}|[0-9a-f]{2}(?:-[0-9a-f]{2}){5}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})\b",
            ),
            address: compile(r"(?i)\b\d{1,3}(?:\.\d{1,3}){3}\b|(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:\.\d{1,3}){0,3}"),
            number: compile(r"(?:\+|\b)\(?\p{Nd}(?:[\s()./-]{0,3}\p{Nd}){5,}"),
        }
    }

    fn replace<'a>(&self, text: &'a str) -> Cow<'a, str> {
        // Most notes hold nothing of the kind: a look at the bytes spares them the patterns.
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let has = |mark: u8| text.as_bytes().contains(&mark);
        let (url, email, address) = (text.contains("://"), has(b'@'), has(b':') || digits >= 4 && has(b'.'));
        // Hardware addresses and wallets need not have a digit.
        let (long, dashed) = (text.len() >= 26, has(b'-'));
        let number = digits >= 6 || !text.is_ascii();

        let mut text = Cow::Borrowed(text);
        if url {
            replace_all(&mut text, &self.url, |_| Cow::Borrowed("[url]"));
        }
        if email {
            replace_all(&mut text, &self.email, |_| Cow::Borrowed("[email]"));
        }
        replace_all(&mut text, &self.secret, |_| Cow::Borrowed("[secret]"));
        if long {
            replace_all(&mut text, &self.wallet, |found| {
                Cow::Borrowed(if is_crypto_address(found) { "[wallet]" } else { found })
            });
        }
        if number {
            replace_all(&mut text, &self.iban, redact_iban);
            replace_all(&mut text, &self.insurance, |_| Cow::Borrowed("[government id]"));
        }
        if digits >= 8 && has(b'.') {
            replace_all(&mut text, &self.position, |_| Cow::Borrowed("[coordinates]"));
        }
        if address || dashed || has(b'.') {
            replace_all(&mut text, &self.hardware, |_| Cow::Borrowed("[device]"));
        }
        if address {
            replace_all(&mut text, &self.address, |found| match found.parse::<std::net::IpAddr>() {
                Ok(_) => Cow::Borrowed("[ip]"),
                Err(_) => Cow::Borrowed(found),
            });
        }
        if number {
            replace_all(&mut text, &self.number, |found| Cow::Borrowed(number_marker(found)));
        }
        text
    }
}

fn replace_all(text: &mut Cow<'_, str>, pattern: &Regex, with: impl for<'f> Fn(&'f str) -> Cow<'f, str>) {
    let replaced = match pattern.replace_all(text, |found: &Captures<'_>| with(&found[0]).into_owned()) {
        Cow::Borrowed(_) => return,
        Cow::Owned(replaced) => replaced,
    };
    *text = Cow::Owned(replaced);
}

/// What looks like an account number may run on into the words behind it: the longest beginning that is one is taken.
fn redact_iban(found: &str) -> Cow<'_, str> {
    let ends = found.char_indices().filter(|(_, letter)| letter.is_alphanumeric());
    let longest = ends.map(|(at, letter)| at + letter.len_utf8()).rfind(|end| is_iban(&found[..*end]));
    match longest {
        Some(end) => Cow::Owned(format!("[iban]{}", &found[end..])),
        None => Cow::Borrowed(found),
    }
}

fn number_marker(found: &str) -> &'static str {
    if is_card(found) {
        "[card]"
    } else if found.starts_with(['+', '0', '(']) {
        "[phone]"
    } else {
        "[number]"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_what_should_not_be_in_notes() {
        let patterns = Patterns::new();
        for (text, expected) in [
            ("call Ann on +44 20 7946 0958 today", "call Ann on [phone] today"),
            ("mail ann.o'neil+x@shop.example.com, thanks", "mail [email], thanks"),
            ("card 4111 1111 1111 1111 exp 12/29", "card [card] exp 12/29"),
            ("card 4111-1111-1111-1112", "card [number]"),
            ("IBAN DE89 3704 0044 0532 0130 00 BITTE", "IBAN [iban] BITTE"),
            ("see https://bob:pa55@host.example/x?y=1 now", "see [url] now"),
            ("see https://host.example/x?token=abc", "see [url]"),
            ("see https://host.example/x?page=2", "see https://host.example/x?page=2"),
            ("from 203.0.113.9 and 2001:db8::1", "from [ip] and [ip]"),
            ("at 10:20:30 we had 12 of 345", "at 10:20:30 we had 12 of 345"),
            ("ssn 078-05-1120", "ssn [phone]"),
            ("order 1234567", "order [number]"),
            ("Tel. ٠٢٠٧٩٤٦٠٩٥٨", "Tel. [number]"),
            ("key sk_live_abcDEF123 leaked", "key [secret] leaked"),
            ("of AB 12 34 56 C, born", "of [government id], born"),
            ("mac 00:1A:2b:3c:4d:5e or 00-1a-2b-3c-4d-5e", "mac [device] or [device]"),
            ("at (0.6282, -4.0700) or 52.52000,13.40500", "at ([coordinates]) or [coordinates]"),
            ("pay 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa now", "pay [wallet] now"),
            ("pay bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "pay [wallet]"),
            ("", ""),
        ] {
            assert_eq!(patterns.replace(text), expected);
        }
    }
}
