//! Compaction, checkpoints, retention, vacuum, drop.

use ade_lake::{At, CommitNote, LakeError, MaintainOptions, StageRequest, TableName, Write};
use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use super::support::{TestLake, people, table};

fn nothing() -> MaintainOptions {
    MaintainOptions { compact_to_bytes: None, checkpoint_every: None, log_retention: None, vacuum_older_than: None }
}

async fn maintain(test: &TestLake, options: &MaintainOptions) -> ade_lake::MaintainReport {
    let lease = test.lease(&table()).await;
    let report = test.lake.maintain(&table(), options, &lease).await.unwrap();
    test.lake.release(&lease).await.unwrap();
    report
}

async fn ten_appends(test: &TestLake) {
    for number in 0..10_u32 {
        let note = CommitNote {
            position: Some(json!(number)),
            fingerprint: Some("f".into()),
            ..CommitNote::new(Uuid::from_u128(100 + u128::from(number)))
        };
        let request = StageRequest::new(people(&[]).schema(), Write::Append);
        test.submit(&table(), request, vec![people(&[(number.into(), "x")])], &note).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn compaction_changes_files_and_no_row() {
    let test = TestLake::new().await;
    ten_appends(&test).await;
    let before = (test.rows(&table()).await, test.lake.snapshot(&table(), At::Latest).await.unwrap().state().clone());
    let report = maintain(&test, &MaintainOptions { compact_to_bytes: Some(1 << 20), ..nothing() }).await;
    assert_eq!((report.files_compacted, report.files_written, report.version), (10, 1, 10));
    let snapshot = test.lake.snapshot(&table(), At::Latest).await.unwrap();
    assert_eq!(snapshot.files().len(), 1);
    assert_eq!(test.rows(&table()).await, before.0);
    let state = snapshot.state();
    assert_eq!((&state.position, &state.fingerprint), (&before.1.position, &before.1.fingerprint));
    assert_eq!((state.batch_id, state.committed_at), (before.1.batch_id, before.1.committed_at));
    let again = maintain(&test, &MaintainOptions { compact_to_bytes: Some(1 << 20), ..nothing() }).await;
    assert_eq!((again.files_compacted, again.version), (0, 10));
    let log = test.folder.path().join("lake/shop/orders/_delta_log/00000000000000000010.json");
    let entry = std::fs::read_to_string(log).unwrap();
    assert!(!entry.contains("\"dataChange\":true"), "{entry}");
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_and_log_clean_up_keep_state_and_batches() {
    let test = TestLake::new().await;
    ten_appends(&test).await;
    let report = maintain(&test, &MaintainOptions { checkpoint_every: Some(20), ..nothing() }).await;
    assert!(!report.checkpoint);
    let options = MaintainOptions { checkpoint_every: Some(5), log_retention: Some(TimeDelta::days(1)), ..nothing() };
    let report = maintain(&test, &options).await;
    assert!(report.checkpoint);
    assert_eq!(report.log_entries_removed, 0, "they are young");
    test.clock.advance(TimeDelta::days(3));
    let report = maintain(&test, &options).await;
    assert_eq!((report.checkpoint, report.log_entries_removed), (false, 9));
    assert_eq!(test.rows(&table()).await.len(), 10);
    let snapshot = test.lake.snapshot(&table(), At::Latest).await.unwrap();
    assert_eq!(snapshot.state().position, Some(json!(9)));
    assert_eq!(snapshot.files().iter().filter_map(|file| file.rows).sum::<u64>(), 10, "statistics are lost");
    assert!(matches!(test.lake.snapshot(&table(), At::Version(3)).await, Err(LakeError::NoVersion { .. })));
    // A batch that only the checkpoint knows is not taken again.
    let lease = test.lease(&table()).await;
    let request = StageRequest::new(people(&[]).schema(), Write::Append);
    let staged = test.stage(&table(), request, vec![people(&[(3, "x")])], &lease).await.unwrap();
    let again = staged.commit(&CommitNote::new(Uuid::from_u128(103))).await.unwrap();
    assert!(matches!(again, ade_lake::Committed::Already { .. }), "{again:?}");
    assert_eq!(test.rows(&table()).await.len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn vacuum_keeps_what_young_versions_need() {
    let test = TestLake::new().await;
    for name in ["a", "b", "c"] {
        test.write(&table(), Write::Replace, vec![people(&[(1, name)])]).await.unwrap();
        test.clock.advance(TimeDelta::days(1));
    }
    // Now: version 0 was replaced two days ago, version 1 one day ago.
    let vacuum = |hours| MaintainOptions { vacuum_older_than: Some(TimeDelta::hours(hours)), ..nothing() };
    assert_eq!(maintain(&test, &vacuum(72)).await.files_removed, 0);
    assert_eq!(maintain(&test, &vacuum(36)).await.files_removed, 1);
    assert_eq!(test.rows_at(&table(), At::Version(1)).await, ["1|b"]);
    assert_eq!(maintain(&test, &vacuum(12)).await.files_removed, 1);
    assert_eq!(test.rows(&table()).await, ["1|c"]);
    assert_eq!(test.data_files().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn vacuum_removes_what_dead_writers_left_and_nothing_of_living_ones() {
    let test = TestLake::new().await;
    test.write(&table(), Write::Replace, vec![people(&[(1, "a")])]).await.unwrap();
    let dead = test.lease(&table()).await;
    let request = || StageRequest::new(people(&[]).schema(), Write::Append);
    let left = test.stage(&table(), request(), vec![people(&[(2, "dead")])], &dead).await.unwrap();
    let folder = test.folder.path().join("lake/shop/orders");
    std::fs::write(folder.join(format!("part-0000000001-{}-n-00000.parquet.0.tmp", Uuid::from_u128(1))), "half")
        .unwrap();
    std::fs::write(folder.join("somebody-elses.parquet"), "x").unwrap();
    test.clock.advance(TimeDelta::minutes(5));
    let alive = test.lease(&table()).await;
    let living = test.stage(&table(), request(), vec![people(&[(3, "alive")])], &alive).await.unwrap();
    let options = MaintainOptions { vacuum_older_than: Some(TimeDelta::days(7)), ..nothing() };
    let report = test.lake.maintain(&table(), &options, &alive).await.unwrap();
    assert_eq!(report.files_removed, 2);
    assert!(folder.join("somebody-elses.parquet").exists(), "another program may be writing it");
    // The vacuum took the next version, so the dead writer could not commit even if its lease looked alive to it.
    assert_eq!(test.lake.history(&table(), Some(1)).await.unwrap()[0].operation, "VACUUM START");
    assert!(matches!(left.commit(&CommitNote::new(Uuid::from_u128(2))).await, Err(LakeError::Fenced { .. })));
    living.commit(&CommitNote::new(Uuid::from_u128(3))).await.unwrap();
    assert_eq!(test.rows(&table()).await, ["1|a", "3|alive"]);
    test.clock.advance(TimeDelta::days(30));
    maintain(&test, &options).await;
    assert!(!folder.join("somebody-elses.parquet").exists());
    assert_eq!(test.rows(&table()).await, ["1|a", "3|alive"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_write_that_died_leaves_nothing_for_long() {
    let test = TestLake::new().await;
    let dead = test.lease(&table()).await;
    let request = StageRequest::new(people(&[]).schema(), Write::Append);
    test.stage(&table(), request, vec![people(&[(1, "a")])], &dead).await.unwrap();
    test.clock.advance(TimeDelta::minutes(5));
    assert_eq!(maintain(&test, &MaintainOptions::default()).await.files_removed, 0);
    test.clock.advance(TimeDelta::days(8));
    assert_eq!(maintain(&test, &MaintainOptions::default()).await.files_removed, 1);
    assert!(test.data_files().is_empty());
    let lease = test.lease(&table()).await;
    assert!(matches!(test.lake.maintain(&table(), &nothing(), &lease).await, Err(LakeError::NoTable { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_together_and_again() {
    let test = TestLake::new().await;
    ten_appends(&test).await;
    test.clock.advance(TimeDelta::days(40));
    for _ in 0..3 {
        maintain(&test, &MaintainOptions { checkpoint_every: Some(1), ..MaintainOptions::default() }).await;
        test.clock.advance(TimeDelta::days(40));
        assert_eq!(test.rows(&table()).await.len(), 10);
    }
    let snapshot = test.lake.snapshot(&table(), At::Latest).await.unwrap();
    assert_eq!((snapshot.files().len(), snapshot.state().position.clone()), (1, Some(json!(9))));
    assert_eq!(test.data_files().len(), 1);
    test.write(&table(), Write::Append, vec![people(&[(11, "y")])]).await.unwrap();
    assert_eq!(test.rows(&table()).await.len(), 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_table_is_gone_and_can_be_made_again() {
    let test = TestLake::new().await;
    ten_appends(&test).await;
    let lease = test.lease(&table()).await;
    assert!(test.lake.drop_table(&table(), &lease).await.unwrap());
    assert!(!test.lake.drop_table(&table(), &lease).await.unwrap());
    test.lake.release(&lease).await.unwrap();
    assert!(test.lake.list().await.unwrap().is_empty());
    assert!(test.data_files().is_empty());
    test.write(&table(), Write::Append, vec![people(&[(1, "again")])]).await.unwrap();
    assert_eq!(test.rows(&table()).await, ["1|again"]);
    let missing = TableName::new("shop", "missing").unwrap();
    let lease = test.lease(&missing).await;
    assert!(!test.lake.drop_table(&missing, &lease).await.unwrap());
}
