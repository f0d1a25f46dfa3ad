//! What comes in on a connection: heads, and bodies within the room that there is for all of them.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout, timeout_at};

use super::body::{Chunks, Unread, unpacked};
use super::head::Length;
use super::{Head, Limits, Request, Response};

/// The first lines of a request are never longer.
pub(super) const MOST_HEAD: usize = 16 << 10;
/// Bytes that are read at once, at most about.
const READ: usize = 16 << 10;
/// How often a silent connection looks whether places have become few, in the time that it may be silent.
const LOOKS: u32 = 15;

/// Why a connection ends.
pub(super) enum End {
    /// The client is gone, or was silent for too long.
    Gone,
    /// This is said, and then it is closed.
    With(Response),
}

type Read<T> = Result<T, End>;

/// The next head.
pub(super) async fn head<S: AsyncRead + Unpin>(stream: &mut S, there: &mut Vec<u8>, limits: &Limits) -> Read<Head> {
    if there.is_empty() {
        first(stream, there, limits).await?;
    }
    let end = Instant::now() + limits.arrival;
    loop {
        match Head::parse(there) {
            Ok(Some((head, length))) => {
                there.drain(..length);
                return Ok(head);
            }
            Err(refused) => return Err(End::With(Response::failure(refused.0, refused.1))),
            Ok(None) if there.len() >= MOST_HEAD => {
                return Err(End::With(Response::failure(431, "the headers are too long")));
            }
            Ok(None) => {}
        }
        match timeout_at(end, stream.read_buf(there)).await {
            Ok(Ok(read)) if read > 0 => {}
            Ok(_) => return Err(End::Gone),
            Err(_) => return Err(End::With(late())),
        }
    }
}

/// Waits for the first bytes of a request.
async fn first<S: AsyncRead + Unpin>(stream: &mut S, there: &mut Vec<u8>, limits: &Limits) -> Read<()> {
    let look = limits.idle / LOOKS;
    for looked in 1..=LOOKS {
        match timeout(look, stream.read_buf(there)).await {
            Ok(Ok(read)) if read > 0 => return Ok(()),
            Ok(_) => return Err(End::Gone),
            Err(_) if looked == LOOKS || limits.places.available_permits() < limits.few => return Err(End::Gone),
            Err(_) => {}
        }
    }
    Err(End::Gone)
}

/// What a body takes of the room that there is for all.
pub(super) struct Room<'a> {
    limits: &'a Limits,
    held: Option<OwnedSemaphorePermit>,
}

impl Room<'_> {
    /// Takes what is missing of so many bytes.
    fn reach(&mut self, bytes: usize) -> Read<()> {
        let missing =
            bytes.div_ceil(1024).saturating_sub(self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits));
        if missing == 0 {
            return Ok(());
        }
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        let Ok(more) = Arc::clone(&self.limits.kibibytes_at_once).try_acquire_many_owned(missing) else {
            let busy = Response::failure(429, "more requests than can be held at once; send it again");
            return Err(End::With(busy.retry_after(1)));
        };
        match &mut self.held {
            Some(held) => held.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}

/// The body behind a head, with the room that it takes.
pub(super) async fn body<'a, S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    there: &mut Vec<u8>,
    head: Head,
    limits: &'a Limits,
) -> Read<(Request, Room<'a>)> {
    let most = (limits.body_bytes)(&head.path);
    if matches!(head.length, Length::Known(length) if length > most) {
        return Err(End::With(too_large(most)));
    }
    if head.all("content-encoding").count() > 1 {
        return Err(End::With(unread_body(Unread::Unknown, most)));
    }
    let encoding = head.header("content-encoding");
    let mut room = Room { limits, held: None };
    // What has come already needs no word before it.
    if let Some(expects) = head.header("expect").filter(|_| !head.is_old && there.is_empty()) {
        if !expects.eq_ignore_ascii_case("100-continue") {
            return Err(End::With(Response::failure(417, "nothing but `100-continue` can be expected")));
        }
        if head.length != Length::Known(0) {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.map_err(|_| End::Gone)?;
        }
    }
    let body = match head.length {
        Length::Known(length) => {
            while there.len() < length {
                room.reach(length.min(there.len() + READ))?;
                more(stream, there).await?;
            }
            room.reach(length)?;
            let rest = there.split_off(length);
            std::mem::replace(there, rest)
        }
        Length::Chunks => {
            let mut chunks = Chunks::default();
            loop {
                let (used, complete) =
                    chunks.take(there, most).map_err(|unread| End::With(unread_body(unread, most)))?;
                there.drain(..used);
                room.reach(chunks.body.len())?;
                if complete {
                    break chunks.body;
                }
                room.reach(chunks.body.len() + READ)?;
                more(stream, there).await?;
            }
        }
    };
    if encoding.is_some() {
        // It may unpack to the most that is taken.
        room.reach(body.len() + most)?;
    }
    let plain = unpacked(body, encoding, most);
    let body = plain.map_err(|unread| End::With(unread_body(unread, most)))?;
    Ok((Request { head, body }, room))
}

async fn more<S: AsyncRead + Unpin>(stream: &mut S, there: &mut Vec<u8>) -> Read<()> {
    there.reserve(READ);
    match stream.read_buf(there).await {
        Ok(read) if read > 0 => Ok(()),
        _ => Err(End::Gone),
    }
}

/// That a request took too long.
pub(super) fn late() -> Response {
    Response::failure(408, "the request did not arrive in time")
}

fn unread_body(unread: Unread, most: usize) -> Response {
    match unread {
        Unread::TooLarge => too_large(most),
        Unread::Malformed => Response::failure(400, "the body is not encoded as its headers say"),
        Unread::Unknown => Response::failure(415, "a body may be compressed by gzip, and by nothing else"),
    }
}

fn too_large(most: usize) -> Response {
    Response::failure(400, &format!("the body is longer than {} KB", most / 1024))
}
