//! Which pieces of work are committed at once: files that wait, intervals that are missing.
//!
//! Every commit is audited, and an audit looks at the whole table, so one commit for each of many small pieces would cost
//! the square of their number. As many as possible go together: each group may be as large as all that is there before it,
//! which keeps the sum of the audits in proportion to the table, and never more than that is lost in a crash. When a group
//! is stopped by a check, halves of it are tried, so that in the end all pieces before the first bad one are committed, as
//! if they had come one by one.
use std::ops::Range;

/// Hands out groups of pieces, in order, and takes word of what became of them.
#[derive(Debug)]
pub(crate) struct Groups {
    /// Where each group ends as long as nothing is stopped.
    ends: Vec<usize>,
    /// Pieces before it are committed.
    done: usize,
    /// End of the group that was handed out.
    end: usize,
    /// Pieces from there on are not tried: the first of them is broken.
    stop: usize,
    /// End of a group that a check stopped.
    suspect: Option<usize>,
    /// Whether groups may be tried in parts.
    divisible: bool,
}

impl Groups {
    /// Pieces of these weights; `least` is what one group may weigh in any case, or what is there already.
    pub(crate) fn new(weights: &[u64], least: u64) -> Self {
        let (mut ends, mut before, mut weight) = (Vec::new(), least, 0_u64);
        for (place, piece) in weights.iter().enumerate() {
            weight = weight.saturating_add(*piece);
            if weight >= before || place + 1 == weights.len() {
                ends.push(place + 1);
                before = before.saturating_add(std::mem::take(&mut weight));
            }
        }
        Self { ends, done: 0, end: 0, stop: weights.len(), suspect: None, divisible: true }
    }

    /// All pieces at once or none.
    pub(crate) fn whole(pieces: usize) -> Self {
        Self { ends: vec![pieces], done: 0, end: 0, stop: pieces, suspect: None, divisible: false }
    }

    /// The pieces to commit next; `None` when there are none left that can be.
    pub(crate) fn next(&mut self) -> Option<Range<usize>> {
        if self.done >= self.stop {
            return None;
        }
        let planned = self.ends.iter().copied().find(|end| *end > self.done).unwrap_or(self.stop);
        let half = self
            .suspect
            .map(|suspect| self.done + (suspect - self.done).div_ceil(2).min(suspect - self.done - 1).max(1));
        self.end = half.unwrap_or(planned).min(self.stop);
        Some(self.done..self.end)
    }

    /// The group is committed.
    pub(crate) fn committed(&mut self) {
        self.done = self.end;
        self.suspect = self.suspect.filter(|suspect| *suspect > self.done);
    }

    /// A check stopped the group. Tells whether a part of it can be tried.
    pub(crate) fn stopped(&mut self) -> bool {
        if self.end - self.done <= 1 || !self.divisible {
            self.stop = self.done;
            return false;
        }
        self.suspect = Some(self.end);
        true
    }

    /// The piece at this place of the group could not be made. Those before it can still be committed.
    pub(crate) fn broken(&mut self, place: usize) {
        self.stop = if self.divisible { self.done + place } else { self.done };
    }

    /// How many pieces are committed.
    pub(crate) fn done(&self) -> usize {
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tries to commit pieces of which those in `bad` are stopped by a check and `broken` cannot be made. Gives how many
    /// are committed, and how many groups were tried.
    fn play(mut groups: Groups, bad: &[usize], broken: Option<usize>) -> (usize, usize) {
        let mut tried = 0;
        while let Some(group) = groups.next() {
            assert!(!group.is_empty() && group.start == groups.done());
            tried += 1;
            if let Some(place) = broken.filter(|place| group.contains(place)) {
                groups.broken(place - group.start);
            } else if group.clone().any(|piece| bad.contains(&piece)) {
                if !groups.stopped() {
                    break;
                }
            } else {
                groups.committed();
            }
        }
        (groups.done(), tried)
    }

    #[test]
    fn all_that_is_before_the_first_bad_piece_is_committed() {
        for pieces in 0..40 {
            let groups = || Groups::new(&vec![1; pieces], 4);
            assert_eq!(play(groups(), &[], None).0, pieces);
            for bad in 0..pieces {
                assert_eq!(play(groups(), &[bad, pieces - 1], None).0, bad, "bad piece {bad} of {pieces}");
                assert_eq!(play(groups(), &[], Some(bad)).0, bad, "broken piece {bad} of {pieces}");
                assert_eq!(play(groups(), &[bad / 2], Some(bad)).0, if pieces > 0 { bad / 2 } else { 0 });
            }
        }
    }

    #[test]
    fn many_small_pieces_are_few_groups() {
        assert_eq!(play(Groups::new(&[1; 200], 1000), &[], None), (200, 1));
        let (done, tried) = play(Groups::new(&[1; 200], 1000), &[150], None);
        assert!(done == 150 && tried <= 17, "{tried} groups");
        // Each group is about as heavy as all that is before it.
        let ends = Groups::new(&[1; 100], 10).ends;
        assert_eq!(ends, [10, 30, 70, 100]);
        assert_eq!(Groups::new(&[50, 1, 1], 10).ends, [1, 3]);
    }

    #[test]
    fn what_replaces_everything_is_one_group() {
        assert_eq!(play(Groups::whole(5), &[], None), (5, 1));
        assert_eq!(play(Groups::whole(5), &[4], None), (0, 1));
        assert_eq!(play(Groups::whole(5), &[], Some(4)), (0, 1));
    }
}
