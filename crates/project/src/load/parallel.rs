//! The same work for many items on a few threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many items a thread takes at a time: few enough that all threads end together.
const CHUNK: usize = 16;

/// The results in the order of the items.
pub(super) fn map<T: Sync, R: Send>(threads: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = threads.min(items.len().div_ceil(CHUNK));
    if threads <= 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let start = next.fetch_add(CHUNK, Ordering::Relaxed);
            if start >= items.len() {
                return done;
            }
            let end = (start + CHUNK).min(items.len());
            done.push((start, items[start..end].iter().map(&work).collect::<Vec<R>>()));
        }
    };
    let mut chunks = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut chunks = run();
        for other in others {
            match other.join() {
                Ok(done) => chunks.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        chunks
    });
    chunks.sort_by_key(|(start, _)| *start);
    chunks.into_iter().flat_map(|(_, results)| results).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn keeps_the_order() {
        let items: Vec<usize> = (0..1000).collect();
        for threads in [0, 1, 3, 64] {
            let doubled = super::map(threads, &items, |item| item * 2);
            assert!(doubled.iter().enumerate().all(|(at, value)| *value == at * 2) && doubled.len() == 1000);
        }
        assert!(super::map(4, &[] as &[usize], |item| *item).is_empty());
    }
}
