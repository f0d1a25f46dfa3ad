//! Blocking work on a thread of its own.

use tokio::sync::oneshot;

use crate::ConnectError;

/// Runs `work` on a thread of its own, so that no runtime's thread waits for disks. `object` is for messages.
pub(crate) async fn blocking<T: Send + 'static>(
    object: &str,
    work: impl FnOnce() -> Result<T, ConnectError> + Send + 'static,
) -> Result<T, ConnectError> {
    let (sender, receiver) = oneshot::channel();
    std::thread::Builder::new()
        .name("ade-connect".to_owned())
        .spawn(move || {
            // Nobody waits any more when the caller was dropped.
            let _ = sender.send(work());
        })
        .map_err(|source| ConnectError::Io { object: object.to_owned(), source })?;
    receiver.await.unwrap_or_else(|_| {
        let reason = "a reading thread ended unexpectedly".to_owned();
        Err(ConnectError::SourceFailed { object: object.to_owned(), reason })
    })
}
