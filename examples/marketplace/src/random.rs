//! Random streams that depend on their name alone.
//!
//! SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014): any number of independent streams
//! without state between them, so a customer or a day can be made again at any time. Not for secrets.

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// The stream of this seed, name and two numbers (a day, an id).
    pub(crate) fn new(seed: u64, stream: &str, first: u64, second: u64) -> Self {
        // FNV-1a of the name, then each part stirred in.
        let name = stream
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let state = [name, first, second].into_iter().fold(mix(seed), |state, part| mix(state ^ mix(part)));
        Self { state }
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A number below `end`, which is at least 1.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        // Multiply and shift; the bias is below 2^-32 for the small ranges here.
        let wide = u128::from(self.next()) * u128::from(end.max(1));
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number from `start` to `end`, both included.
    pub(crate) fn range(&mut self, start: i64, end: i64) -> i64 {
        let span = end.abs_diff(start) + 1;
        start.saturating_add_unsigned(self.below(span))
    }

    /// True `percent` times in a hundred thousand.
    pub(crate) fn in_100_000(&mut self, share: u64) -> bool {
        self.below(100_000) < share
    }

    /// One of a list that is not empty.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[usize::try_from(self.below(list.len() as u64)).unwrap_or(0)]
    }

    /// A number below `end`; low ones are likelier, as with popular products.
    pub(crate) fn skewed(&mut self, end: u64) -> u64 {
        let low = self.below(end).min(self.below(end));
        low.min(self.below(end))
    }
}

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let take = |mut random: Random| -> Vec<u64> { (0..4).map(|_| random.below(1_000_000)).collect() };
        assert_eq!(take(Random::new(7, "a", 1, 2)), take(Random::new(7, "a", 1, 2)));
        for other in [Random::new(8, "a", 1, 2), Random::new(7, "b", 1, 2), Random::new(7, "a", 2, 1)] {
            assert_ne!(take(other), take(Random::new(7, "a", 1, 2)));
        }
    }

    #[test]
    fn ranges_are_covered_evenly() {
        let mut random = Random::new(1, "dice", 0, 0);
        let mut seen = [0_u32; 6];
        for _ in 0..60_000 {
            seen[usize::try_from(random.range(1, 6)).unwrap() - 1] += 1;
        }
        assert!(seen.iter().all(|count| (9_500..10_500).contains(count)), "{seen:?}");
    }
}
