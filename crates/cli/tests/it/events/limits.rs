//! What is refused, what is put off, and what cannot be written.
use std::io::Write;
use std::process::Command;

use serde_json::{Value, json};

use super::http::Client;
use super::{ADE_YML, Collector, KEY, Shop};

fn track(pad: usize) -> Value {
    json!({"type": "track", "event": "Order Completed", "userId": "u", "properties": {"orderId": 1, "pad": "x".repeat(pad)}})
}

/// Text that cannot be compressed by much.
fn noise(seed: u64, length: usize) -> String {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'0' + (state % 75) as u8)
    };
    (0..length).map(|_| letter()).filter(|letter| *letter != '\\').collect()
}

/// A batch of ten messages of 30 KB each, every one of them new.
fn noisy_batch(number: u64) -> String {
    let messages = (0..10).map(|message| {
        let pad = noise(number * 10 + message + 1, 30_000);
        json!({"type": "track", "event": "Order Completed", "userId": "u", "messageId": format!("{number}-{message}"),
            "properties": {"orderId": number, "pad": pad}})
    });
    json!({ "batch": messages.collect::<Vec<_>>() }).to_string()
}

#[test]
fn what_is_too_long_malformed_or_nobodys_is_refused_and_says_why() {
    let shop = Shop::new();
    let collector = shop.serve(&["--no-landing"]);
    let mut client = Client::new(collector.address);
    let mut answer = |path: &str, key: &str, body: &[u8], headers: &[&str]| {
        let answer = client.post(path, key, body, headers).unwrap();
        (answer.status, answer.body)
    };
    let long = track(33_000).to_string();
    let (status, said) = answer("/v1/track", KEY, long.as_bytes(), &[]);
    assert!(status == 400 && said.contains("longer than 32 KB"), "{said}");
    let batch = json!({"batch": vec![track(30_000); 18]}).to_string();
    let (status, said) = answer("/v1/batch", KEY, batch.as_bytes(), &[]);
    assert!(status == 400 && said.contains("longer than 500 KB"), "{said}");
    for (path, body, expected) in [
        ("/v1/track", &b"{"[..], 400),
        ("/v1/batch", b"[]", 400),
        ("/v1/batch", b"{}", 400),
        ("/v1/nothing", b"{}", 404),
        ("/v1/track", b"\xff", 400),
    ] {
        assert_eq!(answer(path, KEY, body, &[]).0, expected, "{path}");
    }
    assert_eq!(answer("/v1/track", "another", br#"{"event":"A"}"#, &[]).0, 401);
    assert_eq!(answer("/v1/track", KEY, b"{}", &["content-encoding: gzip"]).0, 400);
    // As browsers send: the key in the body, as plain text; compressed; in chunks; with a word before the body.
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zipped.write_all(track(10).to_string().as_bytes()).unwrap();
    assert_eq!(answer("/v1/track", KEY, &zipped.finish().unwrap(), &["content-encoding: gzip"]).0, 200);
    let mut by_hand = Client::new(collector.address);
    let body = json!({"writeKey": KEY, "event": "Order Completed", "userId": "u"}).to_string();
    let plain = format!(
        "POST /v1/t HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    let answered = by_hand.raw(plain.as_bytes()).unwrap();
    assert_eq!((answered.status, answered.header("access-control-allow-origin")), (200, Some("*")));
    let asked = by_hand.raw(b"OPTIONS /v1/t HTTP/1.1\r\nhost: x\r\norigin: https://shop.example\r\n\r\n").unwrap();
    assert_eq!(asked.status, 204);
    assert!(asked.header("access-control-allow-headers").unwrap().contains("content-type"));
    assert_eq!(by_hand.get("/health").unwrap().status, 200);
    assert_eq!(collector.metric("ade_events_received_total"), 2);
    assert_eq!(by_hand.raw(b"nonsense\r\n\r\n").unwrap().status, 400);
}

#[test]
fn clients_are_put_off_while_too_much_waits_and_taken_again_when_it_has_landed() {
    let shop = Shop::with(&ADE_YML.replace("backlog_mb: 1024", "backlog_mb: 1"), super::WEB);
    let collector = shop.serve(&["--no-landing"]);
    let mut taken = 0;
    let put_off = loop {
        let answer = collector.send("/v1/batch", &noisy_batch(taken));
        if answer.status != 200 {
            break answer;
        }
        taken += 1;
        assert!(taken < 50, "it takes without end");
    };
    assert_eq!(put_off.status, 429);
    assert!(put_off.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    shop.ade().run(&["ingest"]).succeeds();
    collector.wait_until_landed();
    assert_eq!(collector.send("/v1/batch", &noisy_batch(taken)).status, 200);
    collector.end();
    shop.ade().run(&["ingest"]).succeeds();
    assert_eq!(shop.counts()[..2], [(taken + 1) * 10; 2]);
}

/// The log lies on a file system of three megabytes, which only the collector sees.
#[test]
fn on_a_full_disk_nothing_is_acknowledged_and_what_was_lands() {
    let shop = Shop::with(&ADE_YML.replace("backlog_mb: 1024", "segment_mb: 1"), super::WEB);
    let folder = shop.folder.at(".ade/events");
    std::fs::create_dir_all(&folder).unwrap();
    let mut command = Command::new("unshare");
    let mount = r#"mount -t tmpfs -o size=3m none "$0" && exec "$@""#;
    command.args(["--mount", "--map-root-user", "sh", "-c", mount]).arg(&folder).arg(crate::program::path());
    command.args([
        "serve",
        "--output",
        "json",
        "--listen",
        "127.0.0.1:0",
        "--land-every",
        "86400",
        "--land-mb",
        "4096",
    ]);
    let collector = Collector::start(command, &shop.folder);
    let (mut acknowledged, mut full) = (0, 0);
    for number in 0..40 {
        match collector.send("/v1/batch", &noisy_batch(number)) {
            answer if answer.status == 200 => acknowledged += 10,
            answer => {
                assert_eq!(answer.status, 503, "{}", answer.body);
                assert!(answer.header("retry-after").is_some());
                full += 1;
            }
        }
    }
    assert!(acknowledged >= 50 && full >= 10, "{acknowledged} acknowledged, {full} times full");
    assert_eq!(collector.metric("ade_requests_unwritten_total"), full);
    collector.end();
    assert_eq!(shop.counts(), [acknowledged, acknowledged, 0, 0, 0]);
    let ids = "select count(*), count(distinct id) from web.order_completed";
    assert_eq!(shop.rows(ids), [format!("{acknowledged},{acknowledged}")]);
}
