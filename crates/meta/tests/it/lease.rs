//! Leases: one holder, waiting, expiry, fencing.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ade_meta::{Clock, Lease, LeaseAttempt, LeaseRequest, Meta, MetaError};

use crate::setup::{Fixture, Machine, id};

fn request() -> LeaseRequest {
    LeaseRequest::new("dev:main.orders", Some(id(7)), "ade build")
}

async fn acquired(meta: &Meta) -> Lease {
    match meta.try_acquire_lease(&request()).await.unwrap() {
        LeaseAttempt::Acquired(lease) => lease,
        LeaseAttempt::Held(record) => panic!("held by {record}"),
    }
}

async fn held(meta: &Meta) -> bool {
    matches!(meta.try_acquire_lease(&request()).await.unwrap(), LeaseAttempt::Held(_))
}

fn past_ttl() -> Duration {
    LeaseRequest::DEFAULT_TTL + Duration::from_secs(1)
}

#[tokio::test]
async fn one_holds_it_and_tokens_only_grow() {
    let fixture = Fixture::new();
    let (first, second) = (fixture.open(1).await, fixture.open(2).await);
    let lease = acquired(&first).await;
    assert_eq!(lease.expires_at, fixture.clock.now() + LeaseRequest::DEFAULT_TTL);
    assert!(held(&second).await);
    // Not even the same process gets it twice: two of its tasks may not write one table either.
    assert!(held(&first).await);
    first.release_lease(&lease).await.unwrap();
    let next = acquired(&second).await;
    assert!(next.token > lease.token);
    // Releasing what is not ours any more does nothing.
    first.release_lease(&lease).await.unwrap();
    assert!(held(&first).await);
    let elsewhere = LeaseRequest { scope: "dev:main.customers".to_owned(), ..request() };
    assert!(matches!(first.try_acquire_lease(&elsewhere).await.unwrap(), LeaseAttempt::Acquired(_)));
}

#[tokio::test]
async fn tokens_grow_across_the_loss_of_the_database_and_beyond_what_the_table_saw() {
    let fixture = Fixture::new();
    let meta = fixture.open(1).await;
    let before = acquired(&meta).await.token;
    meta.close().await;
    std::fs::remove_file(fixture.path()).unwrap();
    fixture.clock.advance(Duration::from_secs(1));
    let meta = fixture.open(1).await;
    let lease = acquired(&meta).await;
    assert!(lease.token > before);
    meta.release_lease(&lease).await.unwrap();
    let above = lease.token + 1_000_000_000_000;
    let ahead = LeaseRequest { above, ..request() };
    let LeaseAttempt::Acquired(lease) = meta.try_acquire_lease(&ahead).await.unwrap() else { panic!() };
    assert_eq!(lease.token, above + 1);
}

#[tokio::test]
async fn a_late_holder_is_fenced_off() {
    let fixture = Fixture::new();
    let (slow, fast) = (fixture.open(1).await, fixture.open(2).await);
    let lost = acquired(&slow).await;
    fixture.clock.advance(past_ttl());
    let taken = acquired(&fast).await;
    assert!(taken.token > lost.token);
    let error = slow.check_lease(&lost).await.unwrap_err();
    let MetaError::LeaseLost { now_held_by: Some(holder), .. } = &error else { panic!("{error:?}") };
    assert_eq!((holder.token, holder.process.pid), (taken.token, 2));
    assert!(error.to_string().contains("now held by ade build (process 2 on mira"), "{error}");
    fast.check_lease(&taken).await.unwrap();
}

#[tokio::test]
async fn a_heartbeat_keeps_it_and_an_expired_one_nobody_took_is_still_ours() {
    let fixture = Fixture::new();
    let (first, second) = (fixture.open(1).await, fixture.open(2).await);
    let lease = acquired(&first).await;
    for _ in 0..3 {
        fixture.clock.advance(Duration::from_secs(59));
        let renewed = first.renew_lease(&lease).await.unwrap();
        assert_eq!(renewed.expires_at, fixture.clock.now() + LeaseRequest::DEFAULT_TTL);
        assert!(held(&second).await);
    }
    fixture.clock.advance(past_ttl());
    first.check_lease(&lease).await.unwrap();
    assert!(held(&second).await);
    first.release_lease(&lease).await.unwrap();
    assert!(matches!(first.check_lease(&lease).await, Err(MetaError::LeaseLost { now_held_by: None, .. })));
}

#[tokio::test]
async fn the_lease_of_a_dead_process_of_this_machine_is_free_at_once() {
    let fixture = Fixture::new();
    let (first, second) = (fixture.open(1).await, fixture.open(2).await);
    acquired(&first).await;
    assert!(held(&second).await);
    fixture.machine.kill(1);
    assert!(second.leases().await.unwrap().is_empty());
    acquired(&second).await;
}

#[tokio::test]
async fn the_lease_of_another_machine_ends_only_by_expiry() {
    let fixture = Fixture::new();
    let here = fixture.open(1).await;
    let there = fixture.open_on(Machine::new("nora")).await;
    acquired(&there).await;
    fixture.machine.kill(1);
    assert!(held(&here).await);
    fixture.clock.advance(past_ttl());
    acquired(&here).await;
}

#[tokio::test]
async fn who_waits_is_told_for_whom_and_gets_it_when_it_is_free() {
    let fixture = Fixture::new();
    let (first, second) = (fixture.open(1).await, fixture.open(2).await);
    let guard = first.acquire_lease(&request(), Duration::ZERO, |_| {}).await.unwrap();
    let first_token = guard.lease().token;
    let notices = Arc::new(Mutex::new(Vec::new()));
    let (told, heard) = tokio::sync::oneshot::channel();
    let waiting = tokio::spawn({
        let notices = Arc::clone(&notices);
        let mut told = Some(told);
        async move {
            let notice = move |record: &ade_meta::LeaseRecord| {
                notices.lock().unwrap().push(record.to_string());
                if let Some(told) = told.take() {
                    told.send(()).unwrap();
                }
            };
            second.acquire_lease(&request(), Duration::from_mins(5), notice).await.unwrap()
        }
    });
    heard.await.unwrap();
    guard.release().await.unwrap();
    let guard = waiting.await.unwrap();
    assert!(guard.lease().token > first_token);
    assert_eq!(
        *notices.lock().unwrap(),
        ["ade build (process 1 on mira, run 00000000-0000-0000-0000-000000000007, since 2026-03-01 08:00:00 UTC)"]
    );
    guard.release().await.unwrap();
}

#[tokio::test]
async fn who_does_not_want_to_wait_is_told_who_holds_it() {
    let fixture = Fixture::new();
    let (first, second) = (fixture.open(1).await, fixture.open(2).await);
    let _guard = first.acquire_lease(&request(), Duration::ZERO, |_| {}).await.unwrap();
    for patience in [Duration::ZERO, Duration::from_millis(120)] {
        let error = second.acquire_lease(&request(), patience, |_| {}).await.unwrap_err();
        let MetaError::LeaseHeld { record, waited_ms } = &error else { panic!("{error:?}") };
        assert_eq!(record.process.pid, 1);
        assert!(*waited_ms >= u64::try_from(patience.as_millis()).unwrap());
        assert!(error.to_string().starts_with("dev:main.orders is being written by ade build (process 1"), "{error}");
    }
}

#[tokio::test]
async fn a_guard_renews_and_notices_a_loss() {
    let fixture = Fixture::new();
    let (first, second) = (fixture.open(1).await, fixture.open(2).await);
    let short = LeaseRequest { ttl: Duration::from_millis(30), ..request() };
    let guard = first.acquire_lease(&short, Duration::ZERO, |_| {}).await.unwrap();
    fixture.clock.advance(Duration::from_millis(20));
    // The heartbeat has renewed it once its recorded expiry has moved.
    let renewed = fixture.clock.now() + short.ttl;
    while second.leases().await.unwrap()[0].expires_at != renewed {
        tokio::task::yield_now().await;
    }
    guard.check().await.unwrap();
    rusqlite::Connection::open(fixture.path()).unwrap().execute("update leases set token = token + 1", []).unwrap();
    assert!(matches!(guard.check().await, Err(MetaError::LeaseLost { .. })));
}

#[tokio::test]
async fn a_dropped_guard_gives_the_lease_back() {
    let fixture = Fixture::new();
    let (first, second) = (fixture.open(1).await, fixture.open(2).await);
    drop(first.acquire_lease(&request(), Duration::ZERO, |_| {}).await.unwrap());
    second.acquire_lease(&request(), Duration::from_mins(5), |_| {}).await.unwrap().release().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_that_race_one_at_a_time_holds_it() {
    let fixture = Arc::new(Fixture::new());
    let inside = Arc::new(AtomicU64::new(0));
    let tokens = Arc::new(Mutex::new(BTreeSet::new()));
    let mut racing = Vec::new();
    for pid in 1..=6 {
        let (fixture, inside, tokens) = (Arc::clone(&fixture), Arc::clone(&inside), Arc::clone(&tokens));
        racing.push(tokio::spawn(async move {
            let meta = fixture.open(pid).await;
            for _ in 0..5 {
                let guard = meta.acquire_lease(&request(), Duration::from_mins(5), |_| {}).await.unwrap();
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                assert!(tokens.lock().unwrap().insert(guard.lease().token));
                guard.check().await.unwrap();
                inside.fetch_sub(1, Ordering::SeqCst);
                guard.release().await.unwrap();
            }
        }));
    }
    for task in racing {
        task.await.unwrap();
    }
    assert_eq!(tokens.lock().unwrap().len(), 30);
}
