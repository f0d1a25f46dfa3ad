//! Writes that tell rows apart by a key.

use std::sync::Arc;

use ade_lake::{At, KeySpec, Lake, LakeError, LakeOptions, Region, Write};
use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;

use super::support::{TestLake, people, table};
use super::write_kinds::counts;

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
            assert!(one.to_string().contains("1 row for table shop.orders has NULL in `name`, which is"), "{one}");
        }
        assert_eq!(test.rows(&table()).await, ["1|a", "∅|∅"]);
        assert_eq!(test.data_files().len(), 1, "nothing is left of them");
    }
}
