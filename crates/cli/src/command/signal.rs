//! Being asked to end: Ctrl-C, and SIGTERM.
use std::future::{pending, poll_fn};
use std::task::Poll;

use tokio::signal::unix::{SignalKind, signal};

/// As shells report a program that ended on an interrupt.
pub(crate) const INTERRUPTED: u8 = 130;

/// Ends at the first Ctrl-C or request to end after this call, also at one before the future is looked at. When the system
/// does not tell of them, never.
pub(crate) fn asked_to_end() -> impl Future<Output = ()> {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
    let mut signals: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    async move {
        if signals.is_empty() {
            pending::<()>().await;
        }
        let first = poll_fn(|context| {
            let came = signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if came { Poll::Ready(()) } else { Poll::Pending }
        });
        first.await;
    }
}
