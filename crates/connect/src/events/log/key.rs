//! The key of a log, and what is sealed with it.

use std::fmt;
use std::io;

use aes_siv::{KeyInit, siv::Aes256Siv};

use super::LogPlace;

/// What a sealed block is bound to beside its place.
const PURPOSE: &[u8] = b"ade event log 1";
/// Fast, and events are alike: a fifth of their size is usual.
const LEVEL: i32 = 1;
/// No block grows beyond this when it is opened.
const MOST_BYTES: usize = 64 << 20;

/// The key that the blocks of a log are encrypted with, and digests of message ids are made with.
#[derive(Clone)]
pub struct EventLogKey {
    seal: [u8; 64],
    digest: [u8; 32],
}

impl EventLogKey {
    /// A key derived from the environment's secret, for this purpose alone.
    pub fn new(subkey: [u8; 64]) -> Self {
        Self { seal: subkey, digest: blake3::derive_key("ade event log message ids 1", &subkey) }
    }

    /// Compressed and encrypted for one place: AES-256-SIV, which needs no nonce that must never come twice.
    pub(super) fn seal(&self, place: LogPlace, plain: &[u8]) -> io::Result<Vec<u8>> {
        let packed = zstd::bulk::compress(plain, LEVEL)?;
        let (segment, offset) = (place.segment.to_le_bytes(), place.offset.to_le_bytes());
        let associated: [&[u8]; 3] = [PURPOSE, &segment, &offset];
        Aes256Siv::new(&self.seal.into())
            .encrypt(associated, &packed)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "the block is too large to be encrypted"))
    }

    /// What was sealed for this place; `None` where it was not, or not with this key.
    pub(super) fn open(&self, place: LogPlace, sealed: &[u8]) -> Option<Vec<u8>> {
        let (segment, offset) = (place.segment.to_le_bytes(), place.offset.to_le_bytes());
        let associated: [&[u8]; 3] = [PURPOSE, &segment, &offset];
        let packed = Aes256Siv::new(&self.seal.into()).decrypt(associated, sealed).ok()?;
        zstd::bulk::decompress(&packed, MOST_BYTES).ok()
    }

    /// A digest of a message's id within its source. It tells nothing without the key.
    pub fn digest(&self, source: &str, message_id: &str) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.digest);
        hasher.update(source.as_bytes());
        hasher.update(&[0]);
        hasher.update(message_id.as_bytes());
        let digest = hasher.finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest.as_bytes()[..8]);
        u64::from_le_bytes(first)
    }
}

impl fmt::Debug for EventLogKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EventLogKey")
    }
}
