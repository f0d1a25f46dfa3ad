//! `encrypt`: deterministic, authenticated AES-256-SIV (RFC 5297) under the domain's subkey.
//!
//! A value becomes `ade1:<key id>:<base64>`: the key id in eight hexadecimal digits, then URL-safe base64 without
//! padding of the synthetic IV (16 bytes) and the encrypted bytes. The header and the domain are authenticated with it. The
//! plain bytes are the value exactly as it is, text or bytes (numbers as decimal text, dates in ISO 8601, structs and
//! maps as JSON), so equal values join and unequal spellings do not. What the text tells: whether two values are equal, and
//! how long a value is.

use std::fmt;

use aes_siv::{KeyInit, siv::Aes256Siv};
use arrow::{
    array::{Array, ArrayAccessor, ArrayRef, AsArray},
    datatypes::DataType,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    Domain, Keyring, PrivacyError,
    pseudonym::fits_code,
    text::{TextColumn, readable, text_type},
    transform::{Failure, Transform},
};

const VERSION: &str = "ade1";

/// The treatment at work for one domain.
pub(crate) struct Encryptor {
    subkey: Zeroizing<[u8; 64]>,
    header: String,
    domain: String,
}

impl Encryptor {
    pub(crate) fn new(domain: &Domain, keyring: &Keyring) -> Self {
        Self {
            subkey: keyring.subkey("encrypt", domain.name()),
            header: format!("{VERSION}:{}:", keyring.id()),
            domain: domain.name().to_owned(),
        }
    }

    /// One value.
    pub(crate) fn seal(&self, bytes: &[u8]) -> Result<String, PrivacyError> {
        let associated = [self.header.as_bytes(), self.domain.as_bytes()];
        let mut sealed = Aes256Siv::new(&(*self.subkey).into())
            .encrypt(associated, bytes)
            .map_err(|_| PrivacyError::BatchTooLarge { column: self.domain.clone(), rows: 1 })?;
        let mut text = self.header.clone();
        URL_SAFE_NO_PAD.encode_string(&sealed, &mut text);
        sealed.zeroize();
        Ok(text)
    }

    fn each<A: ArrayAccessor>(&self, values: &A) -> Result<TextColumn, Failure>
    where
        A::Item: AsRef<[u8]>,
    {
        let mut cipher = Aes256Siv::new(&(*self.subkey).into());
        let rows = values.len();
        let mut column = TextColumn::with_capacity(rows, rows * (self.header.len() + 48));
        let mut text = String::new();
        for row in 0..rows {
            if values.is_valid(row) {
                let associated = [self.header.as_bytes(), self.domain.as_bytes()];
                let mut sealed =
                    cipher.encrypt(associated, values.value(row).as_ref()).map_err(|_| Failure::TooLarge)?;
                text.clear();
                URL_SAFE_NO_PAD.encode_string(&sealed, &mut text);
                sealed.zeroize();
                column.bytes().extend_from_slice(self.header.as_bytes());
                column.bytes().extend_from_slice(text.as_bytes());
            }
            column.end_row();
        }
        Ok(column)
    }
}

impl fmt::Debug for Encryptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encryptor({}{})", self.header, self.domain)
    }
}

impl Transform for Encryptor {
    fn output(&self, input: &DataType) -> Option<DataType> {
        fits_code(input).then(|| text_type(input))
    }

    fn makes_nulls(&self, _input: &DataType) -> bool {
        false
    }

    fn apply(&self, array: &ArrayRef) -> Result<ArrayRef, Failure> {
        let texts = readable(array)?;
        let column = match texts.data_type() {
            DataType::LargeUtf8 => self.each(&texts.as_string::<i64>()),
            DataType::Utf8View => self.each(&texts.as_string_view()),
            DataType::Binary => self.each(&texts.as_binary::<i32>()),
            _ => self.each(&texts.as_string::<i32>()),
        };
        column?.finish(&text_type(array.data_type()), texts.nulls().cloned())
    }
}

/// The value behind a text that treatment `encrypt` made in this domain: the bytes exactly as they were.
pub fn decrypt(sealed: &str, domain: &Domain, keyring: &Keyring) -> Result<Zeroizing<Vec<u8>>, PrivacyError> {
    let encryptor = Encryptor::new(domain, keyring);
    let mut parts = sealed.splitn(3, ':');
    let (Some(VERSION), Some(key_id), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(PrivacyError::NotEncrypted);
    };
    if key_id.len() != 8 || !key_id.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(PrivacyError::NotEncrypted);
    }
    if key_id != keyring.id().to_string() {
        return Err(PrivacyError::OtherKey { needed: key_id.to_owned(), given: keyring.id() });
    }
    let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| PrivacyError::NotEncrypted)?;
    let associated = [encryptor.header.as_bytes(), encryptor.domain.as_bytes()];
    let plain = Aes256Siv::new(&(*encryptor.subkey).into()).decrypt(associated, &bytes);
    plain.map(Zeroizing::new).map_err(|_| PrivacyError::NotAuthentic { domain: domain.name().to_owned() })
}

/// The id of the key that made an encrypted text; `None` for other texts.
pub fn key_id_of(sealed: &str) -> Option<&str> {
    let id = sealed.strip_prefix(VERSION)?.strip_prefix(':')?.split(':').next()?;
    (id.len() == 8).then_some(id)
}

/// The text behind an encrypted value; see [`decrypt`].
pub fn decrypt_text(sealed: &str, domain: &Domain, keyring: &Keyring) -> Result<Zeroizing<String>, PrivacyError> {
    let bytes = decrypt(sealed, domain, keyring)?;
    std::str::from_utf8(&bytes).map(|text| Zeroizing::new(text.to_owned())).map_err(|_| PrivacyError::NotText)
}
