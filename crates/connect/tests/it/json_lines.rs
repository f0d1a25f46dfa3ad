//! JSON lines: union of keys, nested values as text, broken lines.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use serde_json::{Value, json};

use crate::source::{Load, Source, promise};

async fn load(text: impl AsRef<[u8]>, options: Value) -> Load {
    let source = Source::files();
    source.write("t.jsonl", text);
    source.read(&source.request("t.jsonl", options)).await.unwrap()
}

#[tokio::test]
async fn columns_are_the_union_of_all_lines() {
    let text = r#"{"id":1,"at":"2024-01-01T10:00:00Z","tags":["a","b"],"ok":true}

{"id":2,"name":"x\"\u00e9\n","price":1.50,"zip":"01234"}
{"price":2,"id":3,"name":null,"nested":{"a": {"b":1}},"big":12345678901234567890,"mixed":1}
{"mixed":"one"}
"#;
    let load = load(text, json!({})).await;
    assert_eq!(
        load.columns(),
        [
            "id bigint",
            "at timestamptz",
            "tags varchar",
            "ok boolean",
            "name varchar",
            "price double",
            "zip varchar",
            "nested varchar",
            "big varchar",
            "mixed varchar"
        ]
    );
    assert_eq!(
        load.rows(),
        [
            r#"1|2024-01-01T10:00:00Z|["a","b"]|true|NULL|NULL|NULL|NULL|NULL|NULL"#,
            "2|NULL|NULL|NULL|x\"é\n|1.5|01234|NULL|NULL|NULL",
            r#"3|NULL|NULL|NULL|NULL|2.0|NULL|{"a": {"b":1}}|12345678901234567890|1"#,
            "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|one",
        ]
    );
}

#[tokio::test]
async fn numbers_in_strings_stay_text_and_the_last_of_equal_keys_counts() {
    let load = load("{\"a\":\"1\",\"b\":1}\n{\"a\":\"2\",\"b\":2,\"b\":3}", json!({})).await;
    assert_eq!(load.columns(), ["a varchar", "b bigint"]);
    assert_eq!(load.rows(), ["1|1", "2|3"]);
}

#[tokio::test]
async fn keys_far_into_the_file_are_found_and_order_is_kept() {
    let mut text = String::new();
    for id in 0..200_000 {
        writeln!(text, "{{\"id\":{id},\"name\":\"customer {id}\"}}").unwrap();
    }
    text.push_str("{\"late\":true}\n");
    let load = load(text, json!({})).await;
    assert_eq!(load.columns(), ["id bigint", "name varchar", "late boolean"]);
    let rows = load.rows();
    assert_eq!(
        (rows.len(), rows[150_000].as_str(), rows[200_000].as_str()),
        (200_001, "150000|customer 150000|NULL", "NULL|NULL|true")
    );
}

#[tokio::test]
async fn promised_types_are_exact() {
    let source = Source::files();
    source.write("t.jsonl", "{\"price\":0.1000,\"id\":\"42\"}\n{\"price\":1e2}\n\n{\"price\":{\"amount\":1}}\n");
    let mut request = source.request("t.jsonl", json!({}));
    request.promised = promise(&[("price", DataType::Decimal128(20, 2)), ("id", DataType::Int64)]);
    let error = source.read_error(&request).await;
    assert!(
        error.to_string().starts_with("`t.jsonl`, line 4, column `price`: expected decimal(20,2), found a JSON object"),
        "{error}"
    );
    source.write("t.jsonl", "{\"price\":0.1000,\"id\":\"42\"}\n{\"price\":1e2}\n");
    assert_eq!(source.read(&request).await.unwrap().rows(), ["0.10|42", "100.00|NULL"]);
}

#[tokio::test]
async fn a_key_may_be_left_out_unless_it_is_required() {
    use arrow::datatypes::{Field, Schema};
    let source = Source::files();
    source.write("t.jsonl", "{\"id\":1,\"extra\":true}\n");
    let mut request = source.request("t.jsonl", json!({}));
    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("coupon", DataType::Utf8, true),
        Field::new("total", DataType::Int64, false),
    ];
    request.promised = Some(std::sync::Arc::new(Schema::new(fields)));
    let drift = source.plan(&request).await.unwrap().drift();
    let names =
        |columns: &[ade_connect::DriftedColumn]| columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    assert_eq!((names(&drift.missing), names(&drift.new)), (vec!["total".to_owned()], vec!["extra".to_owned()]));
    assert_eq!(drift.new[0].data_type, "boolean");
}

#[tokio::test]
async fn broken_lines_are_named() {
    let source = Source::files();
    for (text, expected) in [
        ("{\"a\":1}\n{\"a\":}\n", "`t.jsonl`, line 2, byte 6: not a line of JSON: expected a value; correct the line"),
        (
            "{\"a\":1}\n[1]\n",
            "`t.jsonl`, line 2, byte 1: not a line of JSON: expected an object; if the file is a list of objects",
        ),
        (
            "{\"a\":1}\n{\"a\":\"x\n\"}\n",
            "`t.jsonl`, line 2, byte 6: not a line of JSON: the string that begins here is not closed",
        ),
        ("{\"a\":1} {\"a\":2}\n", "`t.jsonl`, line 1, byte 9: not a line of JSON: something follows the object"),
        (
            "{\"a\":[1,]}\n",
            "`t.jsonl`, line 1, byte 6: not a line of JSON: the nested value that begins here is broken or too deep",
        ),
    ] {
        source.write("t.jsonl", text);
        let found = source.read_error(&source.request("t.jsonl", json!({}))).await.to_string();
        assert!(found.starts_with(expected), "{found}\nexpected\n{expected}");
    }
    source.write("t.jsonl", b"{\"a\":1}\n{\"a\":\"\xFF\"}\n");
    let found = source.read_error(&source.request("t.jsonl", json!({}))).await.to_string();
    assert!(found.starts_with("`t.jsonl`, line 2, byte 7: these bytes are not UTF-8"), "{found}");
    let lines: Vec<String> = (0..3_000).map(|key| format!("{{\"k{key}\":1}}")).collect();
    source.write("t.jsonl", lines.join("\n"));
    let found = source.read_error(&source.request("t.jsonl", json!({}))).await.to_string();
    assert!(found.starts_with("`t.jsonl`, line 2001: up to here there are more than 2000 different keys"), "{found}");
    let deep = "[".repeat(100_000);
    source.write("t.jsonl", format!("{{\"a\":{deep}\n"));
    assert!(source.read_error(&source.request("t.jsonl", json!({}))).await.to_string().contains("line 1"));
    source.write("t.jsonl", "");
    assert_eq!(source.read(&source.request("t.jsonl", json!({}))).await.unwrap().columns(), [""; 0]);
}

#[tokio::test]
async fn a_renamed_key_is_missing_and_another_new_one_is_told() {
    let source = Source::files();
    source.write("t.jsonl", "{\"sku\":\"a\",\"qty\":1}\n{\"sku\":\"b\",\"qty\":2}\n");
    let mut request = source.request("t.jsonl", json!({}));
    request.promised = promise(&[("sku", DataType::Utf8), ("on_hand", DataType::Int64)]);
    // All rows leave out the one key, and have another one of the same type in its place.
    let plan = source.plan(&request).await.unwrap();
    assert_eq!(plan.drift().renames().len(), 1);
    assert!(plan.notes.is_empty());

    // Nothing speaks for it being the same.
    source.write("t.jsonl", "{\"sku\":\"a\",\"note\":\"x\"}\n{\"sku\":\"b\",\"note\":\"y\"}\n");
    let plan = source.plan(&request).await.unwrap();
    assert!(plan.drift().missing.is_empty());
    assert!(plan.notes[0].message.starts_with("no row of `t.jsonl` has on_hand: NULL lands there. The file has note"));
    assert!(plan.notes[0].is_warning());

    // Some rows have one more key, and the promised one is none that all rows must have.
    source.write("t.jsonl", "{\"sku\":\"a\",\"qty\":1}\n{\"sku\":\"b\"}\n");
    let plan = source.plan(&request).await.unwrap();
    assert!(plan.drift().missing.is_empty());
    assert!(plan.notes[0].is_warning());

    // No row says anything.
    source.write("t.jsonl", "");
    assert!(source.plan(&request).await.unwrap().drift().missing.is_empty());
    source.write("t.jsonl", "{\"sku\":\"a\",\"qty\":1}\n{\"sku\":\"b\",\"qty\":2}\n");

    let fields = [Field::new("sku", DataType::Utf8, true), Field::new("on_hand", DataType::Int64, false)];
    request.promised = Some(Arc::new(Schema::new(fields.to_vec())));
    let plan = source.plan(&request).await.unwrap();
    assert_eq!(plan.drift().renames().len(), 1);
    assert!(plan.notes.is_empty());

    // A key that some rows leave out is how JSON says NULL.
    source.write("t.jsonl", "{\"sku\":\"a\",\"qty\":1}\n{\"sku\":\"b\",\"on_hand\":2}\n");
    let plan = source.plan(&request).await.unwrap();
    assert!(plan.drift().missing.is_empty() && plan.notes.is_empty());
}
