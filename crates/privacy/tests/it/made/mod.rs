//! Columns of made-up values: of each kind of personal data, and of what looks like it and is none.
//!
//! Everything follows from a seed. Names and towns are of lists that the dictionaries were not made from.

mod measured;
mod numbers;
mod others;
mod values;

pub(crate) use measured::{ROWS, measured};
pub(crate) use others::OTHERS;

use ade_privacy::Kind;

/// Numbers that follow from a seed (SplitMix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn range(&mut self, start: u64, end: u64) -> u64 {
        start + self.below(end - start)
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    pub(crate) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap())).collect()
    }

    pub(crate) fn of_letters(&mut self, letters: &str, count: usize) -> String {
        let letters: Vec<char> = letters.chars().collect();
        (0..count).map(|_| letters[usize::try_from(self.below(letters.len() as u64)).unwrap()]).collect()
    }
}

/// A column of a kind as such columns are found: one of the ways to write it, some values missing, a few that are junk.
pub(crate) fn column(kind: Kind, rows: usize, way: u64, dice: &mut Dice) -> Vec<Option<String>> {
    (0..rows)
        .map(|_| match dice.below(100) {
            0..5 => None,
            5..8 => Some((*dice.pick(&["n/a", "unknown", "-", "none", "?", "test"])).to_owned()),
            _ => Some(values::value(kind, way, dice)),
        })
        .collect()
}

/// One value of a kind.
pub(crate) fn value(kind: Kind, dice: &mut Dice) -> String {
    let way = dice.next();
    values::value(kind, way, dice)
}
