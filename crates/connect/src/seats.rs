//! Sessions of a server that several take turns with: as many as there may be, opened when they are needed, and used again
//! for as long as they are good.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::ConnectError;

/// Sessions that several take turns with.
pub(crate) struct Seats<S> {
    free: Semaphore,
    idle: Mutex<Vec<S>>,
    /// How many are open, or being opened.
    open: AtomicUsize,
}

impl<S> Seats<S> {
    /// At most `most` of them at once.
    pub(crate) fn new(most: usize) -> Self {
        Self { free: Semaphore::new(most), idle: Mutex::new(Vec::new()), open: AtomicUsize::new(0) }
    }

    /// A session, once there is one: one that nobody uses, or else what `begin` opens. Where that fails while others are open,
    /// the server has no more to give, and one of those is waited for.
    pub(crate) async fn take<F>(&self, begin: impl Fn() -> F + Send) -> Result<Seat<'_, S>, ConnectError>
    where
        F: Future<Output = Result<S, ConnectError>> + Send,
    {
        loop {
            let Ok(permit) = self.free.acquire().await else { continue };
            let idle = self.idle().pop();
            if let Some(session) = idle {
                return Ok(Seat {
                    seats: self,
                    session: Some(session),
                    is_kept: false,
                    is_used: true,
                    _permit: permit,
                });
            }
            self.open.fetch_add(1, Ordering::SeqCst);
            let error = match begin().await {
                Ok(session) => {
                    let session = Some(session);
                    return Ok(Seat { seats: self, session, is_kept: false, is_used: false, _permit: permit });
                }
                Err(error) => error,
            };
            if self.open.fetch_sub(1, Ordering::SeqCst) == 1 {
                return Err(error);
            }
            // There is one seat less, and somebody else's will be free.
            permit.forget();
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<S>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session for as long as somebody has it. When it is left, it is for the next one if it is to be kept, and else it ends.
pub(crate) struct Seat<'a, S> {
    seats: &'a Seats<S>,
    session: Option<S>,
    is_kept: bool,
    is_used: bool,
    _permit: SemaphorePermit<'a>,
}

impl<S> Seat<'_, S> {
    /// Whether others have used the session before.
    pub(crate) fn is_used(&self) -> bool {
        self.is_used
    }

    /// Whether the session is for the next one; it is not unless somebody says so.
    pub(crate) fn keep(&mut self, is_kept: bool) {
        self.is_kept = is_kept;
    }

    /// What is in the seat; `None` where it was taken out.
    pub(crate) fn session(&self) -> Option<&S> {
        self.session.as_ref()
    }

    /// The same, to be changed, taken out or put there.
    pub(crate) fn session_mut(&mut self) -> &mut Option<S> {
        &mut self.session
    }
}

impl<S> Drop for Seat<'_, S> {
    fn drop(&mut self) {
        match self.session.take().filter(|_| self.is_kept) {
            Some(session) => self.seats.idle().push(session),
            None => drop(self.seats.open.fetch_sub(1, Ordering::SeqCst)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn refused() -> ConnectError {
        ConnectError::SourceFailed { object: "server".to_owned(), reason: "too many".to_owned() }
    }

    /// A server that gives so many sessions, numbered from 0.
    fn open(opened: &AtomicUsize, most: usize) -> Result<usize, ConnectError> {
        let number = opened.fetch_add(1, Ordering::SeqCst);
        if number < most { Ok(number) } else { Err(refused()) }
    }

    #[tokio::test]
    async fn a_session_that_is_kept_is_used_again_and_another_one_is_not() {
        let (seats, opened) = (Seats::new(1), AtomicUsize::new(0));
        let begin = || ready(open(&opened, 9));
        for (expected, is_used, is_kept) in [(0, false, true), (0, true, false), (1, false, false)] {
            let mut seat = seats.take(begin).await.unwrap();
            assert_eq!((seat.session(), seat.is_used()), (Some(&expected), is_used));
            seat.keep(is_kept);
        }
        assert_eq!(seats.open.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn where_the_server_gives_no_more_those_that_are_open_are_waited_for() {
        let (seats, opened) = (Seats::new(3), AtomicUsize::new(0));
        let begin = || ready(open(&opened, 1));
        let mut first = seats.take(begin).await.unwrap();
        first.keep(true);
        let (second, ()) = tokio::join!(seats.take(begin), async { drop(first) });
        let second = second.unwrap();
        assert_eq!((second.session(), second.is_used()), (Some(&0), true));
        drop(second);
        // Nobody has one now, so there is nothing to wait for.
        assert!(seats.take(begin).await.is_err());
    }
}
