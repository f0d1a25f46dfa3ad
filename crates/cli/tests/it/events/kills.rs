//! Killed at whatever moment, while it takes events and while they land: what was acknowledged is there, once.
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use ade_testing::Dice;
use serde_json::json;

use super::http::Client;
use super::{Shop, WEB};

/// How often it is killed. `ADE_TEST_KILLS` says another number.
const KILLS: u64 = 6;
const CLIENTS: u64 = 4;

#[test]
fn every_event_that_was_acknowledged_lands_exactly_once() {
    #[expect(clippy::disallowed_methods, reason = "how long a night is can be chosen")]
    let kills = std::env::var("ADE_TEST_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    let web = WEB.replace("    events:\n", "    events:\n      on_new_event: evolve\n");
    let shop = Shop::with(&super::ADE_YML.replace("backlog_mb: 1024", "segment_mb: 1"), &web);
    let (address, acknowledged) = (Arc::new(Mutex::new(None)), Arc::new(Mutex::new(BTreeSet::new())));
    let is_over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (address, acknowledged, is_over) =
                (Arc::clone(&address), Arc::clone(&acknowledged), Arc::clone(&is_over));
            thread::spawn(move || send_all(client, &address, &acknowledged, &is_over))
        })
        .collect();
    let mut dice = Dice::new(7);
    for _ in 0..kills {
        let collector = shop.serve(&["--land-every", "1"]);
        *address.lock().unwrap() = Some(collector.address);
        let before = acknowledged.lock().unwrap().len();
        while acknowledged.lock().unwrap().len() < before + 50 {
            thread::sleep(Duration::from_millis(20));
        }
        thread::sleep(Duration::from_millis(dice.below(2_500)));
        collector.kill();
    }
    let collector = shop.serve(&["--land-every", "1"]);
    *address.lock().unwrap() = Some(collector.address);
    is_over.store(true, Ordering::Relaxed);
    let sent: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
    collector.wait_until_landed();
    collector.end();
    let landed: Vec<String> = shop.rows("select id from web.all_events order by id");
    let once: BTreeSet<String> = landed.iter().cloned().collect();
    assert_eq!(landed.len(), once.len(), "an event is there twice");
    let acknowledged = acknowledged.lock().unwrap();
    let lost: Vec<_> = acknowledged.difference(&once).collect();
    assert!(lost.is_empty(), "{} of {} are lost: {lost:?}", lost.len(), acknowledged.len());
    assert_eq!(once.len() as u64, sent, "what was sent is acknowledged in the end");
    let [received, landed, rejected, ignored, duplicates] = shop.counts();
    assert_eq!((landed, rejected, ignored), (sent, 0, 0));
    assert_eq!(received, landed + rejected + ignored + duplicates);
    for table in ["event_0", "event_1", "order_completed"] {
        let twice = format!("select count(*) - count(distinct id) from web.{table}");
        assert_eq!(shop.rows(&twice), ["0"], "{table}");
    }
}

/// Sends batches, each again and again until it is acknowledged. Gives how many events these were.
fn send_all(
    number: u64,
    address: &Mutex<Option<std::net::SocketAddr>>,
    acknowledged: &Mutex<BTreeSet<String>>,
    is_over: &AtomicBool,
) -> u64 {
    let (mut sent, mut client, mut of) = (0, None, None);
    for batch in 0_u64.. {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let ids: Vec<String> = (0..5).map(|event| format!("c{number}-b{batch:05}-e{event}")).collect();
        let name = if batch % 3 == 2 { "Order Completed".to_owned() } else { format!("Event {}", batch % 3) };
        let events = ids.iter().map(|id| {
            json!({"type": "track", "event": name, "userId": "u", "messageId": id, "properties": {"orderId": batch}})
        });
        let body = json!({ "batch": events.collect::<Vec<_>>() }).to_string();
        loop {
            let now = *address.lock().unwrap();
            let Some(now) = now else {
                thread::sleep(Duration::from_millis(10));
                continue;
            };
            if of != Some(now) {
                (client, of) = (Some(Client::new(now)), Some(now));
            }
            match client.as_mut().map(|client| client.post("/v1/batch", super::KEY, body.as_bytes(), &[])) {
                Some(Ok(answer)) if answer.status == 200 => break,
                _ => thread::sleep(Duration::from_millis(20)),
            }
        }
        sent += ids.len() as u64;
        acknowledged.lock().unwrap().extend(ids);
        thread::sleep(Duration::from_millis(5));
    }
    sent
}
