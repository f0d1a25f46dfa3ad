//! Sends events to a collector as fast as it takes them, or at a given rate, and says how many were acknowledged and how soon.
//!
//! `cargo run --release -p ade-server --example event_load -- 127.0.0.1:8070 WRITE_KEY --seconds 20 --batch 50 --rate 15000`
use std::io::{self, BufRead, BufReader, Read, Write, stdout};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What to send.
#[derive(Debug, Clone)]
struct Load {
    address: String,
    key: String,
    /// Connections, each of which waits for one answer at a time.
    connections: u64,
    /// Events in a request.
    batch: u64,
    seconds: u64,
    /// Events in a second, by all connections together; 0: as many as there can be.
    rate: u64,
}

impl Load {
    fn parse(args: &[String]) -> Option<Self> {
        let [address, key, options @ ..] = args else { return None };
        let mut load =
            Self { address: address.clone(), key: key.clone(), connections: 16, batch: 50, seconds: 10, rate: 0 };
        let (pairs, []) = options.as_chunks::<2>() else { return None };
        for [name, value] in pairs {
            let number = value.parse().ok()?;
            match name.as_str() {
                "--connections" => load.connections = number,
                "--batch" => load.batch = number,
                "--seconds" => load.seconds = number,
                "--rate" => load.rate = number,
                _ => return None,
            }
        }
        Some(load)
    }

    /// A request with events that nobody has sent before: about 600 bytes each, as clients of websites send.
    fn request(&self, connection: u64, number: u64) -> Vec<u8> {
        let mut events = Vec::new();
        for event in 0..self.batch {
            let _ = write!(
                events,
                "{}{{\"type\":\"track\",\"event\":\"Product Viewed\",\"messageId\":\"load-{}-{connection}-{number}-{event}\",\
                 \"userId\":\"user-{}\",\"anonymousId\":\"f3a1c9d0-8a70-4c1e-9d0b-{number:012}\",\
                 \"timestamp\":\"2026-01-01T00:00:00.{:03}Z\",\"context\":{{\"ip\":\"10.1.2.3\",\"library\":{{\"name\":\"load\",\
                 \"version\":\"1.0.0\"}},\"locale\":\"en-GB\",\"page\":{{\"url\":\"https://shop.example/products/{number}\",\
                 \"path\":\"/products/{number}\",\"title\":\"A product\"}},\"userAgent\":\"Mozilla/5.0 (X11; Linux x86_64) \
                 AppleWebKit/537.36\"}},\"properties\":{{\"productId\":{number},\"price\":{}.5,\"currency\":\"EUR\",\
                 \"category\":\"garden\"}}}}",
                if event == 0 { "" } else { "," },
                std::process::id(),
                (connection * 7919 + number) % 100_000,
                number % 1000,
                number % 90,
            );
        }
        let body = format!(
            "{{\"writeKey\":\"{}\",\"sentAt\":\"2026-01-01T00:00:01Z\",\"batch\":[{}]}}",
            self.key,
            String::from_utf8_lossy(&events)
        );
        format!("POST /v1/batch HTTP/1.1\r\nhost: load\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }
}

/// What one connection saw.
#[derive(Debug, Default)]
struct Seen {
    acknowledged: u64,
    put_off: u64,
    failed: u64,
    /// How long each acknowledgement took.
    micros: Vec<u64>,
}

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(load) = Load::parse(&args) else {
        writeln!(
            stdout(),
            "usage: event_load ADDRESS WRITE_KEY [--connections 16] [--batch 50] [--seconds 10] [--rate EVENTS_PER_SECOND]"
        )?;
        std::process::exit(2);
    };
    let (load, next, begin) = (Arc::new(load), Arc::new(AtomicU64::new(0)), Instant::now());
    let connections: Vec<_> = (0..load.connections)
        .map(|connection| {
            let (load, next) = (Arc::clone(&load), Arc::clone(&next));
            thread::spawn(move || send_all(&load, connection, &next, begin))
        })
        .collect();
    let mut all = Seen::default();
    for connection in connections {
        let seen = connection.join().unwrap_or_else(|_| Ok(Seen { failed: 1, ..Seen::default() }))?;
        all.acknowledged += seen.acknowledged;
        all.put_off += seen.put_off;
        all.failed += seen.failed;
        all.micros.extend(seen.micros);
    }
    let seconds = begin.elapsed().as_secs_f64();
    all.micros.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a rate is not exact")]
    let rate = all.acknowledged as f64 / seconds;
    writeln!(
        stdout(),
        "{{\"acknowledged\":{},\"seconds\":{seconds:.3},\"events_per_second\":{rate:.0},\"put_off\":{},\"failed\":{},\"requests\":{},\
         \"p50_ms\":{:.3},\"p99_ms\":{:.3},\"max_ms\":{:.3}}}",
        all.acknowledged,
        all.put_off,
        all.failed,
        all.micros.len(),
        quantile(&all.micros, 50),
        quantile(&all.micros, 99),
        quantile(&all.micros, 100),
    )
}

/// In milliseconds, of sorted microseconds.
#[expect(clippy::cast_precision_loss, reason = "no request takes long enough")]
fn quantile(micros: &[u64], percent: usize) -> f64 {
    let place = (micros.len() * percent / 100).min(micros.len().saturating_sub(1));
    micros.get(place).map_or(0.0, |micros| *micros as f64 / 1e3)
}

fn send_all(load: &Load, connection: u64, next: &AtomicU64, begin: Instant) -> io::Result<Seen> {
    let stream = TcpStream::connect(&load.address)?;
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let mut seen = Seen::default();
    let over = Duration::from_secs(load.seconds);
    for number in 0.. {
        let request = load.request(connection, number);
        // Each request has its time, whoever sends it: who is late sends at once.
        let turn = next.fetch_add(1, Ordering::Relaxed);
        if let Some(due) = (turn * load.batch * 1_000_000).checked_div(load.rate) {
            thread::sleep(Duration::from_micros(due).saturating_sub(begin.elapsed()));
        }
        if begin.elapsed() >= over {
            break;
        }
        let sent = Instant::now();
        stream.get_mut().write_all(&request)?;
        let status = answer(&mut stream)?;
        match status {
            200 => {
                seen.acknowledged += load.batch;
                seen.micros.push(u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX));
            }
            429 => {
                seen.put_off += 1;
                thread::sleep(Duration::from_millis(100));
            }
            _ => seen.failed += 1,
        }
    }
    Ok(seen)
}

/// Reads an answer; gives its status.
fn answer(stream: &mut BufReader<TcpStream>) -> io::Result<u16> {
    let (mut line, mut status, mut length) = (String::new(), 0, 0);
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let text = line.trim_end();
        if status == 0 {
            status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(599);
        } else if let Some(value) = text.strip_prefix("content-length: ") {
            length = value.parse().map_err(io::Error::other)?;
        } else if text.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(status)
}
