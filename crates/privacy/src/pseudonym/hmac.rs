//! HMAC-SHA-256 (RFC 2104, FIPS 180-4) of many short messages under one key.
//!
//! The states after the padded key are kept, so a message of up to 55 bytes costs two compressions. They are computed for
//! several messages together: in one register where a processor has such, otherwise first all inner ones, then all outer
//! ones, as SHA-256 instructions wait for each other within a message and not between messages.

use std::fmt;

use sha2::block_api::compress256;
use zeroize::Zeroize;

use super::side_by_side::SideBySide;

/// Messages that are worked on together.
pub(super) const LANES: usize = 16;

/// A key, as the states of the inner and the outer hash after it.
pub(super) struct HmacKey {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl HmacKey {
    /// The state in which SHA-256 begins, FIPS 180-4 section 5.3.3.
    const START: [u32; 8] =
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

    pub(super) fn new(key: &[u8; 32]) -> Self {
        let padded = |pad: u8| {
            let mut block = [pad; 64];
            for (byte, key) in block.iter_mut().zip(key) {
                *byte ^= key;
            }
            let mut state = Self::START;
            compress256(&mut state, &[block]);
            block.zeroize();
            state
        };
        Self { inner: padded(0x36), outer: padded(0x5c) }
    }
}

impl Drop for HmacKey {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey")
    }
}

/// Up to [`LANES`] messages on their way through the hash.
pub(super) struct Lanes<'a> {
    key: &'a HmacKey,
    states: [[u32; 8]; LANES],
    /// The last block of each message.
    blocks: [[u8; 64]; LANES],
    count: usize,
    side_by_side: Option<SideBySide>,
}

impl<'a> Lanes<'a> {
    pub(super) fn new(key: &'a HmacKey) -> Self {
        Self { key, states: [[0; 8]; LANES], blocks: [[0; 64]; LANES], count: 0, side_by_side: SideBySide::new() }
    }

    /// Takes a message, up to the last block of the inner hash. True when no further one fits.
    pub(super) fn push(&mut self, message: &[u8]) -> bool {
        let (state, block) = (&mut self.states[self.count], &mut self.blocks[self.count]);
        *state = self.key.inner;
        let (whole, rest) = message.as_chunks::<64>();
        if !whole.is_empty() {
            compress256(state, whole);
        }
        *block = [0; 64];
        block[..rest.len()].copy_from_slice(rest);
        block[rest.len()] = 0x80;
        if rest.len() >= 56 {
            compress256(state, std::slice::from_ref(block));
            *block = [0; 64];
        }
        let bits = (64 + message.len() as u64) * 8;
        block[56..].copy_from_slice(&bits.to_be_bytes());
        self.count += 1;
        self.count == LANES
    }

    /// The codes of all messages that were taken, in their order. There are none afterwards.
    pub(super) fn finish(&mut self) -> &[[u32; 8]] {
        let count = std::mem::take(&mut self.count);
        if let Some(side_by_side) = self.side_by_side.filter(|_| count > LANES / 2) {
            side_by_side.hmac(&mut self.states, &self.blocks, &self.key.outer);
            return &self.states[..count];
        }
        let (states, blocks) = (&mut self.states[..count], &mut self.blocks[..count]);
        for (state, block) in states.iter_mut().zip(&*blocks) {
            compress256(state, std::slice::from_ref(block));
        }
        for (state, block) in states.iter_mut().zip(&mut *blocks) {
            for (part, word) in block.as_chunks_mut::<4>().0.iter_mut().zip(&*state) {
                *part = word.to_be_bytes();
            }
            block[32..].fill(0);
            block[32] = 0x80;
            block[56..].copy_from_slice(&((64 + 32) * 8_u64).to_be_bytes());
            *state = self.key.outer;
        }
        for (state, block) in states.iter_mut().zip(&*blocks) {
            compress256(state, std::slice::from_ref(block));
        }
        states
    }
}

impl Drop for Lanes<'_> {
    fn drop(&mut self) {
        self.blocks.as_flattened_mut().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    use super::*;

    /// The codes of messages of 0 to 255 bytes, and how many came at a time.
    fn codes(lanes: &mut Lanes<'_>, message: &[u8]) -> (Vec<[u32; 8]>, Vec<usize>) {
        let (mut codes, mut sizes) = (Vec::new(), Vec::new());
        for length in 0..=message.len() {
            if lanes.push(&message[..length]) {
                sizes.push(lanes.finish().iter().map(|code| codes.push(*code)).count());
            }
        }
        sizes.push(lanes.finish().iter().map(|code| codes.push(*code)).count());
        (codes, sizes)
    }

    #[test]
    fn agrees_with_the_hmac_crate_at_every_length_and_in_every_lane() {
        let key = [0x5a; 32];
        let ours = HmacKey::new(&key);
        let message: Vec<u8> = (0..=255).collect();
        let (found, sizes) = codes(&mut Lanes::new(&ours), &message);
        assert_eq!(sizes.first(), Some(&LANES));
        assert_eq!(sizes.last(), Some(&((message.len() + 1) % LANES)));
        for (length, code) in found.iter().enumerate() {
            let mut theirs = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            theirs.update(&message[..length]);
            let expected = theirs.finalize().into_bytes();
            assert_eq!(code.map(u32::to_be_bytes).as_flattened(), expected.as_slice(), "length {length}");
        }
        let mut lanes = Lanes::new(&ours);
        lanes.side_by_side = None;
        assert_eq!(codes(&mut lanes, &message).0, found);
    }
}
