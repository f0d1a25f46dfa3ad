//! `pseudonym`: HMAC-SHA-256 (RFC 2104, FIPS 180-4) of a value's canonical form under the domain's subkey.
//!
//! Almost every value that is worth a pseudonym is shorter than 56 bytes: two compressions, when the states after the
//! padded key are kept. That is why the construction is written out over SHA-256's compression function here. A value that
//! occurred a short while ago in the same batch is not computed again.

use std::{fmt, hash::BuildHasher};

use arrow::{
    array::{Array, ArrayAccessor, ArrayRef, AsArray},
    datatypes::DataType,
};
use foldhash::fast::FixedState;
use sha2::block_api::compress256;
use zeroize::Zeroize;

use crate::{
    CanonicalForm, DataFamily, Domain, Keyring,
    text::{TextColumn, readable, text_type},
    transform::{Failure, Transform},
};

/// Characters of a pseudonym: 160 bits, five to a character.
const LENGTH: usize = 32;
/// Rows remembered for repeated values; a power of two. 16 KiB stay in the fastest cache.
const REMEMBERED: usize = 4096;
/// Rows after which a batch that hardly repeats itself is no longer looked up.
const TRIAL: usize = 1024;

/// The treatment at work for one domain.
#[derive(Debug)]
pub(crate) struct Pseudonymizer {
    key: HmacKey,
    form: CanonicalForm,
}

impl Pseudonymizer {
    pub(crate) fn new(domain: &Domain, keyring: &Keyring) -> Self {
        Self { key: HmacKey::new(&keyring.subkey("pseudonym", domain.name())), form: domain.form() }
    }

    fn write(&self, value: &[u8], numeric: bool, scratch: &mut String, out: &mut Vec<u8>) {
        let canonical = match std::str::from_utf8(value) {
            Ok(text) => self.form.apply(if numeric { shortest_number(text) } else { text }, scratch).as_bytes(),
            Err(_) => value,
        };
        if !canonical.is_empty() {
            out.extend_from_slice(&base32(&self.key.mac(canonical)));
        }
    }

    fn each<A: ArrayAccessor>(&self, values: &A, numeric: bool) -> TextColumn
    where
        A::Item: AsRef<[u8]>,
    {
        let rows = values.len();
        let mut column = TextColumn::with_capacity(rows, rows * LENGTH);
        let mut scratch = String::new();
        let mut memory = Memory::new(rows);
        for row in 0..rows {
            if values.is_null(row) {
                column.end_row();
                continue;
            }
            let value = values.value(row);
            let value = value.as_ref();
            if let Some(earlier) = memory.earlier(value, row, |earlier| values.value(earlier).as_ref() == value) {
                column.repeat_row(earlier);
            } else {
                self.write(value, numeric, &mut scratch, column.bytes());
                column.end_row();
            }
        }
        column
    }
}

impl Transform for Pseudonymizer {
    fn output(&self, input: &DataType) -> Option<DataType> {
        fits_code(input).then(|| text_type(input))
    }

    fn makes_nulls(&self, _input: &DataType) -> bool {
        false
    }

    fn apply(&self, array: &ArrayRef) -> Result<ArrayRef, Failure> {
        let numeric = matches!(DataFamily::of(array.data_type()), DataFamily::Float | DataFamily::Decimal);
        let texts = readable(array)?;
        let column = match texts.data_type() {
            DataType::LargeUtf8 => self.each(&texts.as_string::<i64>(), numeric),
            DataType::Utf8View => self.each(&texts.as_string_view(), numeric),
            DataType::Binary => self.each(&texts.as_binary::<i32>(), numeric),
            _ => self.each(&texts.as_string::<i32>(), numeric),
        };
        column.finish(&text_type(array.data_type()), texts.nulls().cloned())
    }
}

/// Types whose values can stand behind a code. Not booleans: a code of two values hides nothing.
pub(crate) fn fits_code(input: &DataType) -> bool {
    !matches!(DataFamily::of(input), DataFamily::Boolean | DataFamily::List | DataFamily::Other)
}

/// Plain decimal text without zeros at the end of the fraction; minus zero is zero.
fn shortest_number(text: &str) -> &str {
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    if short == "-0" { "0" } else { short }
}

/// Where in the batch a value was seen last: one row for each slot that a hash falls into.
struct Memory {
    slots: Vec<u32>,
    hasher: FixedState,
    asked: usize,
    found: usize,
}

impl Memory {
    fn new(rows: usize) -> Self {
        let slots = if rows > 1 && u32::try_from(rows).is_ok() { vec![u32::MAX; REMEMBERED] } else { Vec::new() };
        Self { slots, hasher: FixedState::default(), asked: 0, found: 0 }
    }

    /// An earlier row with this value, if it is remembered; the row itself is remembered from now on.
    fn earlier(&mut self, value: &[u8], row: usize, same: impl Fn(usize) -> bool) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        self.asked += 1;
        #[expect(clippy::cast_possible_truncation, reason = "only the low bits choose the slot")]
        let slot = &mut self.slots[self.hasher.hash_one(value) as usize % REMEMBERED];
        let earlier = *slot as usize;
        if *slot != u32::MAX && same(earlier) {
            self.found += 1;
            return Some(earlier);
        }
        *slot = u32::try_from(row).unwrap_or(u32::MAX);
        if self.asked == TRIAL && self.found < TRIAL / 16 {
            self.slots = Vec::new();
        }
        None
    }
}

/// HMAC-SHA-256 with the states after the padded key kept.
struct HmacKey {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl HmacKey {
    /// The state in which SHA-256 begins, FIPS 180-4 section 5.3.3.
    const START: [u32; 8] =
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

    fn new(key: &[u8; 32]) -> Self {
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

    fn mac(&self, message: &[u8]) -> [u8; 32] {
        let mut state = self.inner;
        let (whole, rest) = message.as_chunks::<64>();
        compress256(&mut state, whole);
        let mut block = [0; 64];
        block[..rest.len()].copy_from_slice(rest);
        block[rest.len()] = 0x80;
        if rest.len() >= 56 {
            compress256(&mut state, &[block]);
            block = [0; 64];
        }
        let bits = (64 + message.len() as u64) * 8;
        block[56..].copy_from_slice(&bits.to_be_bytes());
        compress256(&mut state, &[block]);

        let mut block = [0; 64];
        block[..32].copy_from_slice(&bytes(&state));
        block[32] = 0x80;
        block[56..].copy_from_slice(&((64 + 32) * 8_u64).to_be_bytes());
        let mut state = self.outer;
        compress256(&mut state, &[block]);
        bytes(&state)
    }
}

fn bytes(state: &[u32; 8]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (part, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *part = word.to_be_bytes();
    }
    bytes
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

/// The first 160 bits in RFC 4648's base32 alphabet, in lower case.
fn base32(mac: &[u8; 32]) -> [u8; LENGTH] {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut text = [0; LENGTH];
    let (groups, _) = mac[..20].as_chunks::<5>();
    for (letters, group) in text.as_chunks_mut::<8>().0.iter_mut().zip(groups) {
        let bits = group.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        for (place, letter) in letters.iter_mut().enumerate() {
            *letter = ALPHABET[(bits >> (35 - 5 * place) & 31) as usize];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    use super::*;

    #[test]
    fn agrees_with_the_hmac_crate_at_every_length() {
        let key = [0x5a; 32];
        let ours = HmacKey::new(&key);
        let message: Vec<u8> = (0..=255).collect();
        for length in 0..=message.len() {
            let mut theirs = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            theirs.update(&message[..length]);
            assert_eq!(ours.mac(&message[..length]), *theirs.finalize().into_bytes(), "length {length}");
        }
    }

    #[test]
    fn numbers_are_shortened_and_nothing_else() {
        for (text, expected) in [("42.00", "42"), ("0.50", "0.5"), ("100", "100"), ("-0.0", "0"), ("NaN", "NaN")] {
            assert_eq!(shortest_number(text), expected);
        }
    }
}
