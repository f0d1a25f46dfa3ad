//! Runs with their tasks and check results.

use std::time::Duration;

use ade_meta::{CheckResult, CheckStatus, Clock, RunStart, RunStatus, TaskRecord, TaskStatus};
use uuid::Uuid;

use crate::setup::{Fixture, id};

pub(crate) fn start(run_id: Uuid) -> RunStart {
    RunStart {
        run_id,
        environment: "dev".to_owned(),
        command: "build".to_owned(),
        selection: "+orders".to_owned(),
        program_version: "0.1.0".to_owned(),
    }
}

pub(crate) fn task(run_id: Uuid, node: &str, status: TaskStatus) -> TaskRecord {
    TaskRecord {
        run_id,
        node: node.to_owned(),
        status,
        started_at: None,
        ended_at: None,
        rows: None,
        table_version: None,
        batch_id: None,
        message: None,
    }
}

#[tokio::test]
async fn a_run_is_recorded_from_start_to_end() {
    let fixture = Fixture::new();
    let meta = fixture.open(1).await;
    let began = fixture.clock.now();
    meta.start_run(&start(id(1))).await.unwrap();
    fixture.clock.advance(Duration::from_millis(1500));
    // Repeating the start, as after an error of unknown outcome, changes nothing.
    meta.start_run(&start(id(1))).await.unwrap();
    let running = meta.run(id(1)).await.unwrap().unwrap();
    assert_eq!((running.status, running.started_at, running.ended_at), (RunStatus::Running, began, None));
    assert_eq!(running.selection, "+orders");
    assert_eq!(&running.process, meta.process());

    meta.finish_run(id(1), RunStatus::Failed).await.unwrap();
    let done = meta.run(id(1)).await.unwrap().unwrap();
    assert_eq!((done.status, done.ended_at), (RunStatus::Failed, Some(fixture.clock.now())));

    fixture.clock.advance(Duration::from_secs(1));
    meta.start_run(&start(id(2))).await.unwrap();
    let runs = meta.runs(10).await.unwrap();
    assert_eq!(runs.iter().map(|run| run.run_id).collect::<Vec<_>>(), [id(2), id(1)]);
    assert_eq!(meta.runs(1).await.unwrap().len(), 1);
    assert_eq!(meta.run(id(3)).await.unwrap(), None);
}

#[tokio::test]
async fn tasks_are_replaced_when_recorded_again_and_listed_in_order() {
    let fixture = Fixture::new();
    let meta = fixture.open(1).await;
    let now = fixture.clock.now();
    let running = TaskRecord { started_at: Some(now), ..task(id(1), "model.shop.orders", TaskStatus::Running) };
    meta.record_tasks(&[task(id(1), "model.shop.late", TaskStatus::Skipped), running.clone()]).await.unwrap();
    let done = TaskRecord {
        status: TaskStatus::Warned,
        ended_at: Some(now + Duration::from_secs(2)),
        rows: Some(12),
        table_version: Some(0),
        batch_id: Some(id(77)),
        message: Some("1 check warns".to_owned()),
        ..running
    };
    meta.record_tasks(std::slice::from_ref(&done)).await.unwrap();
    let tasks = meta.tasks_of(id(1)).await.unwrap();
    assert_eq!(tasks, [done, task(id(1), "model.shop.late", TaskStatus::Skipped)]);
}

#[tokio::test]
async fn check_results_are_recorded() {
    let fixture = Fixture::new();
    let meta = fixture.open(1).await;
    let result = CheckResult {
        run_id: id(1),
        node: "model.shop.orders".to_owned(),
        check: "not_null_orders_id".to_owned(),
        status: CheckStatus::Fail,
        failures: Some(3),
        message: "3 of 1,204 rows have no `id`".to_owned(),
        stored_in: Some("dev_failures.not_null_orders_id".to_owned()),
        checked_at: fixture.clock.now(),
        duration_ms: 12,
    };
    let other = CheckResult {
        check: "unique_orders_id".to_owned(),
        status: CheckStatus::Error,
        failures: None,
        stored_in: None,
        ..result.clone()
    };
    meta.record_check_results(&[other.clone(), result.clone()]).await.unwrap();
    let fixed = CheckResult { status: CheckStatus::Pass, failures: Some(0), ..result };
    meta.record_check_results(std::slice::from_ref(&fixed)).await.unwrap();
    assert_eq!(meta.check_results_of(id(1)).await.unwrap(), [fixed, other]);
    assert!(meta.check_results_of(id(2)).await.unwrap().is_empty());
}

#[tokio::test]
async fn old_runs_are_removed_with_what_belongs_to_them() {
    let fixture = Fixture::new();
    let meta = fixture.open(1).await;
    for number in 1..=2 {
        meta.start_run(&start(id(number))).await.unwrap();
        meta.record_tasks(&[task(id(number), "model.shop.orders", TaskStatus::Success)]).await.unwrap();
        meta.finish_run(id(number), RunStatus::Succeeded).await.unwrap();
        fixture.clock.advance(Duration::from_hours(24));
    }
    meta.start_run(&start(id(3))).await.unwrap();
    assert_eq!(meta.prune_runs(fixture.clock.now() - Duration::from_hours(30)).await.unwrap(), 1);
    let left: Vec<_> = meta.runs(10).await.unwrap().into_iter().map(|run| run.run_id).collect();
    assert_eq!(left, [id(3), id(2)]);
    assert!(meta.tasks_of(id(1)).await.unwrap().is_empty());
    assert_eq!(meta.tasks_of(id(2)).await.unwrap().len(), 1);
}
