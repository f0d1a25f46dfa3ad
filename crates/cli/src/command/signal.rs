//! Being asked to end: Ctrl-C, and SIGTERM.
use std::future::{pending, poll_fn};
use std::io::{Write, stderr};
use std::sync::mpsc;
use std::task::Poll;
use std::thread;

use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// As shells report a program that ended on an interrupt.
pub(crate) const INTERRUPTED: u8 = 130;

/// Becomes true at the first Ctrl-C or request to end after this call; a second one ends the program at once, whatever it
/// does. `say` is what standard error is told at the first. When the system does not tell of them, it stays false.
///
/// They are watched on a thread of its own: work that only computes may have all threads of the runtime.
pub(crate) fn asked_to_end(say: Option<&'static str>) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    let (ready, is_ready) = mpsc::channel();
    let watching = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let Ok(runtime) = Builder::new_current_thread().enable_io().build() else { return };
        runtime.block_on(async {
            let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
            let mut signals: Vec<Signal> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
            // Whoever waits for it is there.
            let _ = ready.send(());
            next(&mut signals).await;
            if let Some(say) = say {
                // Nobody is left to tell when standard error is gone.
                let _ = writeln!(stderr().lock(), "{say}");
            }
            // Nobody listens when the work has ended in the meantime.
            let _ = sender.send(true);
            next(&mut signals).await;
            std::process::exit(i32::from(INTERRUPTED));
        });
    });
    if watching.is_ok() {
        // It fails when the thread could not watch, which is as good as ready.
        let _ = is_ready.recv();
    }
    receiver
}

/// Ends when `stop` becomes true.
pub(crate) async fn asked(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        // Nobody can ask any more.
        pending::<()>().await;
    }
}

async fn next(signals: &mut [Signal]) {
    poll_fn(|context| {
        let came = signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
        if came { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
