//! The key of what a position says about rows.

use std::fmt;

use aes_siv::{KeyInit, siv::Aes256Siv};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// What a sealed position is authenticated with.
const SEALED: &[u8] = b"ade position v1";

/// The key of what a position says about rows: a digest tells whether they are what they were, to whoever has the key.
///
/// Positions lie in the lake beside the rows, and there anybody may read them. Without a key, a digest of a row of which
/// all but a telephone number is known gives the number away to whoever tries them all.
#[derive(Clone)]
pub struct PositionKey([u8; 32]);

impl PositionKey {
    /// A key derived from the environment's secret, for this purpose alone.
    pub fn new(subkey: [u8; 32]) -> Self {
        Self(subkey)
    }

    /// BLAKE3 in its keyed mode.
    pub(crate) fn hasher(&self) -> blake3::Hasher {
        blake3::Hasher::new_keyed(&self.0)
    }

    /// What a source says of where it is, in a form that only who has the key can read: it may hold values of rows.
    pub(crate) fn seal(&self, plain: &[u8]) -> String {
        // A text that is too long for the cipher does not fit into memory.
        let sealed = self.cipher().encrypt([SEALED], plain).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The same as it was; `None` where it was sealed with another key, or changed.
    pub fn open(&self, sealed: &str) -> Option<Vec<u8>> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        self.cipher().decrypt([SEALED], &sealed).ok()
    }

    fn cipher(&self) -> Aes256Siv {
        let mut key = [0; 64];
        self.hasher().update(SEALED).finalize_xof().fill(&mut key);
        Aes256Siv::new(&key.into())
    }
}

impl fmt::Debug for PositionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PositionKey")
    }
}
