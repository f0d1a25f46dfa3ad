//! Each kind of write, and what it makes of a table.

use std::sync::Arc;

use ade_lake::{
    At, CommitNote, Committed, KeySpec, Lake, LakeError, LakeOptions, Region, RowCounts, StageRequest, TableName, Write,
};
use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;
use serde_json::json;

use super::support::{TestLake, people, table};

fn counts(arrived: u64, added: u64, removed: u64, total: u64) -> RowCounts {
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
async fn replacing_an_interval_takes_exactly_its_rows() {
    let test = TestLake::new().await;
    let day = |rows: &[(Option<i32>, &str)]| {
        let days: Vec<_> = rows.iter().map(|row| row.0).collect();
        let texts: Vec<_> = rows.iter().map(|row| row.1).collect();
        RecordBatch::try_from_iter([
            ("day", Arc::new(Date32Array::from(days)) as ArrayRef),
            ("v", Arc::new(StringArray::from(texts)) as ArrayRef),
        ])
        .unwrap()
    };
    let range = |from: i32, to: i32| {
        Write::ReplaceWhere(Region::Range {
            column: "day".into(),
            from: ScalarValue::Date32(Some(from)),
            to: ScalarValue::Date32(Some(to)),
        })
    };
    test.write(&table(), Write::Replace, vec![day(&[(Some(0), "a"), (Some(1), "b"), (None, "n")])]).await.unwrap();
    test.write(&table(), Write::Append, vec![day(&[(Some(2), "c"), (Some(3), "d")])]).await.unwrap();
    test.write(&table(), Write::Append, vec![day(&[(Some(9), "z")])]).await.unwrap();
    let untouched = test.lake.snapshot(&table(), At::Latest).await.unwrap().files()[2].clone();
    let (_, rows) = test.write(&table(), range(1, 3), vec![day(&[(Some(1), "B"), (Some(2), "C")])]).await.unwrap();
    assert_eq!(rows, counts(2, 2, 2, 6));
    let expected = ["1970-01-01|a", "1970-01-02|B", "1970-01-03|C", "1970-01-04|d", "1970-01-10|z", "∅|n"];
    assert_eq!(test.rows(&table()).await, expected);
    let files = test.lake.snapshot(&table(), At::Latest).await.unwrap().files().to_vec();
    assert!(files.contains(&untouched), "a file outside of the interval was rewritten");
    let outside = test.write(&table(), range(1, 3), vec![day(&[(Some(3), "x")])]).await;
    assert!(matches!(outside, Err(LakeError::OutsideRegion { rows: 1, .. })), "{outside:?}");
    let null = test.write(&table(), range(1, 3), vec![day(&[(None, "x")])]).await;
    assert!(matches!(null, Err(LakeError::OutsideRegion { .. })));
    // Again, and with nothing to put in its place.
    test.write(&table(), range(1, 3), vec![day(&[(Some(1), "B"), (Some(2), "C")])]).await.unwrap();
    assert_eq!(test.rows(&table()).await, expected);
    let (_, rows) = test.write(&table(), range(0, 100), vec![day(&[])]).await.unwrap();
    assert_eq!(rows, counts(0, 0, 5, 1));
    assert_eq!(test.rows(&table()).await, ["∅|n"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn replacing_partitions() {
    let test = TestLake::new().await;
    let name = TableName::new("shop", "été 2024").unwrap();
    let rows = |rows: &[(Option<&str>, i64)]| {
        let regions: StringArray = rows.iter().map(|row| row.0).collect();
        let values: Int64Array = rows.iter().map(|row| Some(row.1)).collect();
        RecordBatch::try_from_iter([("region", Arc::new(regions) as ArrayRef), ("v", Arc::new(values) as ArrayRef)])
            .unwrap()
    };
    let all = rows(&[(Some("north/a b"), 1), (Some("süd"), 2), (None, 3), (Some("north/a b"), 4)]);
    let request = StageRequest::new(all.schema(), Write::Replace).partition_by(["region"]);
    test.submit(&name, request, vec![all], &CommitNote::new(uuid::Uuid::from_u128(1))).await.unwrap();
    let snapshot = test.lake.snapshot(&name, At::Latest).await.unwrap();
    assert_eq!((snapshot.files().len(), snapshot.partition_by()), (3, &["region".to_owned()][..]));
    assert_eq!(test.rows(&name).await, ["north/a b|1", "north/a b|4", "süd|2", "∅|3"]);
    let folder = test.folder.path().join("lake/shop/été 2024/region=north%2Fa%20b");
    assert!(folder.is_dir(), "readers that take partition values from paths find none");
    let nulls = test.query(snapshot.provider(), "select v from t where region is null").await;
    assert_eq!(nulls, ["3"]);
    let values = vec![ScalarValue::from("süd"), ScalarValue::Utf8(None)];
    let region = Write::ReplaceWhere(Region::In { column: "region".into(), values });
    let (_, counted) = test.write(&name, region.clone(), vec![rows(&[(Some("süd"), 20)])]).await.unwrap();
    assert_eq!(counted, counts(1, 1, 2, 3));
    assert_eq!(test.rows(&name).await, ["north/a b|1", "north/a b|4", "süd|20"]);
    assert!(test.write(&name, region, vec![rows(&[(Some("north"), 1)])]).await.is_err());
    let empty = test.write(&name, Write::Append, vec![rows(&[(Some(""), 1)])]).await;
    assert!(matches!(empty, Err(LakeError::BadValue { .. })), "Delta would read an empty text as NULL");
    let upsert = Write::Upsert(KeySpec::new(["region", "v"]));
    test.write(&name, upsert, vec![rows(&[(Some("süd"), 20), (Some("ost"), 5)])]).await.unwrap();
    assert_eq!(test.rows(&name).await, ["north/a b|1", "north/a b|4", "ost|5", "süd|20"]);
    let split = StageRequest::new(rows(&[]).schema(), Write::Append).partition_by(["v"]);
    let lease = test.lease(&name).await;
    assert!(matches!(test.lake.stage(&name, split, &lease).await, Err(LakeError::BadRequest { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_partitions_that_arrive_are_replaced_and_no_others() {
    let rows = |rows: &[(Option<&str>, i64, &str)]| {
        let column = |values: ArrayRef| values;
        RecordBatch::try_from_iter_with_nullable([
            ("region", column(Arc::new(rows.iter().map(|row| row.0).collect::<StringArray>())), true),
            ("day", column(Arc::new(rows.iter().map(|row| Some(row.1)).collect::<Int64Array>())), true),
            ("v", column(Arc::new(rows.iter().map(|row| Some(row.2)).collect::<StringArray>())), true),
        ])
        .unwrap()
    };
    let replace = |columns: &[&str]| Write::ReplacePartitions {
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
    };
    // Split by the columns, by one of them, by none; with memory for all values, and for none.
    for (split, memory) in
        [(vec!["region", "day"], 1 << 20), (vec!["region"], 1), (Vec::new(), 1 << 20), (Vec::new(), 1)]
    {
        let test = TestLake::with(|options| options.memory_bytes = memory).await;
        let all = rows(&[
            (Some("n"), 1, "a"),
            (Some("n"), 2, "b"),
            (Some("n"), 2, "c"),
            (Some("s"), 1, "d"),
            (None, 1, "e"),
            (None, 2, "f"),
        ]);
        let request = StageRequest::new(all.schema(), Write::Replace).partition_by(split.clone());
        test.submit(&table(), request, vec![all], &CommitNote::new(uuid::Uuid::from_u128(1))).await.unwrap();
        let arrivals =
            vec![rows(&[(Some("n"), 2, "B"), (None, 1, "E")]), rows(&[(Some("n"), 2, "C"), (Some("w"), 9, "W")])];
        let (_, counted) = test.write(&table(), replace(&["region", "day"]), arrivals.clone()).await.unwrap();
        assert_eq!(counted, counts(4, 4, 3, 7), "{split:?}");
        let expected = ["n|1|a", "n|2|B", "n|2|C", "s|1|d", "w|9|W", "∅|1|E", "∅|2|f"];
        assert_eq!(test.rows(&table()).await, expected, "{split:?}");
        test.write(&table(), replace(&["region", "day"]), arrivals).await.unwrap();
        assert_eq!(test.rows(&table()).await, expected, "{split:?}: again");
        test.write(&table(), replace(&["region"]), vec![rows(&[(Some("n"), 3, "x")])]).await.unwrap();
        assert_eq!(test.rows(&table()).await, ["n|3|x", "s|1|d", "w|9|W", "∅|1|E", "∅|2|f"], "{split:?}");
        let (_, counted) = test.write(&table(), replace(&["region"]), vec![rows(&[])]).await.unwrap();
        assert_eq!(counted, counts(0, 0, 0, 5), "nothing arrives, and nothing goes");
    }
    let test = TestLake::new().await;
    for columns in [&["nope"][..], &[]] {
        let error = test.write(&table(), replace(columns), vec![people(&[(1, "a")])]).await;
        assert!(matches!(error, Err(LakeError::BadRequest { .. })), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_other_partitions_are_left_alone() {
    let test = TestLake::new().await;
    let days = |days: std::ops::Range<i64>| people(&days.map(|day| (day % 3, "x")).collect::<Vec<_>>());
    let request = StageRequest::new(people(&[]).schema(), Write::Replace).partition_by(["id"]);
    test.submit(&table(), request, vec![days(0..300)], &CommitNote::new(uuid::Uuid::from_u128(1))).await.unwrap();
    let before = test.lake.snapshot(&table(), At::Latest).await.unwrap().files().to_vec();
    let replace = Write::ReplacePartitions { columns: vec!["id".into()] };
    let (_, counted) = test.write(&table(), replace, vec![people(&[(0, "new"), (2, "new")])]).await.unwrap();
    assert_eq!(counted, counts(2, 2, 200, 102));
    let after = test.lake.snapshot(&table(), At::Latest).await.unwrap().files().to_vec();
    assert_eq!(before.iter().filter(|file| after.contains(file)).count(), 1, "{after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn upsert_and_delete_by_key() {
    let test = TestLake::new().await;
    let upsert = || Write::Upsert(KeySpec::new(["id"]));
    test.write(&table(), upsert(), vec![people(&[(1, "a"), (2, "b"), (1, "A")])]).await.unwrap();
    assert_eq!(test.rows(&table()).await, ["1|A", "2|b"]);
    test.write(&table(), Write::Append, vec![people(&[(100, "far"), (200, "away")])]).await.unwrap();
    let far = test.lake.snapshot(&table(), At::Latest).await.unwrap().files()[1].clone();
    let (_, rows) = test.write(&table(), upsert(), vec![people(&[(2, "B"), (3, "c")])]).await.unwrap();
    assert_eq!(rows, counts(2, 2, 1, 5));
    assert_eq!(test.rows(&table()).await, ["100|far", "1|A", "200|away", "2|B", "3|c"]);
    let files = test.lake.snapshot(&table(), At::Latest).await.unwrap().files().to_vec();
    assert!(files.contains(&far), "a file without any of the keys was rewritten");
    let ids = RecordBatch::try_from_iter([("id", Arc::new(Int64Array::from(vec![1, 100, 7, 1])) as ArrayRef)]).unwrap();
    let delete = Write::DeleteByKey { columns: vec!["id".into()] };
    let (_, rows) = test.write(&table(), delete, vec![ids]).await.unwrap();
    assert_eq!(rows, counts(4, 0, 2, 3));
    assert_eq!(test.rows(&table()).await, ["200|away", "2|B", "3|c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_sql_calls_equal_are_one_key() {
    let rows = |keys: &[f64], value: &str| {
        let values: StringArray = keys.iter().map(|_| Some(value)).collect();
        let keys: ArrayRef = Arc::new(Float64Array::from(keys.to_vec()));
        RecordBatch::try_from_iter([("k", keys), ("v", Arc::new(values) as ArrayRef)]).unwrap()
    };
    let key = || KeySpec::new(["k"]);
    for again in [Write::Upsert(key()), Write::DeleteInsert(key())] {
        let test = TestLake::new().await;
        let first = vec![rows(&[0.0, 1.0, f64::NAN], "a"), rows(&[-0.0, -f64::NAN], "b")];
        test.write(&table(), Write::Upsert(key()), first).await.unwrap();
        assert_eq!(test.rows(&table()).await, ["-0.0|b", "1.0|a", "NaN|b"]);
        // Of a file of negative zeros alone, too.
        test.write(&table(), Write::Replace, vec![rows(&[-0.0], "b")]).await.unwrap();
        test.write(&table(), Write::Append, vec![rows(&[f64::NAN], "b")]).await.unwrap();
        test.write(&table(), again, vec![rows(&[0.0, -f64::NAN], "c")]).await.unwrap();
        assert_eq!(test.rows(&table()).await, ["0.0|c", "NaN|c"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn marked_arrivals_delete_and_the_mark_is_no_column() {
    let test = TestLake::new().await;
    test.write(&table(), Write::Replace, vec![people(&[(1, "a"), (2, "b"), (3, "c")])]).await.unwrap();
    let marked = |rows: &[(i64, &str, Option<bool>, i64)]| {
        let column = |values: ArrayRef| values;
        RecordBatch::try_from_iter_with_nullable([
            ("gone", column(Arc::new(rows.iter().map(|row| row.2).collect::<BooleanArray>())), true),
            ("id", column(Arc::new(rows.iter().map(|row| Some(row.0)).collect::<Int64Array>())), true),
            ("name", column(Arc::new(rows.iter().map(|row| Some(row.1)).collect::<StringArray>())), true),
            ("at", column(Arc::new(rows.iter().map(|row| Some(row.3)).collect::<Int64Array>())), true),
        ])
        .unwrap()
    };
    let spec = || KeySpec::new(["id"]).order_by("at").delete_when("gone");
    let batch = marked(&[
        (1, "late", Some(true), 5),
        (1, "early", Some(false), 4),
        (2, "B", None, 1),
        (4, "d", Some(false), 1),
    ]);
    let extra = test.write(&table(), Write::Upsert(spec()), vec![batch.clone()]).await;
    assert!(matches!(extra, Err(LakeError::SchemaMismatch { .. })), "the order column is a new column");
    let (_, rows) = test.evolve(&table(), Write::Upsert(spec()), vec![batch]).await.unwrap();
    assert_eq!(rows, counts(4, 2, 2, 3));
    assert_eq!(test.rows(&table()).await, ["2|B|1", "3|c|∅", "4|d|1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_new_table_has_no_row_whose_last_arrival_is_deleted() {
    for memory in [1 << 20, 1] {
        let test = TestLake::with(|options| options.memory_bytes = memory).await;
        let marked = |rows: &[(i64, &str, bool)]| {
            let ids: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.0)).collect::<Int64Array>());
            let names: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.1)).collect::<StringArray>());
            let gone: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.2)).collect::<BooleanArray>());
            RecordBatch::try_from_iter_with_nullable([("id", ids, true), ("gone", gone, true), ("name", names, true)])
                .unwrap()
        };
        let spec = || Write::ReplaceByKey(KeySpec::new(["id"]).delete_when("gone"));
        // The first time, and over rows that are there: the mark is no column of the table.
        for before in [0, 2] {
            let arrivals = vec![
                marked(&[(1, "a", false), (2, "b", true)]),
                marked(&[(1, "A", true), (2, "B", false), (3, "c", false)]),
            ];
            let (_, rows) = test.evolve(&table(), spec(), arrivals).await.unwrap();
            assert_eq!(rows, counts(5, 2, before, 2));
            assert_eq!(test.rows(&table()).await, ["2|B", "3|c"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upsert_larger_than_its_memory_gives_the_same_table() {
    let small = |options: &mut ade_lake::LakeOptions| {
        options.memory_bytes = 256 << 10;
        options.target_file_bytes = 64 << 10;
    };
    let test = TestLake::with(small).await;
    let batch = |from: i64, to: i64, text: &str| {
        let rows: Vec<(i64, &str)> = (from..to).map(|id| (id, text)).collect();
        people(&rows)
    };
    let first: Vec<_> = (0..40).map(|part| batch(part * 1000, part * 1000 + 1000, "old")).collect();
    test.write(&table(), Write::Replace, first).await.unwrap();
    // Every key twice; more arrivals than memory; a third of the table.
    let mut arrivals: Vec<_> = (0..20).map(|part| batch(30_000 + part * 1000, 31_000 + part * 1000, "first")).collect();
    arrivals.extend((0..20).rev().map(|part| batch(30_000 + part * 1000, 31_000 + part * 1000, "second")));
    let (_, rows) = test.write(&table(), Write::Upsert(KeySpec::new(["id"])), arrivals).await.unwrap();
    assert_eq!(rows, counts(40_000, 20_000, 10_000, 50_000));
    let provider = test.lake.snapshot(&table(), At::Latest).await.unwrap().provider();
    let summary =
        test.query(provider, "select name, count(*), count(distinct id), min(id), max(id) from t group by name");
    assert_eq!(summary.await, ["old|30000|30000|0|29999", "second|20000|20000|30000|49999"]);
    let spilled = std::fs::read_dir(test.folder.path().join("spill")).unwrap().count();
    assert_eq!(spilled, 0, "spilled arrivals are left behind");
}

/// Writes the table's only file anew, with row groups of `rows` rows, as another program might have.
fn regroup(test: &TestLake, rows: usize) {
    let folder = test.folder.path().join("lake/shop/orders");
    let path = folder.join(&test.data_files()[0]);
    let before = path.metadata().unwrap().len();
    let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&path).unwrap()).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(rows)).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, reader.schema().clone(), Some(properties)).unwrap();
    for batch in reader.build().unwrap() {
        writer.write(&batch.unwrap()).unwrap();
    }
    writer.close().unwrap();
    std::fs::write(&path, &bytes).unwrap();
    let log = folder.join("_delta_log/00000000000000000000.json");
    let entry = std::fs::read_to_string(&log).unwrap();
    let (old, new) = (format!("\"size\":{before}"), format!("\"size\":{}", bytes.len()));
    assert!(entry.contains(&old));
    std::fs::write(&log, entry.replace(&old, &new)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_searched_and_rewritten_in_parts() {
    let mut test = TestLake::with(|options| options.encode_threads = 3).await;
    let rows: Vec<(i64, &str)> = (0..200_000).map(|id| (id, "old")).collect();
    test.write(&table(), Write::Replace, vec![people(&rows)]).await.unwrap();
    regroup(&test, 20_000);
    // From here on, files of a few row groups are worth a core each.
    let options = LakeOptions { target_file_bytes: 1 << 20, ..test.options.clone() };
    test.lake = Lake::open(test.folder.path().join("lake").to_str().unwrap(), options).await.unwrap();
    // One key of each row group, the first and the last of the table, and a new one.
    let changed: Vec<(i64, &str)> =
        [0, 29_999, 30_000, 75_000, 100_000, 149_999, 180_000, 199_999, 200_000].map(|id| (id, "new")).into();
    let (_, rows) = test.write(&table(), Write::Upsert(KeySpec::new(["id"])), vec![people(&changed)]).await.unwrap();
    assert_eq!(rows, counts(9, 9, 8, 200_001));
    let snapshot = test.lake.snapshot(&table(), At::Latest).await.unwrap();
    assert_eq!(snapshot.files().len(), 4, "one file of arrivals, three of what stays");
    let found =
        test.query(snapshot.provider(), "select name, count(*), count(distinct id), sum(id) from t group by name");
    let sum = 199_999_i64 * 200_000 / 2;
    let new: i64 = changed.iter().map(|(id, _)| id).sum();
    assert_eq!(found.await, [format!("new|9|9|{new}"), format!("old|199992|199992|{}", sum - (new - 200_000))]);
    // The files hold runs of neighbours, so their statistics tell them apart.
    let plan = test.query(snapshot.provider(), "explain select name from t where id = 60000").await.join("\n");
    assert_eq!(plan.matches(".parquet").count(), 2, "{plan}");
    // What is rewritten goes to smaller files: one core alone would have put all of it into one.
    let options = LakeOptions { target_file_bytes: 2 << 20, encode_threads: 1, ..test.options.clone() };
    test.lake = Lake::open(test.folder.path().join("lake").to_str().unwrap(), options).await.unwrap();
    let changed = [(1, "newer"), (100_001, "newer"), (199_998, "newer")];
    let (_, rows) = test.write(&table(), Write::Upsert(KeySpec::new(["id"])), vec![people(&changed)]).await.unwrap();
    assert_eq!(rows, counts(3, 3, 3, 200_001));
    let files = test.lake.snapshot(&table(), At::Latest).await.unwrap().files().len();
    assert_eq!(files, 4, "two files of arrivals, two of what stays");
    // The rows of an interval are found in parts, too.
    let range = Region::Range { column: "id".into(), from: 70_000_i64.into(), to: 150_000_i64.into() };
    let (_, rows) = test.write(&table(), Write::ReplaceWhere(range), vec![people(&[(70_001, "x")])]).await.unwrap();
    assert_eq!(rows, counts(1, 1, 80_000, 120_002));
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
async fn rows_without_a_key_are_refused_and_counted() {
    // With memory for the arrivals, and without.
    for memory in [1 << 20, 1] {
        let test = TestLake::with(|options| options.memory_bytes = memory).await;
        let rows = |rows: &[(Option<i64>, Option<&str>)]| {
            let ids: ArrayRef = Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>());
            let names: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<StringArray>());
            RecordBatch::try_from_iter_with_nullable([("id", ids, true), ("name", names, true)]).unwrap()
        };
        test.write(&table(), Write::Replace, vec![rows(&[(Some(1), Some("a")), (None, None)])]).await.unwrap();
        let spec = || KeySpec::new(["id", "name"]);
        for write in [
            Write::Upsert(spec()),
            Write::ReplaceByKey(spec()),
            Write::DeleteInsert(spec()),
            Write::DeleteByKey { columns: vec!["id".into(), "name".into()] },
        ] {
            let arrivals =
                vec![rows(&[(None, Some("b")), (Some(2), Some("c"))]), rows(&[(None, Some("b")), (None, None)])];
            let refused = test.write(&table(), write.clone(), arrivals).await.unwrap_err();
            let words = "3 rows for table shop.orders have NULL in `id` and `name`, which are part of its key; nothing was written";
            assert!(refused.to_string().starts_with(words), "{write:?}: {refused}");
            let one = test.write(&table(), write.clone(), vec![rows(&[(Some(3), None)])]).await.unwrap_err();
            assert!(one.to_string().contains("1 rows for table shop.orders have NULL in `name`, which is"), "{one}");
        }
        assert_eq!(test.rows(&table()).await, ["1|a", "∅|∅"]);
        assert_eq!(test.data_files().len(), 1, "nothing is left of them");
    }
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
