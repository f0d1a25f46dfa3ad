//! Which messages were there, as far back as is remembered.

use std::collections::{HashSet, VecDeque};

/// Digests of messages, the oldest of which are forgotten segment by segment.
#[derive(Debug, Default)]
pub(super) struct Seen {
    all: HashSet<u64>,
    /// Of complete segments, the oldest first.
    segments: VecDeque<(u64, Vec<u64>)>,
    remembered: usize,
    most: usize,
}

impl Seen {
    pub(super) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// True when it was not there before.
    pub(super) fn add(&mut self, digest: u64) -> bool {
        self.all.insert(digest)
    }

    /// What could not be written was never there.
    pub(super) fn take_back(&mut self, digests: &[u64]) {
        for digest in digests {
            self.all.remove(digest);
        }
    }

    /// A segment is complete. Gives the segments that are forgotten for it.
    pub(super) fn complete(&mut self, segment: u64, digests: Vec<u64>) -> Vec<u64> {
        self.all.extend(&digests);
        self.remembered += digests.len();
        self.segments.push_back((segment, digests));
        let mut forgotten = Vec::new();
        while self.remembered > self.most
            && let Some((segment, digests)) = self.segments.pop_front()
        {
            self.remembered -= digests.len();
            self.take_back(&digests);
            forgotten.push(segment);
        }
        forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_segments_are_forgotten_when_there_are_too_many() {
        let mut seen = Seen::new(3);
        assert!(seen.add(1) && seen.add(2) && !seen.add(1));
        assert_eq!(seen.complete(1, vec![1, 2]), Vec::<u64>::new());
        assert!(seen.add(3) && seen.add(4));
        assert_eq!(seen.complete(2, vec![3, 4]), [1]);
        assert!(seen.add(1) && !seen.add(3));
        seen.take_back(&[1]);
        assert!(seen.add(1));
    }
}
