//! JSON that is not one object per line, and objects within rows.

use std::fmt::Write as _;

use arrow::datatypes::DataType;
use serde_json::{Value, json};

use crate::source::{Load, Source, promise};

async fn load(name: &str, text: &str, options: Value) -> Load {
    let source = Source::files();
    source.write(name, text);
    source.read(&source.request(name, options)).await.unwrap()
}

async fn error(name: &str, text: &str, options: Value) -> String {
    let source = Source::files();
    source.write(name, text);
    source.read_error(&source.request(name, options)).await.to_string()
}

#[tokio::test]
async fn a_file_that_ends_in_json_may_be_lines_a_list_or_objects() {
    let rows = ["1|a]}|NULL", "2|é|x"];
    for text in [
        "{\"id\":1,\"name\":\"a]}\"}\n{\"id\":2,\"name\":\"é\",\"more\":\"x\"}\n",
        "[{\"id\":1,\"name\":\"a]}\"},{\"id\":2,\"name\":\"é\",\"more\":\"x\"}]",
        "\u{feff}\n[\n  {\n    \"id\": 1,\n    \"name\": \"a]}\"\n  },\n  {\"id\": 2, \"name\": \"\\u00e9\", \"more\": \"x\"}\n]\n",
        "{\n \"id\": 1,\n \"name\": \"a]}\"\n}\n{\n \"id\": 2, \"name\": \"é\", \"more\": \"x\"\n}",
    ] {
        let load = load("t.json", text, json!({})).await;
        assert_eq!(load.columns(), ["id bigint", "name varchar", "more varchar"], "{text}");
        assert_eq!(load.rows(), rows, "{text}");
    }
    assert_eq!(load("t.json", "{\n\"id\": 1\n}", json!({})).await.rows(), ["1"]);
    assert_eq!(load("t.json", "[]", json!({})).await.rows(), Vec::<String>::new());
}

#[tokio::test]
async fn rows_behind_keys_are_found() {
    let text = r#"{"page": {"items": ["no"]}, "note": "data: [", "data": {"n": 1, "items": [{"id": 7}, {"id": 8}], "x": {}}, "next": null}"#;
    for name in ["t.json", "t.txt"] {
        let load = load(name, text, json!({ "format": "json", "records": "data.items" })).await;
        assert_eq!(load.rows(), ["7", "8"]);
    }
    let found = error("t.json", text, json!({ "records": "data.rows" })).await;
    assert!(found.contains("there is no `data.rows`") && found.contains("correct what writes the file"), "{found}");
}

#[tokio::test]
async fn large_documents_are_parsed_side_by_side_and_in_order() {
    let mut text = "{\"meta\": {\"skipped\": \"".to_owned() + &"é".repeat(3 << 20) + "\"}, \"rows\": [";
    for id in 0..200_000 {
        let comma = if id == 0 { "" } else { "," };
        write!(
            text,
            "{comma}\n  {{\"id\": {id},\n   \"name\": \"customer \\\"{id}\\\" [\", \"of\": {{\"a\": [{id}]}}}}"
        )
        .unwrap();
    }
    text.push_str("], \"after\": [1, 2]}");
    let load = load("t.json", &text, json!({ "records": "rows" })).await;
    let rows = load.rows();
    assert_eq!(rows.len(), 200_000);
    assert_eq!(rows[123_456], "123456|customer \"123456\" [|{\"a\": [123456]}");
}

#[tokio::test]
async fn broken_documents_are_named_with_their_place() {
    for (text, expected) in [
        ("[{\"a\":1},\n{\"a\":2}", "`t.json`, line 2, byte 8: not a JSON document of rows: the file ends too early"),
        (
            "[{\"a\":1},\n {\"a\":2",
            "`t.json`, line 2, byte 2: not a JSON document of rows: the object that begins here is not",
        ),
        ("[{\"a\":1},\n 5]", "`t.json`, line 2, byte 2: not a JSON document of rows: expected an object: each element"),
        ("[{\"a\":1}\n{\"a\":2}]", "`t.json`, line 2, byte 1: not a JSON document of rows: expected `,` or `]`"),
        ("[{\"a\":1},\n{\"a\" 2}]", "`t.json`, line 2, byte 6: not a line of JSON: expected `:` after a key"),
    ] {
        let found = error("t.json", text, json!({})).await;
        assert!(found.starts_with(expected), "{found}\nexpected\n{expected}");
    }
    let huge = format!("[{{\"a\":1}},\n{{\"a\":\"{}\"}}]", "x".repeat(9 << 20));
    let found = error("t.json", &huge, json!({ "max_field_bytes": 1 << 20 })).await;
    assert!(found.starts_with("`t.json`, line 2") && found.contains("larger than 1048576 bytes"), "{found}");
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_named_by_the_line_of_its_object() {
    let source = Source::files();
    source.write("t.json", "[\n{\n\"a\": 1\n},\n{\n\"a\": \"x\"\n}\n]");
    let mut request = source.request("t.json", json!({}));
    request.promised = promise(&[("a", DataType::Int64)]);
    let found = source.read_error(&request).await.to_string();
    assert!(found.starts_with("`t.json`, line 5, column `a`: expected bigint"), "{found}");
}

#[tokio::test]
async fn objects_within_rows_become_columns_where_asked_for() {
    let text = r#"{"id":1,"address":{"city":"Riga","geo":{"lat":1.5}},"tags":["a"],"none":{}}
{"id":2,"address":null,"name":"x"}
{"id":3,"address":{"city":"Ro\"m","since":"2026-01-31"}}
"#;
    let load = load("t.jsonl", text, json!({ "nested": "flatten" })).await;
    assert_eq!(
        load.columns(),
        [
            "id bigint",
            "address.city varchar",
            "address.geo.lat double",
            "tags varchar",
            "address varchar",
            "name varchar",
            "address.since date"
        ]
    );
    assert_eq!(
        load.rows(),
        ["1|Riga|1.5|[\"a\"]|NULL|NULL|NULL", "2|NULL|NULL|NULL|NULL|x|NULL", "3|Ro\"m|NULL|NULL|NULL|NULL|2026-01-31"]
    );
    let mut request = Source::files().request("t.jsonl", json!({ "nested": "flatten" }));
    let source = Source::files();
    source.write("t.jsonl", text);
    request.promised = promise(&[("address.city", DataType::Utf8)]);
    request.columns = Some(vec!["address.city".to_owned()]);
    assert_eq!(source.read(&request).await.unwrap().rows(), ["Riga", "NULL", "Ro\"m"]);
}

#[tokio::test]
async fn two_ways_to_one_name_are_refused() {
    let text = "{\"a\":{\"b\":1}}\n{\"a.b\":2}\n";
    let found = error("t.jsonl", text, json!({ "nested": "flatten" })).await;
    assert!(found.starts_with("`t.jsonl`, line 2: up to here, column 1 in the order of their first"), "{found}");
    assert_eq!(load("t.jsonl", text, json!({})).await.rows(), ["{\"b\":1}|NULL", "NULL|2"]);
}
