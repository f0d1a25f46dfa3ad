//! One connection: request, answer, request, answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use super::body::{Chunks, Unread, unpacked};
use super::head::Length;
use super::{Head, Request, Response};

/// The first lines of a request are never longer.
const MOST_HEAD: usize = 16 << 10;

/// How much a connection may take.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Bytes of a body, compressed and unpacked, of requests for a path.
    pub(crate) body_bytes: fn(&str) -> usize,
    /// KiB of all bodies that are being read or answered.
    pub(crate) kibibytes_at_once: Arc<Semaphore>,
    /// How long a connection may be silent between requests.
    pub(crate) idle: Duration,
    /// How long a request may take to arrive.
    pub(crate) arrival: Duration,
}

/// Why a connection ends.
enum End {
    /// The client is gone, or was silent for too long.
    Gone,
    /// This is said, and then it is closed.
    With(Response),
}

type Read<T> = Result<T, End>;

/// Answers requests until the client goes, or `stop` becomes true between two requests.
pub(crate) async fn converse<S, A, F>(mut stream: S, limits: &Limits, mut stop: watch::Receiver<bool>, answer: A)
where
    S: AsyncRead + AsyncWrite + Unpin,
    A: Fn(Request) -> F,
    F: Future<Output = Response>,
{
    let mut there = Vec::with_capacity(8 << 10);
    loop {
        let head = tokio::select! {
            biased;
            head = head(&mut stream, &mut there, limits) => head,
            _ = stop.wait_for(|stop| *stop), if there.is_empty() => return,
        };
        let (response, stays) = match head {
            Err(End::Gone) => return,
            Err(End::With(response)) => (response, false),
            Ok(head) => {
                let stays = head.stays && !*stop.borrow();
                match timeout(limits.arrival, body(&mut stream, &mut there, head, limits)).await {
                    Ok(Ok((request, _permit))) => (answer(request).await, stays),
                    Ok(Err(End::Gone)) => return,
                    Ok(Err(End::With(response))) => (response, false),
                    Err(_) => (Response::failure(408, "the request did not arrive in time"), false),
                }
            }
        };
        if stream.write_all(&response.to_bytes(stays)).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        if !stays {
            close(&mut stream).await;
            return;
        }
    }
}

/// Reads what the client still sends for a moment, so that it reads the answer before it learns that the connection is closed.
async fn close<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) {
    let _ = stream.shutdown().await;
    let mut rest = vec![0; 16 << 10];
    let drained = async { while matches!(stream.read(&mut rest).await, Ok(read) if read > 0) {} };
    let _ = timeout(Duration::from_secs(1), drained).await;
}

async fn head<S: AsyncRead + Unpin>(stream: &mut S, there: &mut Vec<u8>, limits: &Limits) -> Read<Head> {
    loop {
        match Head::parse(there) {
            Ok(Some((head, length))) => {
                there.drain(..length);
                return Ok(head);
            }
            Err(refused) => return Err(End::With(Response::failure(400, refused.0))),
            Ok(None) if there.len() >= MOST_HEAD => {
                return Err(End::With(Response::failure(400, "the headers are too long")));
            }
            Ok(None) => {}
        }
        let patience = if there.is_empty() { limits.idle } else { limits.arrival };
        match timeout(patience, stream.read_buf(there)).await {
            Ok(Ok(read)) if read > 0 => {}
            _ => return Err(End::Gone),
        }
    }
}

async fn body<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    there: &mut Vec<u8>,
    head: Head,
    limits: &Limits,
) -> Read<(Request, OwnedSemaphorePermit)> {
    let most = (limits.body_bytes)(&head.path);
    let expected = match head.length {
        Length::Known(length) if length > most => return Err(End::With(too_large(most))),
        Length::Known(length) => length,
        Length::Chunks => most,
    };
    // What is compressed may unpack to the most that is taken.
    let held = if head.header("content-encoding").is_some() { most } else { expected };
    let kibibytes = u32::try_from(held.div_ceil(1024)).unwrap_or(u32::MAX);
    let Ok(permit) = Arc::clone(&limits.kibibytes_at_once).try_acquire_many_owned(kibibytes) else {
        let busy = Response::failure(429, "more requests than can be held at once; send it again");
        return Err(End::With(busy.retry_after(1)));
    };
    if head.header("expect").is_some_and(|expects| expects.eq_ignore_ascii_case("100-continue")) {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.map_err(|_| End::Gone)?;
    }
    let body = match head.length {
        Length::Known(length) => {
            while there.len() < length {
                more(stream, there).await?;
            }
            let rest = there.split_off(length);
            std::mem::replace(there, rest)
        }
        Length::Chunks => {
            let mut chunks = Chunks::default();
            loop {
                let (used, complete) =
                    chunks.take(there, most).map_err(|unread| End::With(unread_body(unread, most)))?;
                there.drain(..used);
                if complete {
                    break chunks.body;
                }
                more(stream, there).await?;
            }
        }
    };
    let plain = unpacked(body, head.header("content-encoding"), most);
    let body = plain.map_err(|unread| End::With(unread_body(unread, most)))?;
    Ok((Request { head, body }, permit))
}

async fn more<S: AsyncRead + Unpin>(stream: &mut S, there: &mut Vec<u8>) -> Read<()> {
    match stream.read_buf(there).await {
        Ok(read) if read > 0 => Ok(()),
        _ => Err(End::Gone),
    }
}

fn unread_body(unread: Unread, most: usize) -> Response {
    match unread {
        Unread::TooLarge => too_large(most),
        Unread::Malformed => Response::failure(400, "the body is not encoded as its headers say"),
    }
}

fn too_large(most: usize) -> Response {
    Response::failure(400, &format!("the body is longer than {} KB", most / 1024))
}

#[cfg(test)]
mod tests {
    use tokio::io::{DuplexStream, duplex};

    use super::*;

    const MOST: usize = 100;

    fn limits(kibibytes: usize) -> Limits {
        Limits {
            body_bytes: |_| MOST,
            kibibytes_at_once: Arc::new(Semaphore::new(kibibytes)),
            idle: Duration::from_secs(5),
            arrival: Duration::from_secs(5),
        }
    }

    /// A connection whose answers are the bodies of its requests; the sender ends it between two of them.
    fn echo(limits: Limits) -> (DuplexStream, watch::Sender<bool>) {
        let (client, server) = duplex(1 << 16);
        let (stop, is_stopped) = watch::channel(false);
        tokio::spawn(async move {
            let answer = async |request: Request| {
                Response::text(200, format!("{}:{}", request.head.path, String::from_utf8_lossy(&request.body)))
            };
            converse(server, &limits, is_stopped, answer).await;
        });
        (client, stop)
    }

    async fn all_of(mut client: DuplexStream) -> String {
        let mut said = Vec::new();
        client.read_to_end(&mut said).await.unwrap();
        String::from_utf8(said).unwrap()
    }

    #[tokio::test]
    async fn requests_that_come_at_once_are_answered_in_order() {
        let (mut client, _stop) = echo(limits(1_000));
        let one = "POST /a HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc";
        let two = "POST /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nxy\r\n0\r\n\r\n";
        let three = "GET /c?q=1 HTTP/1.1\r\nconnection: close\r\n\r\n";
        client.write_all(format!("{one}{two}{three}").as_bytes()).await.unwrap();
        let said = all_of(client).await;
        let bodies: Vec<&str> =
            said.split("\r\n\r\n").skip(1).map(|rest| rest.split("HTTP/1.1").next().unwrap()).collect();
        assert_eq!(bodies, ["/a:abc", "/b:xy", "/c:"]);
        assert!(said.trim_end().contains("connection: close"), "{said}");
    }

    #[tokio::test]
    async fn a_client_that_asks_first_is_told_to_go_on() {
        let (mut client, _stop) = echo(limits(1_000));
        client
            .write_all(b"POST / HTTP/1.1\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-length: 2\r\n\r\n")
            .await
            .unwrap();
        let mut first = [0; 25];
        client.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 100 Continue\r\n\r\n");
        client.write_all(b"ok").await.unwrap();
        assert!(all_of(client).await.ends_with("/:ok"));
    }

    #[tokio::test]
    async fn what_is_too_long_too_much_or_nonsense_ends_the_connection_in_words() {
        for (request, expected) in [
            (format!("POST / HTTP/1.1\r\ncontent-length: {}\r\n\r\n", MOST + 1), "HTTP/1.1 400"),
            (format!("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n", MOST + 1), "HTTP/1.1 400"),
            ("POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(), "HTTP/1.1 400"),
            (format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(MOST_HEAD)), "HTTP/1.1 400"),
            ("\u{16}\u{3}\u{1} a handshake of TLS\r\n\r\n".to_owned(), "HTTP/1.1 400"),
        ] {
            let (mut client, _stop) = echo(limits(1_000));
            client.write_all(request.as_bytes()).await.unwrap();
            let said = all_of(client).await;
            assert!(said.starts_with(expected) && said.contains("connection: close"), "{request:.60}: {said}");
        }
        let (mut client, _stop) = echo(limits(0));
        client.write_all(b"POST / HTTP/1.1\r\ncontent-length: 1\r\n\r\nx").await.unwrap();
        let said = all_of(client).await;
        assert!(said.starts_with("HTTP/1.1 429") && said.contains("retry-after: 1"), "{said}");
    }

    #[tokio::test]
    async fn a_connection_that_waits_ends_when_the_program_does_and_one_that_is_silent_by_itself() {
        let (client, stop) = echo(limits(1_000));
        stop.send(true).unwrap();
        assert_eq!(all_of(client).await, "");
        let (client, _stop) = echo(Limits { idle: Duration::from_millis(10), ..limits(1_000) });
        assert_eq!(all_of(client).await, "");
    }
}
