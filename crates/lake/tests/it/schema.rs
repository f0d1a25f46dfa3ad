//! Columns that change.

use std::sync::Arc;

use ade_lake::{At, CommitNote, KeySpec, LakeError, Region, SchemaChange, StageRequest, Write};
use arrow::array::{
    ArrayRef, Int32Array, Int64Array, ListArray, MapArray, NullArray, RecordBatch, StringArray, StructArray,
    Time64MicrosecondArray, TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Int64Type, TimeUnit};
use datafusion::common::ScalarValue;

use super::support::{TestLake, people, table};

fn column<A: arrow::array::Array + 'static>(name: &str, array: A) -> (&str, ArrayRef) {
    (name, Arc::new(array) as ArrayRef)
}

#[tokio::test(flavor = "multi_thread")]
async fn other_columns_are_refused_with_every_difference() {
    let test = TestLake::new().await;
    test.write(&table(), Write::Replace, vec![people(&[(1, "a")])]).await.unwrap();
    let other = RecordBatch::try_from_iter([
        column("id", StringArray::from(vec!["x"])),
        column("email", StringArray::from(vec!["y"])),
    ])
    .unwrap();
    let refused = test.write(&table(), Write::Append, vec![other.clone()]).await.unwrap_err();
    let LakeError::SchemaMismatch { problems, .. } = &refused else { panic!("{refused}") };
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(matches!(
        test.evolve(&table(), Write::Append, vec![other.clone()]).await,
        Err(LakeError::SchemaMismatch { .. })
    ));
    test.write(&table(), Write::Replace, vec![other]).await.unwrap();
    assert_eq!(test.rows(&table()).await, ["x|y"], "a replacement may change everything");
    assert_eq!(test.rows_at(&table(), At::Version(0)).await, ["1|a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_added_and_widened() {
    let test = TestLake::new().await;
    let narrow = RecordBatch::try_from_iter([column("id", Int32Array::from(vec![1, 2]))]).unwrap();
    test.write(&table(), Write::Replace, vec![narrow]).await.unwrap();
    let wide = RecordBatch::try_from_iter([
        column("note", StringArray::from(vec!["new"])),
        column("id", Int64Array::from(vec![5_000_000_000])),
    ])
    .unwrap();
    let (_, rows) = test.evolve(&table(), Write::Append, vec![wide]).await.unwrap();
    assert_eq!((rows.added, rows.removed, rows.total), (1, 0, 3));
    assert_eq!(test.rows(&table()).await, ["1|∅", "2|∅", "5000000000|new"]);
    let snapshot = test.lake.snapshot(&table(), At::Latest).await.unwrap();
    assert_eq!(snapshot.schema().field(0).data_type(), &DataType::Int64);
    assert_eq!(test.query(snapshot.provider(), "select id from t where note is null").await, ["1", "2"]);
    assert_eq!(test.query(snapshot.provider(), "select id from t where id > 2").await, ["5000000000"]);
    assert_eq!(test.query(snapshot.provider(), "select count(note), max(id) from t").await, ["1|5000000000"]);
    // The file of the narrow type is gone from the table: every reader can read what is left.
    assert!(snapshot.files().iter().all(|file| !file.path.contains("-n-00000") || file.rows == Some(1)));
    let part = RecordBatch::try_from_iter([column("id", Int32Array::from(vec![7]))]).unwrap();
    assert!(test.write(&table(), Write::Append, vec![part.clone()]).await.is_err(), "a column is missing");
    test.evolve(&table(), Write::Upsert(KeySpec::new(["id"])), vec![part]).await.unwrap();
    assert_eq!(test.rows(&table()).await, ["1|∅", "2|∅", "5000000000|new", "7|∅"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_synced_table_has_exactly_the_columns_that_arrive() {
    let test = TestLake::new().await;
    let sync = |write: Write, batch: RecordBatch| {
        let request = StageRequest::new(batch.schema(), write).schema_change(SchemaChange::Sync);
        (request, batch)
    };
    let first = RecordBatch::try_from_iter([
        column("id", Int64Array::from(vec![1, 2])),
        column("secret", StringArray::from(vec!["canary-1", "canary-2"])),
        column("code", Int64Array::from(vec![7, 8])),
    ])
    .unwrap();
    test.write(&table(), Write::Replace, vec![first]).await.unwrap();
    let second = RecordBatch::try_from_iter([
        column("note", StringArray::from(vec!["new"])),
        column("code", StringArray::from(vec!["nine"])),
        column("id", Int64Array::from(vec![2])),
    ])
    .unwrap();
    let (request, batch) = sync(Write::Upsert(KeySpec::new(["id"])), second.clone());
    let (_, rows) =
        test.submit(&table(), request, vec![batch], &CommitNote::new(uuid::Uuid::from_u128(1))).await.unwrap();
    assert_eq!((rows.added, rows.removed, rows.total), (1, 1, 2));
    let snapshot = test.lake.snapshot(&table(), At::Latest).await.unwrap();
    let names: Vec<&str> = snapshot.schema().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["id", "code", "note"]);
    assert_eq!(test.rows(&table()).await, ["1|7|∅", "2|nine|new"]);
    assert_eq!(test.rows_at(&table(), At::Version(0)).await, ["1|canary-1|7", "2|canary-2|8"]);
    // A column that comes again does not bring the values back that it once had, nor do files hold them.
    let third = RecordBatch::try_from_iter([
        column("id", Int64Array::from(vec![3])),
        column("secret", StringArray::from(vec!["x"])),
        column("code", StringArray::from(vec!["y"])),
        column("note", StringArray::from(vec!["z"])),
    ])
    .unwrap();
    test.evolve(&table(), Write::Append, vec![third.clone()]).await.unwrap();
    assert_eq!(test.rows(&table()).await, ["1|7|∅|∅", "2|nine|new|∅", "3|y|z|x"]);
    // A type that no value fits is an error, and nothing changes.
    let numbers = RecordBatch::try_from_iter([column("code", Int64Array::from(vec![1]))]).unwrap();
    let (request, batch) = sync(Write::Append, numbers);
    let note = CommitNote::new(uuid::Uuid::from_u128(2));
    assert!(test.submit(&table(), request, vec![batch], &note).await.is_err());
    assert_eq!(test.rows(&table()).await.len(), 3);
    // What splits a table can neither go nor become something else.
    let request = StageRequest::new(third.schema(), Write::Replace).partition_by(["secret"]);
    test.submit(&table(), request, vec![third.clone()], &CommitNote::new(uuid::Uuid::from_u128(3))).await.unwrap();
    let numbered = RecordBatch::try_from_iter([
        column("id", Int64Array::from(vec![3])),
        column("secret", Int64Array::from(vec![3])),
    ]);
    for batch in [second, numbered.unwrap()] {
        let (request, batch) = sync(Write::Append, batch);
        let refused = test.submit(&table(), request, vec![batch], &note).await;
        assert!(matches!(refused, Err(LakeError::SchemaMismatch { .. })), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_added_column_is_null_in_files_that_are_not_rewritten() {
    let test = TestLake::new().await;
    test.write(&table(), Write::Replace, vec![people(&[(1, "a"), (2, "b")])]).await.unwrap();
    let more = RecordBatch::try_from_iter([
        column("id", Int64Array::from(vec![2, 3])),
        column("name", StringArray::from(vec!["B", "c"])),
        column("vip", Int64Array::from(vec![1, 0])),
    ])
    .unwrap();
    let region = Region::In { column: "id".into(), values: vec![ScalarValue::from(2_i64), ScalarValue::from(3_i64)] };
    test.evolve(&table(), Write::ReplaceWhere(region), vec![more]).await.unwrap();
    assert_eq!(test.rows(&table()).await, ["1|a|∅", "2|B|1", "3|c|0"]);
    let provider = test.lake.snapshot(&table(), At::Latest).await.unwrap().provider();
    assert_eq!(test.query(provider.clone(), "select id from t where vip is null or vip = 0").await, ["1", "3"]);
    assert_eq!(test.query(provider, "select sum(vip), count(vip), count(*) from t").await, ["1|2|3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn types_that_delta_has_not_got_are_converted_at_the_door() {
    let test = TestLake::new().await;
    let nested = StructArray::from(vec![(
        Arc::new(Field::new("x", DataType::Int64, false)),
        Arc::new(Int64Array::from(vec![7])) as ArrayRef,
    )]);
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), None])]);
    let map = MapArray::new_from_strings(["k"].into_iter(), &Int64Array::from(vec![9]), &[0, 1]).unwrap();
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("u", Arc::new(UInt64Array::from(vec![3])) as ArrayRef, false),
        ("t", Arc::new(Time64MicrosecondArray::from(vec![3_600_000_000])) as ArrayRef, true),
        ("ts", Arc::new(TimestampNanosecondArray::from(vec![1_000_000_001]).with_timezone("+02:00")) as ArrayRef, true),
        ("ntz", Arc::new(TimestampMicrosecondArray::from(vec![1])) as ArrayRef, true),
        ("nothing", Arc::new(NullArray::new(1)) as ArrayRef, true),
        ("s", Arc::new(nested) as ArrayRef, true),
        ("l", Arc::new(list) as ArrayRef, true),
        ("m", Arc::new(map) as ArrayRef, true),
    ])
    .unwrap();
    let lease = test.lease(&table()).await;
    let request = StageRequest::new(batch.schema(), Write::Replace).schema_change(SchemaChange::Refuse);
    let writer = test.lake.stage(&table(), request, &lease).await.unwrap();
    assert_eq!(writer.notes().len(), 4, "{:?}", writer.notes());
    writer.discard().await.unwrap();
    test.lake.release(&lease).await.unwrap();
    test.write(&table(), Write::Replace, vec![batch.clone()]).await.unwrap();
    test.write(&table(), Write::Append, vec![batch]).await.unwrap();
    let expected = "3|01:00:00|1970-01-01T00:00:01Z|1970-01-01T00:00:00.000001|∅|{x: 7}|[1, ∅]|{k: 9}";
    assert_eq!(test.rows(&table()).await, [expected, expected]);
    let snapshot = test.lake.snapshot(&table(), At::Latest).await.unwrap();
    let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!(snapshot.schema().field_with_name("ts").unwrap().data_type(), &utc);
    let too_large = RecordBatch::try_from_iter([column("u", UInt64Array::from(vec![u64::MAX]))]).unwrap();
    let name = ade_lake::TableName::new("shop", "large").unwrap();
    let error = test.write(&name, Write::Replace, vec![too_large]).await.unwrap_err();
    assert!(matches!(error, LakeError::BadValue { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_of_nulls_without_a_type_takes_the_tables() {
    let test = TestLake::new().await;
    test.write(&table(), Write::Replace, vec![people(&[(1, "a")])]).await.unwrap();
    let nulls = RecordBatch::try_from_iter_with_nullable([
        ("id", Arc::new(NullArray::new(1)) as ArrayRef, true),
        ("name", Arc::new(StringArray::from(vec!["b"])) as ArrayRef, true),
    ]);
    test.write(&table(), Write::Append, vec![nulls.unwrap()]).await.unwrap();
    assert_eq!(test.rows(&table()).await, ["1|a", "∅|b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_make_no_sense() {
    let test = TestLake::new().await;
    test.write(&table(), Write::Replace, vec![people(&[(1, "a")])]).await.unwrap();
    let writes = [
        Write::Upsert(KeySpec::default()),
        Write::Upsert(KeySpec::new(["nope"])),
        Write::Upsert(KeySpec::new(["id"]).order_by("nope")),
        Write::Upsert(KeySpec::new(["id"]).delete_when("name")),
        Write::DeleteByKey { columns: Vec::new() },
        Write::ReplaceWhere(Region::In { column: "nope".into(), values: Vec::new() }),
    ];
    for write in writes {
        let error = test.write(&table(), write.clone(), vec![people(&[(1, "b")])]).await;
        assert!(matches!(error, Err(LakeError::BadRequest { .. })), "{write:?}: {error:?}");
    }
    let missing = ade_lake::TableName::new("shop", "missing").unwrap();
    let delete = Write::DeleteByKey { columns: vec!["id".into()] };
    assert!(matches!(test.write(&missing, delete, vec![people(&[])]).await, Err(LakeError::NoTable { .. })));
}
