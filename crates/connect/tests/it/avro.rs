//! Avro: types as they are, pieces side by side, broken files.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::DataType;
use arrow_avro::compression::CompressionCodec;
use arrow_avro::writer::WriterBuilder;
use arrow_avro::writer::format::AvroOcfFormat;
use serde_json::json;

use crate::source::{Source, promise};

fn other_writers(codec: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/avro");
    std::fs::read(format!("{folder}/types_{codec}.avro")).unwrap()
}

/// A file of many blocks: the batches of `rows` rows by number.
fn numbered(rows: i64) -> Vec<u8> {
    let mut writer = None;
    for first in (0..rows).step_by(500) {
        let numbers = first..(first + 500).min(rows);
        let names = StringArray::from_iter_values(
            numbers.clone().map(|number| format!("customer {number} {}", "x".repeat(60))),
        );
        let columns: Vec<(&str, ArrayRef)> =
            vec![("id", Arc::new(Int64Array::from_iter_values(numbers))), ("name", Arc::new(names))];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let writer = writer.get_or_insert_with(|| {
            WriterBuilder::new(batch.schema().as_ref().clone())
                .with_compression(Some(CompressionCodec::ZStandard))
                .build::<_, AvroOcfFormat>(Vec::new())
                .unwrap()
        });
        writer.write(&batch).unwrap();
    }
    let mut writer = writer.unwrap();
    writer.finish().unwrap();
    writer.into_inner()
}

#[tokio::test]
async fn types_of_another_writer_are_as_it_meant_them() {
    for codec in ["null", "deflate", "snappy", "zstandard"] {
        let source = Source::files();
        source.write("t.avro", other_writers(codec));
        let load = source.read(&source.request("t.avro", json!({}))).await.unwrap();
        let columns = load.columns();
        let plain = [
            "id bigint",
            "email varchar",
            "amount decimal(12,2)",
            "day date",
            "at timestamptz",
            "seen timestamp",
            "opens varchar",
            "token varchar",
            "state varchar",
            "hash bytea",
            "either varchar",
        ];
        assert_eq!(columns[..plain.len()], plain, "{codec}");
        assert_eq!(columns[columns.len() - 2..], ["paid boolean", "score real"]);
        assert!(
            load.plan.schema.field(11).data_type().is_nested() && load.plan.schema.field(12).data_type().is_nested()
        );
        assert_eq!(
            load.rows(),
            [
                "1|ann@example.org|12.50|2026-01-31|2026-01-31T10:00:00.123Z|2026-02-01T08:30:00|09:30:00|\
                 6f1ed002-ab5b-4a3e-9f3b-0123456789ab|paid|0102ff|text|{city: Riga, tags: [a, b]}|{x: 1}|true|1.5",
                "2|NULL|-0.01|1969-12-31|1969-12-31T23:59:59Z|NULL|00:00:00|00000000-0000-0000-0000-000000000000|open|\
                 616263|7|NULL|{}|false|-0.25",
                "3||9999999999.99|2024-02-29|2038-01-19T03:14:08Z|NULL|23:59:59.999|ffffffff-ffff-ffff-ffff-ffffffffffff|\
                 open|000000|{\"a\":1,\"b\":\"x\\\"y\"}|{city: Žižkov, tags: []}|{y: -2}|true|0.0",
                "4|NULL|0.00|1970-01-01|1970-01-01T00:00:00Z|NULL|01:02:03|6f1ed002-ab5b-4a3e-9f3b-0123456789ab|paid|\
                 78797a|NULL|NULL|{}|false|2.0"
            ],
            "{codec}"
        );
        assert_eq!(load.plan.units[0].rows, Some(4));
    }
}

#[tokio::test]
async fn pieces_are_decoded_side_by_side_and_in_order() {
    let source = Source::files();
    source.write("t.avro", numbered(100_000));
    let mut request = source.request("t.avro", json!({}));
    request.columns = Some(vec!["id".to_owned()]);
    request.promised = promise(&[("id", DataType::Int32)]);
    let load = source.read(&request).await.unwrap();
    assert_eq!(load.columns(), ["id integer"]);
    assert!(load.batches.len() > 5, "{} batches", load.batches.len());
    assert_eq!(load.rows(), (0..100_000).map(|number| number.to_string()).collect::<Vec<_>>());

    let snapshot = source.open().await.snapshot().await.unwrap();
    let place = snapshot.place_of_row(&load.plan, &load.plan.units[0], 54_321).await.unwrap();
    assert_eq!(place.unwrap().to_string(), "`t.avro`, row 54322");
}

#[tokio::test]
async fn what_does_not_fit_its_promise_is_told() {
    let source = Source::files();
    source.write("t.avro", other_writers("null"));
    let mut request = source.request("t.avro", json!({}));
    request.promised = promise(&[("id", DataType::Utf8), ("email", DataType::Int64), ("gone", DataType::Utf8)]);
    request.columns = Some(["id", "email", "gone"].map(str::to_owned).to_vec());
    let drift = source.plan(&request).await.unwrap().drift();
    assert_eq!((drift.retyped[0].name.as_str(), drift.missing[0].name.as_str()), ("email", "gone"));
    request.promised = promise(&[("amount", DataType::Decimal128(12, 1))]);
    request.columns = Some(vec!["amount".to_owned()]);
    let found = source.read_error(&request).await.to_string();
    assert!(
        found.starts_with("`t.avro`, row 1, column `amount`: expected decimal(12,1)") || found.contains("row 2"),
        "{found}"
    );
}

#[tokio::test]
async fn broken_files_are_told() {
    let whole = numbered(5_000);
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0xAA);
    for (bytes, expected) in [
        (Vec::new(), "the file is empty (0 bytes)"),
        (b"id,name\n".to_vec(), "this is not an Avro file"),
        (whole[..40].to_vec(), "the file is cut off: it ends within its header"),
        (whole[..whole.len() - 5].to_vec(), "the file is cut off: its last block is not complete"),
        (damaged, "damaged"),
    ] {
        let source = Source::files();
        source.write("t.avro", bytes);
        let found = source.read_error(&source.request("t.avro", json!({}))).await.to_string();
        assert!(found.contains("`t.avro`") && found.contains(expected), "{found}\nexpected\n{expected}");
        assert!(!found.contains("customer"), "{found}");
    }
}

#[tokio::test]
async fn each_file_is_a_batch_that_its_next_version_replaces() {
    let source = Source::files();
    source.write("t.avro", numbered(10));
    let mut request = source.request("t.avro", json!({}));
    request.mode = crate::source::incremental(None, None);
    let first = source.read(&request).await.unwrap();
    request.position = first.position(None, "b");
    assert_eq!(source.plan(&request).await.unwrap().units.len(), 0);
    source.write("t.avro", numbered(20));
    let second = source.read(&request).await.unwrap();
    assert_eq!((second.rows().len(), second.plan.units[0].replaces_batch.as_deref()), (20, Some("b0")));
}
