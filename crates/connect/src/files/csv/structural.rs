//! The bytes that structure CSV: delimiters, line ends and quotes, found eight at a time.

/// Positions of the three structural bytes in a text, in order. Short fields make a call of `memchr` for each too
/// dear; here eight bytes are compared at once in a register (“SWAR”) and the hits are kept as a bit mask.
pub(crate) struct Structural<'a> {
    bytes: &'a [u8],
    patterns: [u64; 3],
    /// Where the next eight bytes begin.
    next: usize,
    /// The high bit of each byte that matched, of the eight before `next`.
    mask: u64,
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

impl<'a> Structural<'a> {
    /// From `start` on.
    pub(crate) fn new(bytes: &'a [u8], wanted: [u8; 3], start: usize) -> Self {
        Self { bytes, patterns: wanted.map(|byte| LOW * u64::from(byte)), next: start, mask: 0 }
    }

    /// Goes on from `position`.
    #[inline]
    pub(crate) fn seek(&mut self, position: usize) {
        self.next = position;
        self.mask = 0;
    }

    /// The next position.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<usize> {
        while self.mask == 0 {
            let (word, count) = match self.bytes.get(self.next..self.next + 8) {
                Some(bytes) => (u64::from_le_bytes(bytes.try_into().ok()?), 8),
                None => self.tail()?,
            };
            self.mask = matches(word, self.patterns);
            if count < 8 {
                self.mask &= (1 << (count * 8)) - 1;
            }
            self.next += 8;
        }
        let position = self.next - 8 + (self.mask.trailing_zeros() / 8) as usize;
        self.mask &= self.mask - 1;
        Some(position)
    }

    /// The last, incomplete eight bytes, and how many they are.
    #[cold]
    fn tail(&self) -> Option<(u64, usize)> {
        let rest = self.bytes.get(self.next..).filter(|rest| !rest.is_empty())?;
        let mut bytes = [0; 8];
        bytes[..rest.len()].copy_from_slice(rest);
        Some((u64::from_le_bytes(bytes), rest.len()))
    }
}

/// The high bit of every byte of `word` that equals the byte of one of the patterns. Exact: adding cannot carry
/// from one byte to the next because the high bits are masked first.
#[inline]
fn matches(word: u64, patterns: [u64; 3]) -> u64 {
    let zero_bytes = |word: u64| !(((word & !HIGH) + !HIGH) | word | !HIGH);
    zero_bytes(word ^ patterns[0]) | zero_bytes(word ^ patterns[1]) | zero_bytes(word ^ patterns[2])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_what_a_loop_finds(bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(b','), Just(b'\n'), Just(b'"')], 0..100), start in 0_usize..20) {
            let start = start.min(bytes.len());
            let mut structural = Structural::new(&bytes, [b',', b'\n', b'"'], start);
            let found: Vec<usize> = std::iter::from_fn(|| structural.next()).collect();
            let expected: Vec<usize> = (start..bytes.len()).filter(|index| matches!(bytes[*index], b',' | b'\n' | b'"')).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
