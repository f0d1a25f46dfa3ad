//! A set of integers that is asked for millions of rows: a bitmap where they lie close, else a Bloom filter.

use arrow::array::{Array, BooleanArray, Int64Array};
use arrow::buffer::BooleanBuffer;

/// A bitmap may take this many bits for each key; beyond, a Bloom filter is smaller.
const BITS_OF_A_KEY: u64 = 64;

/// A bitmap of so many bits (128 KiB) is always fine.
const SMALL_BITMAP: u64 = 1 << 20;

/// The keys of a join, or a little more than them.
#[derive(Debug)]
pub(super) enum KeySet {
    /// Bit `n` stands for the key `first + n`. Exact.
    Bitmap { first: i64, words: Vec<u64> },
    /// A blocked Bloom filter: a key sets four bits of one word (Putze, Sanders, Singler, "Cache-, hash- and
    /// space-efficient Bloom filters", 2007). With 16 to 32 bits for each key about one foreign key in a hundred passes.
    Bloom { words: Vec<u64> },
}

impl KeySet {
    /// How many bytes the set of `count` keys from `first` to `last` takes.
    pub(super) fn size(count: usize, first: i64, last: i64) -> usize {
        8 * match bitmap_words(count, first, last) {
            Some(words) => words,
            None => bloom_words(count),
        }
    }

    /// The set of keys that come in parts; every key is at least `first` and at most `last`.
    pub(super) fn new(parts: &[Vec<i64>], first: i64, last: i64) -> Self {
        let count = parts.iter().map(Vec::len).sum();
        let keys = parts.iter().flatten().copied();
        if let Some(length) = bitmap_words(count, first, last) {
            let mut words = vec![0; length];
            for key in keys {
                let bit = key.wrapping_sub(first).cast_unsigned();
                if let Some(word) = word_of(&mut words, bit / 64) {
                    *word |= 1 << (bit % 64);
                }
            }
            return Self::Bitmap { first, words };
        }
        let mut words = vec![0; bloom_words(count)];
        for key in keys {
            let hash = hashed(key);
            if let Some(word) = word_of(&mut words, block(hash, bloom_words(count))) {
                *word |= bits(hash);
            }
        }
        Self::Bloom { words }
    }

    /// Which of `keys` are in the set; a NULL is not. A Bloom filter says yes to some more.
    pub(super) fn contains(&self, keys: &Int64Array) -> BooleanArray {
        let values = keys.values();
        let found = match self {
            Self::Bitmap { first, words } => BooleanBuffer::collect_bool(values.len(), |row| {
                let bit = values[row].wrapping_sub(*first).cast_unsigned();
                usize::try_from(bit / 64)
                    .ok()
                    .and_then(|index| words.get(index))
                    .is_some_and(|word| word >> (bit % 64) & 1 == 1)
            }),
            Self::Bloom { words } => BooleanBuffer::collect_bool(values.len(), |row| {
                let hash = hashed(values[row]);
                let bits = bits(hash);
                usize::try_from(block(hash, words.len()))
                    .ok()
                    .and_then(|index| words.get(index))
                    .is_some_and(|word| word & bits == bits)
            }),
        };
        BooleanArray::new(
            match keys.nulls() {
                Some(nulls) if nulls.null_count() > 0 => &found & nulls.inner(),
                _ => found,
            },
            None,
        )
    }
}

/// The length of a bitmap, when one is worth its memory.
fn bitmap_words(count: usize, first: i64, last: i64) -> Option<usize> {
    let bits = last.wrapping_sub(first).cast_unsigned().checked_add(1)?;
    let worth = bits <= SMALL_BITMAP || bits <= BITS_OF_A_KEY.saturating_mul(count as u64);
    worth.then(|| usize::try_from(bits.div_ceil(64)).ok())?
}

/// The length of a Bloom filter; a power of two.
fn bloom_words(count: usize) -> usize {
    count.div_ceil(4).next_power_of_two()
}

fn word_of(words: &mut [u64], index: u64) -> Option<&mut u64> {
    words.get_mut(usize::try_from(index).ok()?)
}

/// The finalizer of SplitMix64: each bit of a key changes half of the bits of the hash.
fn hashed(key: i64) -> u64 {
    let mut hash = key.cast_unsigned();
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// The word that belongs to a hash: its upper bits.
fn block(hash: u64, words: usize) -> u64 {
    (hash >> 32) & (words as u64 - 1)
}

/// The four bits that belong to a hash: its lower bits.
fn bits(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63) | 1 << (hash >> 18 & 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(keys: &[i64]) -> KeySet {
        let (first, last) = (keys.iter().min().unwrap(), keys.iter().max().unwrap());
        KeySet::new(&[keys[..keys.len() / 2].to_vec(), keys[keys.len() / 2..].to_vec()], *first, *last)
    }

    #[test]
    fn a_bitmap_knows_its_keys_and_no_others() {
        let set = set(&[-3, 70, 64, 1_000_000]);
        assert!(matches!(set, KeySet::Bitmap { .. }));
        let asked = Int64Array::from(vec![Some(-3), Some(-4), None, Some(64), Some(1_000_001), Some(i64::MIN)]);
        assert_eq!(set.contains(&asked), BooleanArray::from(vec![true, false, false, true, false, false]));
    }

    #[test]
    fn far_keys_make_a_bloom_filter_that_misses_none() {
        let keys: Vec<i64> = (0..10_000).map(|n| n * 1_000_003 - 5_000_000_000).collect();
        let set = set(&keys);
        assert!(matches!(set, KeySet::Bloom { .. }));
        assert_eq!(set.contains(&Int64Array::from(keys.clone())).true_count(), keys.len());
        let foreign: Vec<i64> = keys.iter().map(|key| key + 1).collect();
        assert!(set.contains(&Int64Array::from(foreign)).true_count() < keys.len() / 20);
    }

    #[test]
    fn the_whole_range_of_integers_is_no_trouble() {
        let set = set(&[i64::MIN, 0, i64::MAX]);
        let asked = Int64Array::from(vec![i64::MIN, 0, i64::MAX]);
        assert_eq!(set.contains(&asked).true_count(), 3);
    }
}
