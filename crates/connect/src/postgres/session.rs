//! One session with a server: PostgreSQL's protocol, version 3, with simple queries and COPY.
//!
//! A driver of its own, and not that of `tokio-postgres`: COPY sends one message per row, and each would be a reference-counted
//! buffer that passes through a channel, where here a row is decoded where it lies in the socket's buffer. The same session
//! carries a replication stream, which that driver does not speak.

use std::io;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::endpoint::Endpoint;
use super::server_error::{ServerError, SessionError};
use super::stream::{PATIENCE, ServerStream, open_stream};

/// How much is read from the socket at once, at least.
const READ_BYTES: usize = 256 * 1024;

/// A row of an answer, as text.
pub(crate) type TextRow = Vec<Option<String>>;

/// One session. Dropping it in the middle of a statement has the server cancel the statement.
pub(crate) struct Session {
    pub(super) stream: Option<ServerStream>,
    incoming: BytesMut,
    /// How many bytes at the front of `incoming` have been dealt with.
    used: usize,
    pub(super) outgoing: BytesMut,
    pub(super) endpoint: Arc<Endpoint>,
    /// Process and secret, for cancelling.
    pub(super) cancel_key: Option<(i32, i32)>,
    /// `server_version` as the server says it, `15.14 (Debian …)`.
    pub(super) version: String,
    /// Whether a statement is under way.
    busy: bool,
    /// Whether a message was being sent when somebody lost interest: half of it may have gone out.
    sending: bool,
    /// What the server said last of the transaction: `I` none, `T` within one, `E` within one that failed.
    status: u8,
}

/// A message of the server: its kind and its content.
pub(crate) struct Message<'a> {
    pub(crate) kind: u8,
    pub(crate) content: &'a [u8],
}

const CLOSED: SessionError = SessionError::Protocol("the server closed the connection");
const UNEXPECTED: SessionError = SessionError::Protocol("the server sent a message out of order");

impl Session {
    pub(super) fn new(stream: ServerStream, endpoint: Arc<Endpoint>) -> Self {
        Self {
            stream: Some(stream),
            incoming: BytesMut::with_capacity(8 * 1024),
            used: 0,
            outgoing: BytesMut::new(),
            endpoint,
            cancel_key: None,
            version: String::new(),
            busy: false,
            sending: false,
            status: b'I',
        }
    }

    /// The number of the server's release: 15 for 15.14; 0 where it says nothing of the kind.
    pub(crate) fn major_version(&self) -> u32 {
        let digits = self.version.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(self.version.len());
        self.version[..digits].parse().unwrap_or(0)
    }

    /// The message that has arrived next, if it has arrived whole. It is dealt with when the next one is asked for.
    pub(crate) fn buffered(&mut self) -> Result<Option<Message<'_>>, SessionError> {
        let start = self.used;
        let Some([kind, l0, l1, l2, l3]) = self.incoming.get(start..start + 5).and_then(|head| head.first_chunk())
        else {
            return Ok(None);
        };
        let (kind, length) = (*kind, u32::from_be_bytes([*l0, *l1, *l2, *l3]) as usize);
        if length < 4 {
            return Err(SessionError::Protocol("the server sent a message without a length"));
        }
        let end = start + 1 + length;
        if self.incoming.len() < end {
            // Room for all of it at once, so that a large value is not copied again and again. What was dealt with goes
            // first: the buffer would grow by it each time.
            let missing = end - self.incoming.len();
            self.incoming.advance(start);
            self.used = 0;
            self.incoming.reserve(missing);
            return Ok(None);
        }
        self.used = end;
        Ok(Some(Message { kind, content: &self.incoming[start + 5..end] }))
    }

    /// Waits for more from the server. May be given up and called again.
    pub(crate) async fn fill(&mut self) -> Result<(), SessionError> {
        self.incoming.advance(self.used);
        self.used = 0;
        let wanted = if self.busy { READ_BYTES } else { 8 * 1024 };
        if self.incoming.capacity() - self.incoming.len() < wanted / 2 {
            self.incoming.reserve(wanted);
        }
        let stream = self.stream.as_mut().ok_or(CLOSED)?;
        if stream.read_buf(&mut self.incoming).await? == 0 {
            return Err(CLOSED);
        }
        Ok(())
    }

    /// The next message, waiting for it; those that may come at any time (notices, changed parameters) are left out.
    pub(crate) async fn next(&mut self) -> Result<Message<'_>, SessionError> {
        loop {
            // Looked at twice, since a message that is given back holds the session.
            match self.peek()? {
                None => self.fill().await?,
                Some(b'N' | b'S' | b'A') => {
                    let _ = self.buffered()?;
                }
                Some(_) => break,
            }
        }
        self.buffered()?.ok_or(UNEXPECTED)
    }

    /// The kind of the next message, if it has arrived whole.
    fn peek(&mut self) -> Result<Option<u8>, SessionError> {
        let start = self.used;
        let kind = self.buffered()?.map(|message| message.kind);
        // Where none has arrived whole, nothing was passed over, and what was dealt with may be gone from the buffer.
        if kind.is_some() {
            self.used = start;
        }
        Ok(kind)
    }

    /// Sends what `write` puts into the buffer.
    pub(crate) async fn send(
        &mut self,
        write: impl FnOnce(&mut BytesMut) -> io::Result<()>,
    ) -> Result<(), SessionError> {
        if std::mem::replace(&mut self.sending, true) {
            return Err(SessionError::Protocol("a message was given up before it was sent"));
        }
        write(&mut self.outgoing)?;
        let stream = self.stream.as_mut().ok_or(CLOSED)?;
        stream.write_all(&self.outgoing).await?;
        stream.flush().await?;
        self.outgoing.clear();
        self.sending = false;
        Ok(())
    }

    /// Runs statements and gives all of their rows. After an error of the server, the session is still good.
    pub(crate) async fn query(&mut self, sql: &str) -> Result<Vec<TextRow>, SessionError> {
        self.begin(sql).await?;
        let mut rows = Vec::new();
        let mut error = None;
        loop {
            let message = self.next().await?;
            match message.kind {
                b'D' => rows.push(text_row(message.content)?),
                b'E' => error = Some(ServerError::parse(message.content)),
                b'Z' => {
                    self.status = message.content.first().copied().unwrap_or_default();
                    break;
                }
                b'T' | b'C' | b'I' => {}
                _ => return Err(UNEXPECTED),
            }
        }
        self.busy = false;
        error.map_or(Ok(rows), |error| Err(SessionError::Server(error)))
    }

    /// Begins a `COPY … TO STDOUT`. What follows comes by [`Self::buffered`] and [`Self::fill`]: messages of kind `d`, then
    /// [`Self::end`] is to be called; or `E`, after which it is to be called as well.
    pub(crate) async fn begin_copy(&mut self, sql: &str) -> Result<(), SessionError> {
        self.begin(sql).await?;
        let message = self.next().await?;
        match message.kind {
            b'H' => Ok(()),
            b'E' => {
                let error = ServerError::parse(message.content);
                self.end().await?;
                Err(SessionError::Server(error))
            }
            _ => Err(UNEXPECTED),
        }
    }

    /// Reads up to the point where the server waits for the next statement. The error is the server's first.
    pub(crate) async fn end(&mut self) -> Result<(), SessionError> {
        let mut error = None;
        loop {
            let message = self.next().await?;
            match message.kind {
                b'E' if error.is_none() => error = Some(ServerError::parse(message.content)),
                b'Z' => {
                    self.status = message.content.first().copied().unwrap_or_default();
                    break;
                }
                _ => {}
            }
        }
        self.busy = false;
        error.map_or(Ok(()), |error| Err(SessionError::Server(error)))
    }

    /// Has the server give up what it is doing, and waits until it has.
    pub(crate) async fn give_up(&mut self) -> Result<(), SessionError> {
        if !self.busy {
            return Ok(());
        }
        cancel(Arc::clone(&self.endpoint), self.cancel_key).await;
        match self.end().await {
            Ok(()) | Err(SessionError::Server(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether it is within a good transaction and waits for the next statement.
    pub(crate) fn is_ready(&self) -> bool {
        !self.busy && !self.sending && self.status == b'T'
    }

    /// Whether the transaction has failed, so that only going back to a savepoint helps.
    pub(crate) fn has_failed(&self) -> bool {
        self.status == b'E'
    }

    async fn begin(&mut self, sql: &str) -> Result<(), SessionError> {
        // Somebody lost interest in the statement before.
        self.give_up().await?;
        self.busy = true;
        self.send(|buffer| frontend::query(sql, buffer)).await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(mut stream) = self.stream.take() else { return };
        // Without a runtime (at the end of the program) the server notices by itself that nobody is there.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (busy, endpoint, key) = (self.busy, Arc::clone(&self.endpoint), self.cancel_key);
        drop(runtime.spawn(async move {
            if busy {
                cancel(endpoint, key).await;
            }
            // Otherwise the server's log would speak of a connection that was lost.
            let mut goodbye = BytesMut::new();
            frontend::terminate(&mut goodbye);
            let farewell = async { drop(stream.write_all(&goodbye).await.and(stream.shutdown().await)) };
            let _ = tokio::time::timeout(PATIENCE, farewell).await;
        }));
    }
}

/// Has the server cancel the statement of a session. It does not say whether it did.
async fn cancel(endpoint: Arc<Endpoint>, key: Option<(i32, i32)>) {
    let Some((process, secret)) = key else { return };
    let Ok(mut stream) = open_stream(&endpoint).await else { return };
    let mut request = BytesMut::new();
    frontend::cancel_request(process, secret, &mut request);
    // The server closes the stream when it has acted.
    let asked = async { drop(stream.write_all(&request).await.and(stream.read_u8().await.map(drop))) };
    let _ = tokio::time::timeout(PATIENCE, asked).await;
}

fn text_row(content: &[u8]) -> Result<TextRow, SessionError> {
    const BROKEN: SessionError = SessionError::Protocol("the server sent a broken row");
    let (count, mut rest) = content.split_first_chunk::<2>().ok_or(BROKEN)?;
    let mut row = Vec::with_capacity(usize::from(u16::from_be_bytes(*count)));
    for _ in 0..u16::from_be_bytes(*count) {
        let (length, after) = rest.split_first_chunk::<4>().ok_or(BROKEN)?;
        rest = after;
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            row.push(None);
            continue;
        };
        let (text, after) = rest.split_at_checked(length).ok_or(BROKEN)?;
        row.push(Some(String::from_utf8_lossy(text).into_owned()));
        rest = after;
    }
    Ok(row)
}
