//! The key of what a position says about rows.

use std::fmt;

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
}

impl fmt::Debug for PositionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PositionKey")
    }
}
