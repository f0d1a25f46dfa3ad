//! History, reading the past, restoring it.

use ade_lake::{
    At, CommitNote, Committed, Interval, KeySpec, LakeError, MaintainOptions, StageRequest, TableName, Write,
};
use chrono::{DateTime, TimeDelta};
use serde_json::json;
use uuid::Uuid;

use super::support::{TestLake, people, table};

#[tokio::test(flavor = "multi_thread")]
async fn history_says_who_did_what() {
    let test = TestLake::new().await;
    let interval = Interval { from: DateTime::UNIX_EPOCH, to: DateTime::UNIX_EPOCH + TimeDelta::days(1) };
    let note = CommitNote {
        run_id: Some(Uuid::from_u128(5)),
        interval: Some(interval),
        position: Some(json!(3)),
        ..CommitNote::new(Uuid::from_u128(4))
    };
    let request = StageRequest::new(people(&[]).schema(), Write::Append);
    test.submit(&table(), request, vec![people(&[(1, "a")])], &note).await.unwrap();
    test.clock.advance(TimeDelta::hours(1));
    test.write(&table(), Write::Upsert(KeySpec::new(["id"])), vec![people(&[(1, "A"), (2, "b")])]).await.unwrap();
    let history = test.lake.history(&table(), None).await.unwrap();
    let [second, first] = history.as_slice() else { panic!("{history:?}") };
    assert_eq!((first.version, first.operation.as_str()), (0, "WRITE"));
    assert_eq!((first.batch_id, first.run_id), (Some(note.batch_id), note.run_id));
    assert_eq!((first.interval, first.position.clone()), (Some(interval), Some(json!(3))));
    assert_eq!((first.rows_added, first.rows_removed), (Some(1), Some(0)));
    assert_eq!((second.operation.as_str(), second.rows_added, second.rows_removed), ("MERGE", Some(2), Some(1)));
    assert_eq!(second.position, Some(json!(3)));
    assert_eq!(second.committed_at.unwrap() - first.committed_at.unwrap(), TimeDelta::hours(1));
    assert_eq!(test.lake.history(&table(), Some(1)).await.unwrap().len(), 1);
    let missing = TableName::new("shop", "missing").unwrap();
    assert!(matches!(test.lake.history(&missing, None).await, Err(LakeError::NoTable { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_as_of_a_version_or_a_time() {
    let test = TestLake::new().await;
    let mut times = Vec::new();
    for name in ["a", "b", "c", "d"] {
        test.write(&table(), Write::Replace, vec![people(&[(1, name)])]).await.unwrap();
        times.push(test.lake.snapshot(&table(), At::Latest).await.unwrap().committed_at().unwrap());
        test.clock.advance(TimeDelta::minutes(10));
    }
    for (index, name) in ["a", "b", "c", "d"].iter().enumerate() {
        let expected = [format!("1|{name}")];
        assert_eq!(test.rows_at(&table(), At::Version(index as u64)).await, expected);
        assert_eq!(test.rows_at(&table(), At::Timestamp(times[index])).await, expected);
        let later = times[index] + TimeDelta::minutes(9);
        assert_eq!(test.rows_at(&table(), At::Timestamp(later)).await, expected);
    }
    for at in [At::Version(4), At::Timestamp(times[0] - TimeDelta::seconds(1))] {
        assert!(matches!(test.lake.snapshot(&table(), at).await, Err(LakeError::NoVersion { .. })), "{at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_grow_even_when_the_clock_does_not() {
    let test = TestLake::new().await;
    for name in ["a", "b", "c"] {
        test.write(&table(), Write::Replace, vec![people(&[(1, name)])]).await.unwrap();
        test.clock.advance(TimeDelta::hours(-1));
    }
    let history = test.lake.history(&table(), None).await.unwrap();
    assert!(history.windows(2).all(|pair| pair[0].committed_at > pair[1].committed_at), "{history:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn restore_brings_back_rows_columns_and_position() {
    let test = TestLake::new().await;
    let write = async |write: Write, rows: &[(i64, &str)], position: u32| {
        let note = CommitNote { position: Some(json!(position)), ..CommitNote::new(Uuid::from_u128(position.into())) };
        let request = StageRequest::new(people(&[]).schema(), write);
        test.submit(&table(), request, vec![people(rows)], &note).await.unwrap()
    };
    write(Write::Replace, &[(1, "a"), (2, "b")], 1).await;
    write(Write::Append, &[(3, "c")], 2).await;
    let other = people(&[(9, "z")]).project(&[0]).unwrap();
    test.write(&table(), Write::Replace, vec![other]).await.unwrap();
    assert_eq!(test.rows(&table()).await, ["9"]);
    let lease = test.lease(&table()).await;
    let run_id = Some(Uuid::from_u128(77));
    assert_eq!(test.lake.restore(&table(), At::Version(1), run_id, &lease).await.unwrap().version(), 3);
    assert_eq!(test.rows(&table()).await, ["1|a", "2|b", "3|c"]);
    let snapshot = test.lake.snapshot(&table(), At::Latest).await.unwrap();
    assert_eq!(snapshot.state().position, Some(json!(2)));
    assert_eq!(snapshot.state().batch_id, Some(Uuid::from_u128(2)));
    let newest = test.lake.history(&table(), Some(1)).await.unwrap().remove(0);
    assert_eq!((newest.operation.as_str(), newest.run_id), ("RESTORE", run_id));
    test.lake.release(&lease).await.unwrap();
    // What came after the restored version may come again.
    write(Write::Append, &[(4, "d")], 5).await;
    assert_eq!(test.rows(&table()).await, ["1|a", "2|b", "3|c", "4|d"]);
    assert_eq!(test.rows_at(&table(), At::Version(2)).await, ["9"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_was_restored_away_may_come_again_once() {
    let test = TestLake::new().await;
    let append = async |number: u128| {
        let lease = test.lease(&table()).await;
        let request = StageRequest::new(people(&[]).schema(), Write::Append);
        let rows = people(&[(i64::try_from(number).unwrap(), "x")]);
        let staged = test.stage(&table(), request, vec![rows], &lease).await.unwrap();
        let committed = staged.commit(&CommitNote::new(Uuid::from_u128(number))).await.unwrap();
        test.lake.release(&lease).await.unwrap();
        committed
    };
    let restore = async |version: u64| {
        let lease = test.lease(&table()).await;
        test.lake.restore(&table(), At::Version(version), None, &lease).await.unwrap();
        test.lake.release(&lease).await.unwrap();
    };
    for number in 0..3 {
        append(number).await;
    }
    restore(1).await;
    assert_eq!(append(1).await, Committed::Already { version: 1 });
    assert_eq!(append(2).await, Committed::New { version: 4 });
    assert!(matches!(append(2).await, Committed::Already { .. }));
    assert_eq!(test.rows(&table()).await, ["0|x", "1|x", "2|x"]);
    restore(0).await;
    restore(4).await;
    assert!(matches!(append(2).await, Committed::Already { .. }), "it was brought back");
    assert!(matches!(append(1).await, Committed::Already { .. }));
    assert_eq!(test.rows(&table()).await, ["0|x", "1|x", "2|x"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_whose_files_are_gone_cannot_be_restored() {
    let test = TestLake::new().await;
    test.write(&table(), Write::Replace, vec![people(&[(1, "a")])]).await.unwrap();
    test.write(&table(), Write::Replace, vec![people(&[(2, "b")])]).await.unwrap();
    test.clock.advance(TimeDelta::days(2));
    test.write(&table(), Write::Append, vec![people(&[(3, "c")])]).await.unwrap();
    let lease = test.lease(&table()).await;
    let options = MaintainOptions {
        compact_to_bytes: None,
        checkpoint_every: None,
        log_retention: None,
        vacuum_older_than: Some(TimeDelta::days(1)),
    };
    let report = test.lake.maintain(&table(), &options, &lease).await.unwrap();
    assert_eq!(report.files_removed, 1);
    let gone = test.lake.restore(&table(), At::Version(0), None, &lease).await;
    assert!(matches!(gone, Err(LakeError::NoVersion { .. })), "{gone:?}");
    assert_eq!(test.rows(&table()).await, ["2|b", "3|c"]);
    assert_eq!(test.rows_at(&table(), At::Version(1)).await, ["2|b"]);
}
