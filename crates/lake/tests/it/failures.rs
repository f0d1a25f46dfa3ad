//! Errors at every step of every write: afterwards the table is what it was, or what it was to become, and the same
//! batch can be written again.

mod treacherous;

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use ade_lake::{
    At, CommitNote, Committed, FAIL_POINTS, KeySpec, Lake, LakeError, MaintainOptions, Region, StageRequest, Write,
};
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use chrono::TimeDelta;
use datafusion::common::ScalarValue;
use fail::FailScenario;
use url::Url;
use uuid::Uuid;

use self::treacherous::Treacherous;
use super::support::{TestLake, alone, people, table};

fn request(write: &Write) -> StageRequest {
    StageRequest::new(people(&[]).schema(), write.clone())
}

/// The kinds of write with the table that they make of `1|a 2|b`.
fn writes() -> Vec<(Write, Vec<&'static str>)> {
    let range = Region::Range { column: "id".into(), from: ScalarValue::from(2_i64), to: ScalarValue::from(10_i64) };
    vec![
        (Write::Replace, vec!["2|B", "3|c"]),
        (Write::Append, vec!["1|a", "2|B", "2|b", "3|c"]),
        (Write::ReplaceWhere(range), vec!["1|a", "2|B", "3|c"]),
        (Write::Upsert(KeySpec::new(["id"])), vec!["1|a", "2|B", "3|c"]),
        (Write::ReplaceByKey(KeySpec::new(["id"])), vec!["2|B", "3|c"]),
    ]
}

/// What arrives: by key, a row whose place another takes, too.
fn arrivals(write: &Write) -> Vec<RecordBatch> {
    match write {
        Write::ReplaceByKey(_) => vec![people(&[(2, "x"), (3, "c")]), people(&[(2, "B")])],
        _ => vec![people(&[(2, "B"), (3, "c")])],
    }
}

/// One attempt as a program would make it: lease, stage, commit; the lease is given back or runs out.
async fn attempt(test: &TestLake, write: &Write, note: &CommitNote) -> std::result::Result<Committed, LakeError> {
    let lease = test.lake.lease(&table(), "attempt").await?;
    let result = async {
        let staged = test.stage(&table(), request(write), arrivals(write), &lease).await?;
        staged.commit(note).await
    }
    .await;
    test.clock.advance(TimeDelta::minutes(5));
    result
}

/// The points that a write can pass.
fn write_points() -> impl Iterator<Item = &'static str> {
    let other = |point: &str| ["maintain", "drop", "discard"].iter().any(|part| point.contains(part));
    FAIL_POINTS.iter().copied().filter(move |point| !other(point))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_panic_says_is_in_no_error() {
    let _alone = alone();
    let upsert = Write::Upsert(KeySpec::new(["id"]));
    let note = CommitNote::new(Uuid::from_u128(1));
    for point in ["lake::stage::rewrite", "lake::store::before_sync"] {
        let scenario = FailScenario::setup();
        let test = prepared().await;
        // A library may quote the value that it did not expect.
        fail::cfg(point, "1*panic(jane@example.com)").unwrap();
        let failed = attempt(&test, &upsert, &note).await.unwrap_err();
        let mut text = format!("{failed:?} {failed}");
        let mut cause = std::error::Error::source(&failed);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        assert!(text.contains("panicked") && !text.contains("jane"), "{point}: {text}");
        assert_eq!(test.rows(&table()).await, ["1|a", "2|b"]);
        attempt(&test, &upsert, &note).await.unwrap();
        assert_eq!(test.rows(&table()).await, ["1|a", "2|B", "3|c"]);
        scenario.teardown();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_failed_write_wrote_goes_with_its_lease() {
    let _alone = alone();
    let upload = ["lake::file::upload", "lake::file::closed"];
    let store = ["lake::store::before_sync", "lake::store::after_sync", "lake::store::after_rename"];
    for (point, before) in upload.iter().chain(&store).flat_map(|point| [(point, ""), (point, "1*off->")]) {
        // Two files of two partitions, and the file of what arrives and that of what stays.
        for write in [Write::Replace, Write::Upsert(KeySpec::new(["id"]))] {
            let scenario = FailScenario::setup();
            let test = prepared().await;
            let there = test.data_files();
            let lease = test.lease(&table()).await;
            let request = match write {
                Write::Replace => request(&write).partition_by(["id"]),
                _ => request(&write),
            };
            fail::cfg(*point, &format!("{before}1*return(full)")).unwrap();
            let failed = test.stage(&table(), request, vec![people(&[(2, "B"), (3, "c")])], &lease).await;
            assert!(failed.is_err(), "{before}{point} {write:?}");
            test.lake.release(&lease).await.unwrap();
            assert_eq!(test.data_files(), there, "{before}{point} {write:?}");
            scenario.teardown();
        }
    }
}

/// A table of `1|a 2|b`, and so little memory that keyed arrivals spill.
async fn prepared() -> TestLake {
    let test = TestLake::unguarded(|options| options.memory_bytes = 64).await;
    test.write(&table(), Write::Replace, vec![people(&[(1, "a"), (2, "b")])]).await.unwrap();
    test
}

#[tokio::test(flavor = "multi_thread")]
async fn the_points_are_passed() {
    let _alone = alone();
    let scenario = FailScenario::setup();
    let passed = Arc::new(Mutex::new(BTreeSet::new()));
    for point in FAIL_POINTS {
        let passed = Arc::clone(&passed);
        fail::cfg_callback(*point, move || {
            passed.lock().unwrap().insert(*point);
        })
        .unwrap();
    }
    let test = prepared().await;
    let upsert = Write::Upsert(KeySpec::new(["id"]));
    attempt(&test, &upsert, &CommitNote::new(Uuid::from_u128(1))).await.unwrap();
    let missed: Vec<_> = write_points().filter(|point| !passed.lock().unwrap().contains(point)).collect();
    assert!(missed.is_empty(), "an upsert does not pass {missed:?}");
    let lease = test.lease(&table()).await;
    let staged = test.stage(&table(), request(&Write::Append), vec![people(&[(7, "x")])], &lease).await.unwrap();
    staged.discard().await.unwrap();
    test.clock.advance(TimeDelta::days(60));
    let lease = test.lease(&table()).await;
    let options = MaintainOptions { checkpoint_every: Some(1), ..MaintainOptions::default() };
    test.lake.maintain(&table(), &options, &lease).await.unwrap();
    test.lake.drop_table(&table(), &lease).await.unwrap();
    let missed: Vec<_> = FAIL_POINTS.iter().filter(|point| !passed.lock().unwrap().contains(**point)).collect();
    assert!(missed.is_empty(), "nothing passes {missed:?}");
    scenario.teardown();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failure_at_any_step_the_next_attempt_recovers() {
    let _alone = alone();
    for (number, (write, expected)) in writes().into_iter().enumerate() {
        let action = if number % 2 == 0 { "1*return(full)" } else { "1*return" };
        for point in write_points() {
            let scenario = FailScenario::setup();
            let test = prepared().await;
            let note = CommitNote::new(Uuid::from_u128(1));
            fail::cfg(point, action).unwrap();
            let first = attempt(&test, &write, &note).await;
            let between = test.rows(&table()).await;
            match &first {
                Ok(_) => assert_eq!(between, expected, "{point}"),
                Err(_) => assert!(
                    between == ["1|a", "2|b"] || between == expected,
                    "{point} {write:?}: {between:?} is neither before nor after"
                ),
            }
            fail::remove(point);
            attempt(&test, &write, &note).await.unwrap_or_else(|error| panic!("{point} {write:?}: {error}"));
            assert_eq!(test.rows(&table()).await, expected, "{point} {write:?}");
            let lease = test.lease(&table()).await;
            let options = MaintainOptions { compact_to_bytes: None, ..MaintainOptions::default() };
            test.lake.maintain(&table(), &options, &lease).await.unwrap();
            assert_eq!(test.rows(&table()).await, expected, "{point} {write:?} after maintenance");
            scenario.teardown();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_and_drop_can_be_interrupted_anywhere() {
    let _alone = alone();
    for point in FAIL_POINTS {
        let scenario = FailScenario::setup();
        let test = TestLake::unguarded(|_| {}).await;
        for id in 0..4 {
            test.write(&table(), Write::Append, vec![people(&[(id, "x")])]).await.unwrap();
        }
        test.write(&table(), Write::Upsert(KeySpec::new(["id"])), vec![people(&[(1, "y")])]).await.unwrap();
        let dead = test.lease(&table()).await;
        test.stage(&table(), request(&Write::Append), vec![people(&[(9, "dead")])], &dead).await.unwrap();
        test.clock.advance(TimeDelta::days(60));
        let expected = test.rows(&table()).await;
        let options = MaintainOptions { checkpoint_every: Some(1), ..MaintainOptions::default() };
        fail::cfg(*point, "1*return").unwrap();
        let lease = test.lease(&table()).await;
        let _ = test.lake.maintain(&table(), &options, &lease).await;
        assert_eq!(test.rows(&table()).await, expected, "{point}");
        fail::remove(*point);
        test.lake.maintain(&table(), &options, &lease).await.unwrap_or_else(|error| panic!("{point}: {error}"));
        assert_eq!(test.rows(&table()).await, expected, "{point}");
        test.clock.advance(TimeDelta::days(60));
        let lease = test.lease(&table()).await;
        test.lake.maintain(&table(), &options, &lease).await.unwrap();
        assert_eq!(test.data_files().len(), 1, "{point}: waste is left");
        fail::cfg(*point, "1*return").unwrap();
        let dropped = test.lake.drop_table(&table(), &lease).await;
        let version = test.lake.version(&table()).await.unwrap();
        assert!(version.is_none() || dropped.is_err(), "{point}");
        fail::remove(*point);
        if version.is_none() {
            assert!(test.lake.list().await.unwrap().is_empty(), "{point}");
        }
        let staged = test.stage(&table(), request(&Write::Replace), vec![people(&[(5, "new")])], &lease).await.unwrap();
        staged.commit(&CommitNote::new(Uuid::from_u128(5))).await.unwrap();
        assert_eq!(test.rows(&table()).await, ["5|new"], "{point}");
        scenario.teardown();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_is_lost_beside_the_encoder_fails_the_write() {
    const ROWS: i64 = 1 << 16;
    let mut test = TestLake::new().await;
    let store = Treacherous::new();
    let url = Url::from_directory_path(test.folder.path().join("lake")).unwrap();
    test.lake = Lake::with_store(url, store.clone(), test.options.clone()).unwrap();
    // A row group and a bit, of which a part is uploaded while the rest is encoded.
    let batches = (0..17).map(|number| {
        let ids = (number * ROWS..(number + 1) * ROWS).map(|id| id * 7_919);
        RecordBatch::try_from_iter([("id", Arc::new(Int64Array::from_iter_values(ids)) as ArrayRef)]).unwrap()
    });
    let batches: Vec<_> = batches.collect();
    store.loses_a_part.store(true, Ordering::SeqCst);
    let failed = test.write(&table(), Write::Replace, batches.clone()).await;
    assert!(matches!(failed, Err(LakeError::Store { .. })), "{failed:?}");
    assert_eq!(test.lake.version(&table()).await.unwrap(), None);
    store.loses_a_part.store(false, Ordering::SeqCst);
    let (_, rows) = test.write(&table(), Write::Replace, batches).await.unwrap();
    assert_eq!(rows.total, 17 * ROWS as u64);
    assert_eq!(test.data_files().len(), 1, "the first attempt left something");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_store_is_not_believed() {
    let mut test = TestLake::new().await;
    let store = Treacherous::new();
    let url = Url::from_directory_path(test.folder.path().join("lake")).unwrap();
    test.lake = Lake::with_store(url, store.clone(), test.options.clone()).unwrap();
    test.write(&table(), Write::Replace, vec![people(&[(1, "a"), (2, "b")])]).await.unwrap();

    // It took although it failed, and nobody can look: nobody knows. Asked again, it is there.
    let lease = test.lease(&table()).await;
    let staged = test.stage(&table(), request(&Write::Append), vec![people(&[(3, "c")])], &lease).await.unwrap();
    let note = CommitNote::new(Uuid::from_u128(1));
    store.armed.store(true, Ordering::SeqCst);
    store.blind.store(true, Ordering::SeqCst);
    let unknown = staged.commit(&note).await;
    assert!(matches!(unknown, Err(LakeError::Unknown { .. })), "{unknown:?}");
    store.blind.store(false, Ordering::SeqCst);
    assert_eq!(staged.commit(&note).await.unwrap(), Committed::Already { version: 1 });
    staged.discard().await.unwrap();
    assert_eq!(test.rows(&table()).await, ["1|a", "2|b", "3|c"], "a discard removed files that were committed");

    // It took although it failed: found out.
    let staged = test.stage(&table(), request(&Write::Append), vec![people(&[(4, "d")])], &lease).await.unwrap();
    store.armed.store(true, Ordering::SeqCst);
    assert_eq!(staged.commit(&CommitNote::new(Uuid::from_u128(2))).await.unwrap(), Committed::New { version: 2 });

    // It did not take: said so, and can be tried again.
    store.takes.store(false, Ordering::SeqCst);
    let staged = test.stage(&table(), request(&Write::Append), vec![people(&[(5, "e")])], &lease).await.unwrap();
    store.armed.store(true, Ordering::SeqCst);
    let note = CommitNote::new(Uuid::from_u128(3));
    assert!(matches!(staged.commit(&note).await, Err(LakeError::Delta { .. })));
    assert_eq!(test.lake.version(&table()).await.unwrap(), Some(2));
    assert_eq!(staged.commit(&note).await.unwrap(), Committed::New { version: 3 });
    assert_eq!(test.rows(&table()).await, ["1|a", "2|b", "3|c", "4|d", "5|e"]);
    assert_eq!(test.lake.snapshot(&table(), At::Latest).await.unwrap().version(), 3);
}

/// The process stops after it looked at its lease, its lease ends, another one writes, and it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_writer_that_was_paused_beyond_its_lease_doubles_nothing() {
    let _alone = alone();
    let scenario = FailScenario::setup();
    let test = TestLake::unguarded(|_| {}).await;
    test.write(&table(), Write::Replace, vec![people(&[(1, "a")])]).await.unwrap();
    let note = |number| CommitNote {
        position: Some(serde_json::json!({"rows": 2})),
        ..CommitNote::new(Uuid::from_u128(number))
    };
    let old = test.lease(&table()).await;
    let paused = test.stage(&table(), request(&Write::Append), vec![people(&[(2, "b")])], &old).await.unwrap();
    let (reached, is_reached) = std::sync::mpsc::channel();
    let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
    let (reached, goes_on) = (Mutex::new(Some(reached)), Mutex::new(goes_on));
    fail::cfg_callback("lake::commit::after_lease", move || {
        // Only the first one stops here.
        let first = reached.lock().unwrap().take();
        if let Some(first) = first {
            first.send(()).unwrap();
            goes_on.lock().unwrap().recv().unwrap();
        }
    })
    .unwrap();
    let committing = tokio::spawn(async move { paused.commit(&note(1)).await });
    tokio::task::spawn_blocking(move || is_reached.recv().unwrap()).await.unwrap();
    test.clock.advance(TimeDelta::minutes(2));
    let new = test.lease(&table()).await;
    let staged = test.stage(&table(), request(&Write::Append), vec![people(&[(2, "b")])], &new).await.unwrap();
    staged.commit(&note(2)).await.unwrap();
    go_on.send(()).unwrap();
    let late = committing.await.unwrap();
    assert!(late.is_err_and(|error| error.is_conflict()), "it was staged before the other one's rows");
    assert_eq!(test.rows(&table()).await, ["1|a", "2|b"]);
    scenario.teardown();
}
