//! The environment's key and the subkeys derived from it.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::PrivacyError;

/// Names a key without telling anything about it: four bytes derived from it, in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 4]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// An environment's key. It is wiped from memory when dropped and never printed: `Debug` shows its id.
#[derive(Clone)]
pub struct Keyring {
    key: Zeroizing<[u8; 32]>,
    id: KeyId,
}

impl Keyring {
    /// A new key of 32 bytes that the caller drew from the operating system's generator.
    pub fn generate(random_bytes: [u8; 32]) -> Self {
        let mut keyring = Self { key: Zeroizing::new(random_bytes), id: KeyId([0; 4]) };
        keyring.id = KeyId(*keyring.subkey("key id", ""));
        keyring
    }

    /// The key in a text of 64 hexadecimal digits; white space around it is ignored.
    pub fn from_hex(text: &str) -> Result<Self, PrivacyError> {
        let digits = text.trim();
        let mut key = Zeroizing::new([0; 32]);
        if hex::decode_to_slice(digits, key.as_mut_slice()).is_err() {
            let count = digits.chars().count();
            let all_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let other = if all_hexadecimal { "" } else { ", not all of them hexadecimal" };
            return Err(PrivacyError::InvalidKey { found: format!("{count} characters{other}") });
        }
        Ok(Self::generate(*key))
    }

    /// The key as 64 hexadecimal digits, for the key file.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.key.as_slice()))
    }

    /// The bytes themselves.
    pub(crate) fn secret(&self) -> Zeroizing<[u8; 32]> {
        self.key.clone()
    }

    /// Names the key in logs and in the header of encrypted values.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The subkey for digests of raw rows, by which a position in a source tells whether anything changed. Such digests are
    /// kept beside the rows, so they must tell nothing without the key.
    pub fn position_subkey(&self) -> Zeroizing<[u8; 32]> {
        self.subkey("position", "")
    }

    /// The subkey of the log in which events wait, as they were sent, until they have landed.
    pub fn event_log_subkey(&self) -> Zeroizing<[u8; 64]> {
        self.subkey("event log", "")
    }

    /// The subkey for a purpose and a domain: HKDF-SHA-256 with salt `ade privacy v1` and info `<purpose>/<domain>`.
    pub(crate) fn subkey<const LENGTH: usize>(&self, purpose: &str, domain: &str) -> Zeroizing<[u8; LENGTH]> {
        let mut subkey = Zeroizing::new([0; LENGTH]);
        let derived = Hkdf::<Sha256>::new(Some(b"ade privacy v1"), self.key.as_slice())
            .expand_multi_info(&[purpose.as_bytes(), b"/", domain.as_bytes()], subkey.as_mut_slice());
        debug_assert!(derived.is_ok(), "subkeys are far shorter than HKDF's limit of 8160 bytes");
        subkey
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({})", self.id)
    }
}
