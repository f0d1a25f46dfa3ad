//! Being asked to end: Ctrl-C, and SIGTERM.
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};

/// As shells report a program that ended on an interrupt.
pub(crate) const INTERRUPTED: u8 = 130;

/// Ends at the first Ctrl-C or request to end. When the system does not tell of them, never.
pub(crate) async fn asked_to_end() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    let interrupted = async {
        if ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupted => {}
        _ = terminated => {}
    }
}
