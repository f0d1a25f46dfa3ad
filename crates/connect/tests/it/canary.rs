//! No value that was read is in any message.
//!
//! Every kind of failure is provoked with a canary as the value that breaks it, and the words of every error, in both
//! its forms, are searched.

use ade_connect::{ConnectError, ReadRequest};
use arrow::datatypes::{DataType, Field, IntervalUnit, Schema};
use serde_json::json;

use crate::source::{Source, TIMESTAMP, incremental, promise, timestamptz};

const CANARY: &str = "canary7f3a";

fn assert_silent(error: &ConnectError) {
    let mut texts = vec![error.to_string(), format!("{error:?}")];
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        texts.push(format!("{error} {error:?}"));
        source = error.source();
    }
    for text in texts {
        assert!(!text.contains("canary") && !text.contains("7f3a"), "{text}");
    }
}

fn types() -> Vec<DataType> {
    vec![
        DataType::Int16,
        DataType::Int32,
        DataType::Int64,
        DataType::Float32,
        DataType::Float64,
        DataType::Decimal128(12, 2),
        DataType::Boolean,
        DataType::Date32,
        DataType::Time64(arrow::datatypes::TimeUnit::Microsecond),
        TIMESTAMP,
        timestamptz(),
    ]
}

async fn fails(source: &Source, request: &ReadRequest) {
    assert_silent(&source.read_error(request).await);
}

#[tokio::test]
async fn files_of_text() {
    let source = Source::files();
    for data_type in types() {
        for (name, text) in [
            ("t.csv", format!("c,d\n1,x\n{CANARY},{CANARY}\n")),
            ("t.csv", format!("c,d\n\"{CANARY} \"\"{CANARY}\",x\n")),
            ("t.jsonl", format!("{{\"c\":\"{CANARY}\"}}\n")),
            ("t.jsonl", format!("{{\"c\":\"\\u0063{CANARY}\"}}\n")),
            ("t.jsonl", format!("{{\"c\":{{\"{CANARY}\":[\"{CANARY}\"]}}}}\n")),
        ] {
            source.write(name, text);
            let mut request = source.request(name, json!({}));
            request.promised = promise(&[("c", data_type.clone())]);
            fails(&source, &request).await;
        }
    }
    for (name, bytes, options) in [
        ("t.csv", format!("a,b\n{CANARY}\n").into_bytes(), json!({})),
        ("t.csv", format!("a,b\n{CANARY},{CANARY},{CANARY}\n").into_bytes(), json!({})),
        ("t.csv", format!("a,b\n1,\"{CANARY}\n").into_bytes(), json!({})),
        ("t.csv", format!("a,b\n1,\"{CANARY}\"{CANARY}\n").into_bytes(), json!({})),
        ("t.csv", [format!("a\n{CANARY}").as_bytes(), b"\xFF\n"].concat(), json!({})),
        ("t.csv", format!("a\n{}\n", CANARY.repeat(200_000)).into_bytes(), json!({ "max_field_bytes": 1024 })),
        ("t.csv", format!("a\n\"{}\"\n", CANARY.repeat(200_000)).into_bytes(), json!({ "max_field_bytes": 1024 })),
        ("t.csv", CANARY.as_bytes().to_vec(), json!({ "header": false, "names": ["a", "b"] })),
        ("t.csv.gz", CANARY.as_bytes().to_vec(), json!({})),
        ("t.csv.zst", CANARY.as_bytes().to_vec(), json!({})),
        ("t.parquet", CANARY.repeat(10).into_bytes(), json!({})),
        ("t.jsonl", format!("{{\"a\":\"{CANARY}\n").into_bytes(), json!({})),
        ("t.jsonl", format!("{{\"a\":{CANARY}}}\n").into_bytes(), json!({})),
        ("t.jsonl", format!("{{\"a\":[{CANARY}]}}\n").into_bytes(), json!({})),
        ("t.jsonl", format!("{{\"a\":\"{CANARY}\\q\"}}\n").into_bytes(), json!({})),
        ("t.jsonl", format!("\"{CANARY}\"\n").into_bytes(), json!({})),
        ("t.jsonl", [format!("{{\"a\":\"{CANARY}").as_bytes(), b"\xFF\"}\n"].concat(), json!({})),
        (
            "t.jsonl",
            format!("{{\"a\":\"{}\"}}\n", CANARY.repeat(200_000)).into_bytes(),
            json!({ "max_field_bytes": 1024 }),
        ),
    ] {
        source.write(name, bytes);
        fails(&source, &source.request(name, options)).await;
    }
}

#[tokio::test]
async fn parquet_columns_of_another_type() {
    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use parquet::arrow::ArrowWriter;
    let source = Source::files();
    let columns: [ArrayRef; 2] = [
        std::sync::Arc::new(StringArray::from(vec![CANARY])),
        std::sync::Arc::new(Int64Array::from(vec![7_373_737_373])),
    ];
    for column in columns {
        let batch = RecordBatch::try_from_iter([("c", column)]).unwrap();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        source.write("t.parquet", writer.into_inner().unwrap());
        for data_type in types().into_iter().chain([DataType::Binary]) {
            let mut request = source.request("t.parquet", json!({}));
            request.promised = promise(&[("c", data_type.clone())]);
            if let Err(error) = source.read(&request).await {
                assert_silent(&error);
                assert!(!error.to_string().contains("7373737373"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn sqlite_values_views_and_cursors() {
    let source = Source::sqlite(&format!(
        "create table t (c any, b any, n any); insert into t values ('{CANARY}', cast('{CANARY}' as blob), '{CANARY}');
         create table s (c any); insert into s values (5), ('{CANARY}');
         create view bad_json as select json_extract('{{{CANARY}', '$') as c;
         create view bad_path as select json_extract('{{}}', c) as c from t;
         create view overflow as select sum(9223372036854775807 + length(c)), abs(-9223372036854775808) as c from t;"
    ));
    for data_type in types() {
        let mut request = source.request("t", json!({}));
        for column in ["c", "b"] {
            request.promised = promise(&[(column, data_type.clone())]);
            fails(&source, &request).await;
        }
    }
    for view in ["bad_json", "bad_path", "overflow"] {
        fails(&source, &source.request(view, json!({}))).await;
    }
    let tables = source.open().await.browse().await.unwrap();
    let notes: Vec<_> = tables.iter().flat_map(|table| &table.notes).collect();
    assert!(
        notes.iter().filter(|note| note.contains("cannot be read")).count() == 3
            && !format!("{notes:?}").contains(CANARY),
        "{notes:?}"
    );
    let mut request = source.request("s", json!({}));
    request.mode = incremental(Some("c"), None);
    fails(&source, &request).await;
    let mut request = source.request("t", json!({}));
    request.mode = incremental(Some("c"), Some("1 hour"));
    fails(&source, &request).await;
    request.mode = incremental(Some("c"), None);
    request.position = Some(json!({ "wrong": CANARY }));
    fails(&source, &request).await;
    let fields = vec![Field::new("c", DataType::Interval(IntervalUnit::YearMonth), true)];
    request.promised = Some(std::sync::Arc::new(Schema::new(fields)));
    fails(&source, &request).await;
}

#[tokio::test]
async fn a_missing_header_line_tells_no_value() {
    let listed = promise(&[("id", DataType::Int64), ("email", DataType::Utf8)]);
    let csv = |row: &str| format!("{row}\n3,someone@example.com\n");
    for (name, text, promised, expected) in [
        // Whatever the first row holds, it is no header if it has no listed column.
        (
            "t.csv",
            csv("Canary,7f3a street"),
            listed.clone(),
            "line 1: it does not look like a header: it has 0 of 2 listed columns",
        ),
        ("t.csv", csv("2,canary.person@example.com"), None, "the name of column 1 looks like a number"),
        ("t.csv", csv("x,canary.person@example.com"), None, "the name of column 2 looks like an e-mail address"),
        (
            "t.csv",
            csv("id,canary.person@example.com"),
            listed.clone(),
            "the name of column 2 looks like an e-mail address",
        ),
        ("t.csv", "canary7f3a,canary7f3a\n1,2\n".to_owned(), None, "columns 1 and 2 have the same name"),
        (
            "t.jsonl",
            "{\"id\":1,\"canary@example.org\":3}\n".to_owned(),
            None,
            "key 2 in the order of their first appearance looks like an e-mail",
        ),
    ] {
        let source = Source::files();
        source.write(name, text);
        let browsed = source.open().await.browse().await.unwrap();
        let told = format!("{browsed:?}");
        if promised.is_none() {
            assert!(browsed[0].columns.is_empty() && browsed[0].notes[0].contains(expected), "{told}");
            assert!(!told.contains("canary") && !told.contains("7f3a"), "{told}");
        }
        let mut request = source.request(name, json!({}));
        request.promised = promised;
        let error = source.plan(&request).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_silent(&error);
    }
}

#[tokio::test]
async fn names_that_a_person_wrote_are_names() {
    let source = Source::files();
    source.write("t.csv", "7,2023,ID\n1,2,3\n");
    let mut request = source.request("t.csv", json!({}));
    request.promised = promise(&[("7", DataType::Int64), ("2023", DataType::Int64), ("id", DataType::Int64)]);
    assert!(source.plan(&request).await.is_ok());
    request.promised = promise(&[("id", DataType::Int64), ("7", DataType::Int64)]);
    assert_eq!(source.plan(&request).await.unwrap().units[0].drift.new.len(), 2);
    let mut request = source.request("t.csv", json!({ "header": false, "names": ["1", "2", "3"] }));
    request.promised = None;
    assert_eq!(source.read(&request).await.unwrap().rows().len(), 2);
}

#[tokio::test]
async fn postgres_values_views_and_cursors() {
    let mut source = Source::postgres(&format!(
        "create table t (c text, j jsonb, n numeric); insert into t values ('{CANARY}', '\"{CANARY}\"', 7373737373.7);
         create table two (c text[]); insert into two values ('{{{{{CANARY}}}}}');
         create function raises(text) returns text language plpgsql as
           $$ begin raise exception 'is %', $1 using errcode = '42501', detail = $1, hint = $1; end $$;
         create view bad_number as select c::int as c from t;
         create view bad_json as select ('{{' || c)::json as c from t;
         create view bad_function as select raises(c) as c from t;
         create view bad_date as select ('{CANARY}' || c)::date as c from t;"
    ));
    for data_type in types() {
        let mut request = source.request("t", json!({}));
        for column in ["c", "j", "n"] {
            request.promised = promise(&[(column, data_type.clone())]);
            if let Err(error) = source.read(&request).await {
                assert_silent(&error);
                assert!(!format!("{error} {error:?}").contains("73737"), "{error}");
            }
        }
    }
    for view in ["bad_number", "bad_json", "bad_function", "bad_date", "two"] {
        fails(&source, &source.request(view, json!({}))).await;
    }
    let mut request = source.request("t", json!({}));
    request.mode = incremental(Some("c"), Some("1 hour"));
    fails(&source, &request).await;
    // A position of another kind, and one that is none.
    request.mode = incremental(Some("n"), None);
    request.position = Some(json!({ "cursor": "n", "kind": "numeric", "value": CANARY, "window": "" }));
    fails(&source, &request).await;
    request.position = Some(json!({ "wrong": CANARY }));
    fails(&source, &request).await;
    source.set("password", json!(CANARY));
    source.set("user", json!("nobody"));
    assert_silent(&source.try_open().await.err().unwrap());
    source.set("url", json!(format!("postgres:{CANARY}")));
    assert_silent(&source.try_open().await.err().unwrap());
}
