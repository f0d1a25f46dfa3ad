//! One connection: request, answer, request, answer.
//!
//! Whoever is slow costs little: a head, a body and the reading of an answer each have their time as a whole, bodies take room as
//! they arrive, and where places become few, connections that say nothing give theirs up.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::incoming::{End, body, head, late};
use super::{Request, Response};

/// How much a connection may take.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Bytes of a body, compressed and unpacked, of requests for a path.
    pub(crate) body_bytes: fn(&str) -> usize,
    /// KiB of all bodies that are being read or answered.
    pub(crate) kibibytes_at_once: Arc<Semaphore>,
    /// How many connections more there may be.
    pub(crate) places: Arc<Semaphore>,
    /// So many places are few.
    pub(crate) few: usize,
    /// How long a connection may be silent between requests.
    pub(crate) idle: Duration,
    /// How long the head of a request may take to arrive, or its body, or an answer to be read.
    pub(crate) arrival: Duration,
}

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
        let (response, stays, to_head) = match head {
            Err(End::Gone) => return,
            Err(End::With(response)) => (response, false, false),
            Ok(head) => {
                let (stays, to_head) = (head.stays && !*stop.borrow(), head.method == "HEAD");
                match timeout(limits.arrival, body(&mut stream, &mut there, head, limits)).await {
                    Ok(Ok((request, _room))) => (answer(request).await, stays, to_head),
                    Ok(Err(End::Gone)) => return,
                    Ok(Err(End::With(response))) => (response, false, to_head),
                    Err(_) => (late(), false, to_head),
                }
            }
        };
        let bytes = response.to_bytes(stays.then_some(limits.idle), to_head);
        let said = async {
            stream.write_all(&bytes).await?;
            stream.flush().await
        };
        if !matches!(timeout(limits.arrival, said).await, Ok(Ok(()))) {
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
    let _ = timeout(Duration::from_secs(1), stream.shutdown()).await;
    let mut rest = vec![0; 16 << 10];
    let drained = async { while matches!(stream.read(&mut rest).await, Ok(read) if read > 0) {} };
    let _ = timeout(Duration::from_secs(1), drained).await;
}

#[cfg(test)]
mod tests {
    use tokio::io::{DuplexStream, duplex};

    use super::super::incoming::MOST_HEAD;
    use super::*;

    const MOST: usize = 100;

    fn limits(kibibytes: usize) -> Limits {
        Limits {
            body_bytes: |_| MOST,
            kibibytes_at_once: Arc::new(Semaphore::new(kibibytes)),
            places: Arc::new(Semaphore::new(100)),
            few: 10,
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
        let one = "POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc";
        let two = "POST /b HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nxy\r\n0\r\n\r\n";
        let three = "GET /c?q=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
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
            .write_all(
                b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-length: 2\r\n\r\n",
            )
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
            (format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", MOST + 1), "HTTP/1.1 400"),
            (
                format!("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n", MOST + 1),
                "HTTP/1.1 400",
            ),
            (
                "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(),
                "HTTP/1.1 400",
            ),
            (format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(MOST_HEAD)), "HTTP/1.1 431"),
            ("POST / HTTP/1.1\r\nhost: x\r\nexpect: more\r\ncontent-length: 1\r\n\r\n".to_owned(), "HTTP/1.1 417"),
            (
                "POST / HTTP/1.1\r\nhost: x\r\ncontent-encoding: br\r\ncontent-length: 1\r\n\r\nx".to_owned(),
                "HTTP/1.1 415",
            ),
            ("\u{16}\u{3}\u{1} a handshake of TLS\r\n\r\n".to_owned(), "HTTP/1.1 400"),
        ] {
            let (mut client, _stop) = echo(limits(1_000));
            client.write_all(request.as_bytes()).await.unwrap();
            let said = all_of(client).await;
            assert!(said.starts_with(expected) && said.contains("connection: close"), "{request:.60}: {said}");
        }
        let (mut client, _stop) = echo(limits(0));
        client.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\nx").await.unwrap();
        let said = all_of(client).await;
        assert!(said.starts_with("HTTP/1.1 429") && said.contains("retry-after: 1"), "{said}");
    }

    #[tokio::test]
    async fn a_connection_that_waits_ends_when_the_program_does_and_one_that_is_silent_by_itself() {
        let (client, stop) = echo(limits(1_000));
        stop.send(true).unwrap();
        assert_eq!(all_of(client).await, "");
        let (client, _stop) = echo(Limits { idle: Duration::from_millis(30), ..limits(1_000) });
        assert_eq!(all_of(client).await, "");
    }

    #[tokio::test]
    async fn whoever_sends_byte_by_byte_has_no_more_time_than_others() {
        let body = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 90\r\n\r\n";
        for begin in ["GET / HTTP/1.1\r\nx: ", body] {
            let (client, _stop) = echo(Limits { arrival: Duration::from_millis(200), ..limits(1_000) });
            let (mut reads, mut writes) = tokio::io::split(client);
            writes.write_all(begin.as_bytes()).await.unwrap();
            // Each byte comes in time, and all of them never do.
            let drip = async {
                while writes.write_all(b"y").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            let mut said = [0; 12];
            tokio::select! {
                read = reads.read_exact(&mut said) => assert_eq!(read.unwrap(), 12),
                () = drip => panic!("it was closed without a word"),
            }
            assert_eq!(&said, b"HTTP/1.1 408");
        }
    }

    #[tokio::test]
    async fn whoever_does_not_read_answers_is_left() {
        let (mut client, server) = duplex(64);
        let (_stop, is_stopped) = watch::channel(false);
        let limits = Limits { arrival: Duration::from_millis(50), ..limits(1_000) };
        let served = tokio::spawn(async move {
            let answer = async |_| Response::text(200, "x".repeat(1_000));
            converse(server, &limits, is_stopped, answer).await;
        });
        client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        // Nothing is ever read: it ends all the same.
        served.await.unwrap();
    }

    #[tokio::test]
    async fn silent_connections_go_first_where_places_are_few() {
        let idle = Duration::from_secs(3);
        let (patient, _stop) = echo(Limits { idle: idle / 2, ..limits(1_000) });
        let (crowded, _stop) = echo(Limits { idle, few: 101, ..limits(1_000) });
        tokio::select! {
            said = all_of(crowded) => assert_eq!(said, ""),
            _ = all_of(patient) => panic!("there is room for it"),
        }
    }

    #[tokio::test]
    async fn a_body_takes_room_as_it_arrives_and_gives_it_back() {
        let limits = Limits { body_bytes: |_| 64 << 10, ..limits(40) };
        let room = Arc::clone(&limits.kibibytes_at_once);
        let (mut slow, _stop) = echo(limits.clone());
        slow.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\nabc").await.unwrap();
        while room.available_permits() == 40 {
            tokio::task::yield_now().await;
        }
        assert!(room.available_permits() >= 23, "60 KB are announced, and three bytes of them are there");
        let (mut quick, _stop) = echo(limits.clone());
        quick
            .write_all(b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok")
            .await
            .unwrap();
        assert!(all_of(quick).await.ends_with("/:ok"));
        slow.write_all(&vec![b'x'; 59_997]).await.unwrap();
        let said = all_of(slow).await;
        assert!(said.starts_with("HTTP/1.1 429"), "60 KB are more than there is room for: {said}");
        while room.available_permits() < 40 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn to_head_only_the_head_of_the_answer_is_sent() {
        let (mut client, _stop) = echo(limits(1_000));
        let head = "HEAD /a HTTP/1.1\r\nhost: x\r\n\r\n";
        let get = "GET /b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        client.write_all(format!("{head}{get}").as_bytes()).await.unwrap();
        let said = all_of(client).await;
        assert!(said.contains("content-length: 3\r\n"), "what a GET would get: {said}");
        assert!(!said.contains("/a:") && said.ends_with("\r\n\r\n/b:"), "{said}");
    }

    #[tokio::test]
    async fn old_clients_are_answered_once_unless_they_ask_to_go_on() {
        let (mut client, _stop) = echo(limits(1_000));
        client.write_all(b"POST /a HTTP/1.0\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\nx").await.unwrap();
        let said = all_of(client).await;
        assert!(
            said.starts_with("HTTP/1.1 200") && said.ends_with("/a:x") && said.contains("connection: close"),
            "{said}"
        );
        let (mut client, _stop) = echo(limits(1_000));
        let one = "GET /a HTTP/1.0\r\nconnection: keep-alive\r\n\r\n";
        client.write_all(format!("{one}GET /b HTTP/1.0\r\n\r\n").as_bytes()).await.unwrap();
        let said = all_of(client).await;
        assert!(said.contains("/a:") && said.ends_with("/b:"), "{said}");
    }
}
