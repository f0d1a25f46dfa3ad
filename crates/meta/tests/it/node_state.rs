//! The states of nodes: replaced, forgotten, kept apart by environment, and fast.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use ade_meta::{Clock, NodeState, UpstreamState};

use crate::setup::Fixture;

fn state(fixture: &Fixture, node: &str, version: u64) -> NodeState {
    let upstream = |number: u64| {
        let state = UpstreamState { fingerprint: "9f86d081884c7d65".repeat(4), table_version: Some(number) };
        (format!("model.shop.upstream_{number}"), state)
    };
    NodeState {
        node: node.to_owned(),
        fingerprint: "2c26b46b68ffc68f".repeat(4),
        upstream: (0..4).map(upstream).collect(),
        relation: format!("main.{node}"),
        succeeded_at: fixture.clock.now(),
        table_version: Some(version),
        data_state: String::from("batch"),
    }
}

#[tokio::test]
async fn the_last_success_counts_per_environment() {
    let fixture = Fixture::new();
    let meta = fixture.open(1).await;
    let orders = state(&fixture, "model.shop.orders", 3);
    let view = NodeState { table_version: None, ..state(&fixture, "model.shop.view", 0) };
    meta.record_node_states("dev", &[orders.clone(), view.clone()]).await.unwrap();
    meta.record_node_states("prod", &[state(&fixture, "model.shop.orders", 9)]).await.unwrap();
    let newer = NodeState { table_version: Some(4), ..orders };
    meta.record_node_states("dev", std::slice::from_ref(&newer)).await.unwrap();
    let expected: BTreeMap<_, _> = [newer.clone(), view].into_iter().map(|state| (state.node.clone(), state)).collect();
    assert_eq!(meta.node_states("dev").await.unwrap(), expected);

    meta.forget_node_states("dev", &["model.shop.view", "model.shop.never_there"]).await.unwrap();
    assert_eq!(meta.node_states("dev").await.unwrap().into_values().collect::<Vec<_>>(), [newer]);
    assert_eq!(meta.node_states("prod").await.unwrap()["model.shop.orders"].table_version, Some(9));
}

#[tokio::test]
async fn five_thousand_states_are_read_within_fifty_milliseconds() {
    let fixture = Fixture::new();
    let meta = fixture.open(1).await;
    let states: Vec<_> = (0..5000).map(|number| state(&fixture, &format!("model.shop.m{number}"), number)).collect();
    meta.record_node_states("dev", &states).await.unwrap();
    // The best of some, as other tests run beside this one.
    let mut best = Duration::MAX;
    for _ in 0..10 {
        let started = Instant::now();
        assert_eq!(meta.node_states("dev").await.unwrap().len(), 5000);
        best = best.min(started.elapsed());
    }
    // Unoptimized code is given more time.
    let most = if cfg!(debug_assertions) { 250 } else { 50 };
    assert!(best < Duration::from_millis(most), "{best:?}");
}
