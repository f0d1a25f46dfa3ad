//! Each kind of write, and what it makes of a table.

use std::sync::Arc;

use ade_lake::{At, CommitNote, Committed, KeySpec, LakeError, RowCounts, StageRequest, Write};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::DataType;
use serde_json::json;

use super::support::{TestLake, people, table};

pub(crate) fn counts(arrived: u64, added: u64, removed: u64, total: u64) -> RowCounts {
    RowCounts { arrived, added, removed, total }
}

#[tokio::test(flavor = "multi_thread")]
async fn replace_and_append() {
    let test = TestLake::new().await;
    let first = test.write(&table(), Write::Replace, vec![people(&[(1, "a"), (2, "b")])]).await.unwrap();
    assert_eq!(first, (0, counts(2, 2, 0, 2)));
    let second = test.write(&table(), Write::Append, vec![people(&[(2, "b")]), people(&[(3, "c")])]).await.unwrap();
    assert_eq!(second, (1, counts(2, 2, 0, 4)));
    assert_eq!(test.rows(&table()).await, ["1|a", "2|b", "2|b", "3|c"]);
    let third = test.write(&table(), Write::Replace, vec![people(&[(9, "z")])]).await.unwrap();
    assert_eq!(third, (2, counts(1, 1, 4, 1)));
    assert_eq!(test.rows(&table()).await, ["9|z"]);
    assert_eq!(test.rows_at(&table(), At::Version(1)).await.len(), 4);
    assert_eq!(test.lake.list().await.unwrap(), [table()]);
    assert_eq!(test.lake.version(&table()).await.unwrap(), Some(2));
}

/// What arrives may have its text in several layouts, and be more than is encoded or uploaded at once.
#[tokio::test(flavor = "multi_thread")]
async fn large_arrivals_in_several_layouts_of_text() {
    const ROWS: i64 = 150_000;
    let test = TestLake::new().await;
    let layouts = [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View, DataType::Utf8];
    let texts =
        |start: i64| (start..start + ROWS).map(|id| Some(format!("{:064x}", id * 7_919))).collect::<StringArray>();
    let batches = layouts.iter().zip(0_i64..).map(|(layout, number)| {
        let start = number * ROWS;
        let text = arrow::compute::cast(&texts(start), layout).unwrap();
        RecordBatch::try_from_iter([
            ("id", Arc::new(Int64Array::from_iter_values(start..start + ROWS)) as ArrayRef),
            ("text", text),
        ])
    });
    let batches: Vec<RecordBatch> = batches.map(Result::unwrap).collect();
    let (_, rows) = test.write(&table(), Write::Replace, batches).await.unwrap();
    assert_eq!(rows.total, 600_000);
    let snapshot = test.lake.snapshot(&table(), At::Latest).await.unwrap();
    let query = "select count(*), count(distinct text), sum(case when arrow_typeof(text) = 'Utf8View' then 0 else 1 end), \
                 sum(case when text = lpad(to_hex(id * 7919), 64, '0') then 0 else 1 end) from t";
    assert_eq!(test.query(snapshot.provider(), query).await, ["600000|600000|0|0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_write_makes_an_empty_table() {
    let test = TestLake::new().await;
    let (_, rows) = test.write(&table(), Write::Replace, vec![people(&[])]).await.unwrap();
    assert_eq!(rows, counts(0, 0, 0, 0));
    assert!(test.rows(&table()).await.is_empty());
    let snapshot = test.lake.snapshot(&table(), At::Latest).await.unwrap();
    assert_eq!(test.query(snapshot.provider(), "select count(*), max(id) from t").await, ["0|∅"]);
    test.write(&table(), Write::Append, vec![people(&[(1, "a")])]).await.unwrap();
    assert_eq!(test.rows(&table()).await, ["1|a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_visible_before_the_commit_or_after_a_discard() {
    let test = TestLake::new().await;
    let lease = test.lease(&table()).await;
    let request = || StageRequest::new(people(&[]).schema(), Write::Replace);
    let staged = test.stage(&table(), request(), vec![people(&[(1, "a")])], &lease).await.unwrap();
    assert!(test.lake.list().await.unwrap().is_empty());
    assert!(matches!(test.lake.snapshot(&table(), At::Latest).await, Err(LakeError::NoTable { .. })));
    assert_eq!(test.count(staged.provider()).await, 1);
    staged.discard().await.unwrap();
    assert!(test.data_files().is_empty());
    let mut writer = test.lake.stage(&table(), request(), &lease).await.unwrap();
    writer.write(people(&[(1, "a")])).await.unwrap();
    writer.discard().await.unwrap();
    assert!(test.data_files().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_committed_once() {
    let test = TestLake::new().await;
    let note = CommitNote { position: Some(json!({"cursor": 7})), ..CommitNote::new(uuid::Uuid::from_u128(7)) };
    let lease = test.lease(&table()).await;
    let request = || StageRequest::new(people(&[]).schema(), Write::Append);
    let staged = test.stage(&table(), request(), vec![people(&[(1, "a")])], &lease).await.unwrap();
    assert_eq!(staged.commit(&note).await.unwrap(), Committed::New { version: 0 });
    assert_eq!(staged.commit(&note).await.unwrap(), Committed::Already { version: 0 });
    let again = test.stage(&table(), request(), vec![people(&[(1, "a")])], &lease).await.unwrap();
    assert_eq!(again.commit(&note).await.unwrap(), Committed::Already { version: 0 });
    let other = CommitNote::new(uuid::Uuid::from_u128(8));
    let next = test.stage(&table(), request(), vec![people(&[(2, "b")])], &lease).await.unwrap();
    assert_eq!(next.commit(&other).await.unwrap(), Committed::New { version: 1 });
    let late = test.stage(&table(), request(), vec![people(&[(1, "a")])], &lease).await.unwrap();
    assert_eq!(late.commit(&note).await.unwrap(), Committed::Already { version: 0 });
    assert_eq!(test.rows(&table()).await, ["1|a", "2|b"]);
    let state = test.lake.snapshot(&table(), At::Latest).await.unwrap().state().clone();
    assert_eq!(state.position, Some(json!({"cursor": 7})), "a commit without a position carries the last one on");
    assert_eq!(state.batch_id, Some(other.batch_id));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_staged_can_be_audited_and_is_seen_by_nobody_else() {
    let test = TestLake::new().await;
    test.write(&table(), Write::Replace, vec![people(&[(1, "a"), (2, "b")])]).await.unwrap();
    let lease = test.lease(&table()).await;
    let request = StageRequest::new(people(&[]).schema(), Write::Upsert(KeySpec::new(["id"])));
    let staged = test.stage(&table(), request, vec![people(&[(2, "B"), (3, "c")])], &lease).await.unwrap();
    assert_eq!(test.query(staged.provider(), "select * from t").await, ["1|a", "2|B", "3|c"]);
    assert_eq!(test.rows(&table()).await, ["1|a", "2|b"], "staged rows are visible");
    assert_eq!(staged.base_version(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_error_leaves_goes_with_the_lease() {
    let test = TestLake::new().await;
    test.write(&table(), Write::Replace, vec![people(&[(1, "a")])]).await.unwrap();
    let lease = test.lease(&table()).await;
    let request = || StageRequest::new(people(&[]).schema(), Write::Append);
    let mut writer = test.lake.stage(&table(), request(), &lease).await.unwrap();
    writer.write(people(&[(2, "b")])).await.unwrap();
    drop(writer);
    drop(test.stage(&table(), request(), vec![people(&[(3, "c")])], &lease).await.unwrap());
    let upsert = StageRequest::new(people(&[]).schema(), Write::Upsert(KeySpec::new(["id"])));
    drop(test.stage(&table(), upsert, vec![people(&[(1, "d")])], &lease).await.unwrap());
    let stays = test.stage(&table(), request(), vec![people(&[(4, "e")])], &lease).await.unwrap();
    stays.commit(&CommitNote::new(uuid::Uuid::from_u128(4))).await.unwrap();
    drop(stays);
    assert!(test.data_files().len() > 2, "nothing was staged");
    test.lake.release(&lease).await.unwrap();
    assert_eq!(test.data_files().len(), 2, "{:?}", test.data_files());
    assert_eq!(test.rows(&table()).await, ["1|a", "4|e"]);
}
