//! Writes that replace a part of a table: an interval, or partitions.

use std::sync::Arc;

use ade_lake::{At, CommitNote, KeySpec, LakeError, Region, StageRequest, TableName, Write};
use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use datafusion::common::ScalarValue;

use super::support::{TestLake, people, table};
use super::write_kinds::counts;

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
