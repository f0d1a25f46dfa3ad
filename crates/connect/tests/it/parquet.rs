//! Parquet: types as they are, promises, drift, broken files.

use std::sync::Arc;

use ade_connect::ConnectError;
use arrow::array::{
    ArrayRef, Decimal128Array, Int32Array, Int64Array, ListArray, NullArray, RecordBatch, StringArray,
    TimestampMicrosecondArray, TimestampNanosecondArray,
};
use arrow::datatypes::{DataType, Int32Type};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::data_type::{Int96, Int96Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::json;

use crate::source::{Source, TIMESTAMP, promise};

fn file(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(1_000))
        .set_compression(Compression::SNAPPY)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn numbers(count: i64) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(0..count))
}

#[tokio::test]
async fn rows_and_types_as_they_are() {
    let source = Source::files();
    let nested = ListArray::from_iter_primitive::<Int32Type, _, _>((0..5_000).map(|row| Some(vec![Some(row), None])));
    let decimals =
        Decimal128Array::from_iter_values((0..5_000).map(i128::from)).with_precision_and_scale(12, 2).unwrap();
    let times = TimestampMicrosecondArray::from_iter_values(0..5_000).with_timezone("+02:00");
    source.write(
        "t.parquet",
        file(vec![
            ("id", numbers(5_000)),
            ("amount", Arc::new(decimals)),
            ("list", Arc::new(nested)),
            ("at", Arc::new(times)),
        ]),
    );
    let load = source.read(&source.request("t.parquet", json!({}))).await.unwrap();
    assert_eq!(load.columns()[..2], ["id bigint", "amount decimal(12,2)"]);
    assert!(load.plan.schema.field(2).data_type().is_nested());
    assert_eq!(load.columns()[3], "at timestamptz");
    let rows = load.rows();
    assert_eq!((rows.len(), rows[4_321].as_str()), (5_000, "4321|43.21|[4321, ]|1970-01-01T00:00:00.004321Z"));
    assert_eq!(load.plan.units[0].rows, Some(5_000));
}

#[tokio::test]
async fn timestamps_of_96_bits_hold_every_date() {
    let schema = Arc::new(parse_message_type("message t { optional int96 at; }").unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let value = |day: u32| {
        let mut at = Int96::new();
        at.set_data(0, 0, day);
        at
    };
    // Julian days of 1970-01-01 and 9999-12-31; the second does not fit into nanoseconds.
    let values = [value(2_440_588), value(5_373_484)];
    column.typed::<Int96Type>().write_batch(&values, Some(&[1, 1]), None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    let source = Source::files();
    source.write("t.parquet", writer.into_inner().unwrap());
    let load = source.read(&source.request("t.parquet", json!({}))).await.unwrap();
    assert_eq!(load.plan.schema.field(0).data_type(), &TIMESTAMP);
    assert_eq!(load.rows(), ["1970-01-01T00:00:00", "9999-12-31T00:00:00"]);
}

#[tokio::test]
async fn promises_are_kept_exactly_or_not_at_all() {
    let source = Source::files();
    source.write(
        "t.parquet",
        file(vec![
            ("id", numbers(3_000)),
            ("price", Arc::new(StringArray::from_iter_values((0..3_000).map(|_| "1.50")))),
        ]),
    );
    let mut request = source.request("t.parquet", json!({}));
    request.promised =
        promise(&[("price", DataType::Utf8View), ("id", DataType::Decimal128(20, 2)), ("gone", DataType::Int64)]);
    let load = source.read(&request).await.unwrap();
    assert_eq!(load.columns(), ["price varchar", "id decimal(20,2)", "gone bigint"]);
    assert_eq!(load.rows()[2_999], "1.50|2999.00|NULL");
    let drift = load.plan.drift();
    assert_eq!((drift.missing[0].name.as_str(), drift.retyped.len()), ("gone", 0));

    request.promised = promise(&[("id", DataType::Int16), ("price", DataType::Utf8)]);
    assert!(source.plan(&request).await.unwrap().drift().is_empty());
    source.write(
        "t.parquet",
        file(vec![("id", numbers(40_000)), ("price", Arc::new(StringArray::from(vec!["1"; 40_000])))]),
    );
    let error = source.read_error(&request).await.to_string();
    assert!(
        error
            .starts_with("`t.parquet`, row 32769, column `id`: expected smallint, found another value of type bigint;"),
        "{error}"
    );

    // Text that was promised as a number is another type: known before, and read as far as it fits.
    request.promised = promise(&[("price", DataType::Int64), ("id", DataType::Int64)]);
    let load = source.read(&request).await.unwrap();
    let drift = load.plan.drift();
    assert_eq!((drift.retyped[0].promised.as_str(), drift.retyped[0].found.as_str()), ("bigint", "varchar"));
    assert_eq!(load.rows()[7], "1|7");
    request.promised = promise(&[("price", DataType::Utf8), ("id", TIMESTAMP)]);
    assert_eq!(source.plan(&request).await.unwrap().drift().retyped[0].name, "id");
    assert!(matches!(source.read_error(&request).await, ConnectError::Value { .. }));
}

#[tokio::test]
async fn types_of_several_files_widen() {
    let source = Source::files();
    source.write(
        "t_1.parquet",
        file(vec![("id", Arc::new(Int32Array::from(vec![1]))), ("x", Arc::new(Int64Array::from(vec![7])))]),
    );
    source.write("t_2.parquet", file(vec![("x", Arc::new(StringArray::from(vec!["y"]))), ("id", numbers(1))]));
    let load = source.read(&source.request("t_*.parquet", json!({}))).await.unwrap();
    assert_eq!(load.columns(), ["id bigint", "x varchar"]);
    assert_eq!(load.rows(), ["1|7", "0|y"]);
}

#[tokio::test]
async fn nanoseconds_land_as_text_and_are_noted() {
    let source = Source::files();
    let times = TimestampNanosecondArray::from(vec![Some(1_704_110_400_123_456_789), None]);
    source.write("t.parquet", file(vec![("at", Arc::new(times))]));
    let tables = source.open().await.browse().await.unwrap();
    assert!(tables[0].notes[0].starts_with("`at` is declared in nanoseconds"), "{:?}", tables[0].notes);
    let mut request = source.request("t.parquet", json!({}));
    request.promised = promise(&[("at", DataType::Utf8)]);
    assert_eq!(source.read(&request).await.unwrap().rows(), ["2024-01-01T12:00:00.123456789", "NULL"]);
}

#[tokio::test]
async fn a_column_of_nulls_lands_as_whatever_was_promised() {
    let source = Source::files();
    source.write("t.parquet", file(vec![("id", numbers(2)), ("x", Arc::new(NullArray::new(2)))]));
    let tables = source.open().await.browse().await.unwrap();
    assert_eq!(tables[0].columns[1].data_type, DataType::Utf8);
    let mut request = source.request("t.parquet", json!({}));
    assert_eq!(source.read(&request).await.unwrap().columns(), ["id bigint", "x varchar"]);
    for promised in [DataType::Utf8, DataType::Utf8View, DataType::Int64, TIMESTAMP, DataType::Decimal128(12, 2)] {
        request.promised = promise(&[("id", DataType::Int64), ("x", promised)]);
        let load = source.read(&request).await.unwrap();
        assert!(load.plan.drift().is_empty());
        assert_eq!(load.rows(), ["0|NULL", "1|NULL"]);
    }
}

#[tokio::test]
async fn broken_files_are_told_apart() {
    let source = Source::files();
    let whole = file(vec![("id", numbers(5_000))]);
    let mut broken_footer = whole.clone();
    let length = broken_footer.len();
    broken_footer[length - 20..length - 8].fill(0xFF);
    let mut broken_page = whole.clone();
    broken_page[100..400].fill(0xFF);
    for (bytes, expected) in [
        (&b""[..], "`t.parquet`: the file is empty (0 bytes), which no Parquet file is; have it written again"),
        (
            b"id,name\n1,2\n3,4\n",
            "`t.parquet`: this is not a Parquet file: it does not begin with `PAR1`; correct `format`",
        ),
        (b"PAR1", "`t.parquet`: this is not a Parquet file"),
        (&whole[..length - 100], "`t.parquet`: the file is cut off: its footer is missing"),
        (&broken_footer, "`t.parquet`: the file's footer is broken"),
        (&broken_page, "reading `t.parquet` failed: its pages cannot be"),
    ] {
        source.write("t.parquet", bytes);
        let found = source.read_error(&source.request("t.parquet", json!({}))).await.to_string();
        assert!(found.starts_with(expected), "{found}\nexpected\n{expected}");
    }
}

#[tokio::test]
async fn times_and_whole_numbers_are_not_cut_off() {
    let nanos = |value| Arc::new(TimestampNanosecondArray::from(vec![Some(1_000), None, Some(value)])) as ArrayRef;
    let whole = |value| Arc::new(Int64Array::from(vec![Some(7), None, Some(value)])) as ArrayRef;
    for (column, promised, fits) in [
        (nanos(1_704_110_400_123_456_000), TIMESTAMP, true),
        (nanos(1_704_110_400_123_456_789), TIMESTAMP, false),
        (whole(9_007_199_254_740_992), DataType::Float64, true),
        (whole(9_007_199_254_740_993), DataType::Float64, false),
    ] {
        let source = Source::files();
        source.write("t.parquet", file(vec![("c", column)]));
        let mut request = source.request("t.parquet", json!({}));
        request.promised = promise(&[("c", promised.clone())]);
        match source.read(&request).await {
            Ok(load) => assert!(fits && load.rows().len() == 3, "{promised}"),
            Err(error) => {
                let (error, is_time) = (error.to_string(), promised.is_temporal());
                assert!(!fits && error.starts_with("`t.parquet`, row 3, column `c`"), "{error}");
                assert_eq!(
                    is_time,
                    error.contains("found nanoseconds") && error.contains("`data_type: varchar`"),
                    "{error}"
                );
            }
        }
    }
}
