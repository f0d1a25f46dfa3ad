//! In which order captured tables land: a check that reads two of them must see both as they are at the same place of the log.
use std::collections::BTreeSet;

/// Places of tables, wave after wave. `reads` has, for each table, the places of others that its checks read: they land before
/// it. Tables that wait for each other land together.
pub(super) fn waves(reads: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    let mut waves = Vec::new();
    let mut open: BTreeSet<usize> = (0..reads.len()).collect();
    while !open.is_empty() {
        let free = |place: &usize| reads[*place].iter().all(|other| other == place || !open.contains(other));
        let mut wave: Vec<usize> = open.iter().copied().filter(free).collect();
        if wave.is_empty() {
            wave = open.iter().copied().collect();
        }
        open.retain(|place| !wave.contains(place));
        waves.push(wave);
    }
    waves
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_lands_first_and_circles_together() {
        let reads = |places: &[usize]| places.iter().copied().collect::<BTreeSet<usize>>();
        assert_eq!(waves(&[reads(&[2]), reads(&[0]), reads(&[]), reads(&[3])]), [vec![2, 3], vec![0], vec![1]]);
        assert_eq!(waves(&[reads(&[1]), reads(&[0]), reads(&[])]), [vec![2], vec![0, 1]]);
        assert!(waves(&[]).is_empty());
    }
}
