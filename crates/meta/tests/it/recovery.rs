//! What is left of a crashed process is put right by the next one.

use std::time::Duration;

use ade_meta::{Clock, RunStatus, TaskRecord, TaskStatus};

use crate::{
    run::{start, task},
    setup::{Fixture, Machine, id},
};

#[tokio::test]
async fn the_run_of_a_dead_process_is_crashed_and_others_are_left_alone() {
    let fixture = Fixture::new();
    let began = fixture.clock.now();
    let (dies, lives) = (fixture.open(1).await, fixture.open(2).await);
    dies.start_run(&start(id(1))).await.unwrap();
    lives.start_run(&start(id(2))).await.unwrap();
    fixture.clock.advance(Duration::from_secs(5));
    let done = TaskRecord { ended_at: Some(began), ..task(id(1), "model.shop.a", TaskStatus::Success) };
    let broken = TaskRecord { started_at: Some(began), ..task(id(1), "model.shop.b", TaskStatus::Running) };
    dies.record_tasks(&[done.clone(), broken]).await.unwrap();
    let last_seen = fixture.clock.now();
    assert!(lives.recover().await.unwrap().is_empty());

    fixture.machine.kill(1);
    fixture.clock.advance(Duration::from_hours(1));
    let crashed = lives.recover().await.unwrap();
    assert_eq!(crashed.iter().map(|run| (run.run_id, run.ended_at)).collect::<Vec<_>>(), [(id(1), Some(last_seen))]);
    assert_eq!(lives.run(id(1)).await.unwrap().as_ref(), crashed.first());
    assert_eq!(lives.run(id(2)).await.unwrap().unwrap().status, RunStatus::Running);
    let tasks = lives.tasks_of(id(1)).await.unwrap();
    let failed = tasks.iter().find(|task| task.node == "model.shop.b").unwrap();
    assert_eq!((failed.status, failed.ended_at), (TaskStatus::Failed, Some(last_seen)));
    assert!(failed.message.as_ref().unwrap().contains("process"));
    assert!(tasks.contains(&done));
    assert!(lives.recover().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_run_of_another_machine_is_crashed_after_a_day_of_silence_and_may_still_end() {
    let fixture = Fixture::new();
    let here = fixture.open(1).await;
    let there = fixture.open_on(Machine::new("nora")).await;
    there.start_run(&start(id(1))).await.unwrap();
    fixture.clock.advance(Duration::from_hours(23));
    there.record_tasks(&[task(id(1), "model.shop.a", TaskStatus::Running)]).await.unwrap();
    fixture.clock.advance(Duration::from_hours(23));
    assert!(here.recover().await.unwrap().is_empty());
    fixture.clock.advance(Duration::from_hours(2));
    assert_eq!(here.recover().await.unwrap().len(), 1);
    there.finish_run(id(1), RunStatus::Succeeded).await.unwrap();
    assert_eq!(here.run(id(1)).await.unwrap().unwrap().status, RunStatus::Succeeded);
}
