//! A failure at each step of each write: the database stays whole, and doing it again is enough.

use ade_meta::{
    CheckResult, CheckStatus, Clock, FAIL_POINTS, LeaseAttempt, LeaseRequest, Meta, MetaError, NodeState, RunStatus,
    TaskStatus, ViewChange, ViewDefinition,
};

use crate::{
    run::{start, task},
    setup::{Fixture, id},
};

/// Writes to every table; safe to repeat.
async fn write_all(fixture: &Fixture, meta: &Meta) -> Result<(), MetaError> {
    meta.start_run(&start(id(1))).await?;
    let request = LeaseRequest::new("dev:main.orders", Some(id(1)), "ade build");
    let LeaseAttempt::Acquired(lease) = meta.try_acquire_lease(&request).await? else {
        panic!("a failed attempt left a lease behind");
    };
    let rest = write_under(fixture, meta, &lease).await;
    // As a guard does when it is dropped.
    let release = meta.release_lease(&lease).await;
    rest?;
    release?;
    meta.finish_run(id(1), RunStatus::Succeeded).await?;
    meta.prune_runs(fixture.clock.now() - std::time::Duration::from_hours(1)).await?;
    Ok(())
}

async fn write_under(fixture: &Fixture, meta: &Meta, lease: &ade_meta::Lease) -> Result<(), MetaError> {
    meta.renew_lease(lease).await?;
    meta.record_tasks(&[task(id(1), "model.shop.orders", TaskStatus::Success)]).await?;
    let result = CheckResult {
        run_id: id(1),
        node: "model.shop.orders".to_owned(),
        check: "not_null".to_owned(),
        status: CheckStatus::Pass,
        failures: Some(0),
        message: String::new(),
        stored_in: None,
        checked_at: fixture.clock.now(),
        duration_ms: 0,
    };
    meta.record_check_results(&[result]).await?;
    let state = NodeState {
        node: "model.shop.orders".to_owned(),
        fingerprint: String::new(),
        upstream: std::collections::BTreeMap::default(),
        relation: "main.orders".to_owned(),
        succeeded_at: fixture.clock.now(),
        table_version: Some(1),
        data_state: String::new(),
    };
    meta.record_node_states("dev", &[state]).await?;
    let view = |name: &str| {
        ViewChange::Put(ViewDefinition {
            schema: "main".to_owned(),
            name: name.to_owned(),
            sql: "select 1".to_owned(),
            columns: Vec::new(),
            fingerprint: String::new(),
        })
    };
    meta.switch_views("dev", Some(id(1)), &[view("a"), view("b")], std::slice::from_ref(lease)).await?;
    Ok(())
}

/// All or none of what belongs together is there.
async fn assert_whole(meta: &Meta, point: &str) {
    let views = meta.views("dev").await.unwrap().len();
    assert!(views == 0 || views == 2, "{point}: {views} views");
    assert!(meta.leases().await.unwrap().is_empty(), "{point}");
}

#[tokio::test]
async fn every_step_may_fail_and_be_repeated() {
    for kind in ["", "full"] {
        for point in FAIL_POINTS.iter().filter(|point| !point.starts_with("meta::recover")) {
            let fixture = Fixture::new();
            fail::cfg(*point, &format!("1*return({kind})")).unwrap();
            let opened =
                Meta::open(&fixture.path(), fixture.clock.clone(), std::sync::Arc::new(fixture.machine.clone())).await;
            let error = match opened {
                Err(error) => error,
                Ok(meta) => {
                    let error = write_all(&fixture, &meta).await.expect_err(point);
                    assert!(meta.recover().await.unwrap().is_empty());
                    error
                }
            };
            fail::remove(*point);
            assert_eq!(matches!(error, MetaError::DiskFull { .. }), kind == "full", "{point}: {error:?}");

            let meta = fixture.open(1).await;
            if point.starts_with("meta::lease_release") {
                // The one step that leaves something: the lease, until it expires.
                fixture.clock.advance(LeaseRequest::DEFAULT_TTL);
            }
            assert_whole(&meta, point).await;
            write_all(&fixture, &meta).await.unwrap();
            assert_whole(&meta, point).await;
            assert_eq!(meta.views("dev").await.unwrap().len(), 2);
            assert_eq!(meta.run(id(1)).await.unwrap().unwrap().status, RunStatus::Succeeded);
            assert_eq!(meta.tasks_of(id(1)).await.unwrap().len(), 1);
            assert_eq!(meta.check_results_of(id(1)).await.unwrap().len(), 1);
        }
    }
}

#[tokio::test]
async fn recovery_may_fail_and_be_repeated() {
    for point in FAIL_POINTS.iter().filter(|point| point.starts_with("meta::recover")) {
        let fixture = Fixture::new();
        fixture.open(1).await.start_run(&start(id(1))).await.unwrap();
        fixture.machine.kill(1);
        let meta = fixture.open(2).await;
        fail::cfg(*point, "1*return").unwrap();
        meta.recover().await.expect_err(point);
        fail::remove(*point);
        meta.recover().await.unwrap();
        assert_eq!(meta.run(id(1)).await.unwrap().unwrap().status, RunStatus::Crashed);
    }
}
