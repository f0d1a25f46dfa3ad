//! Lines whose fields have fixed widths.

use arrow::datatypes::DataType;
use serde_json::{Value, json};

use crate::source::{Load, Source, promise};

async fn load(text: &[u8], options: Value) -> Load {
    let source = Source::files();
    source.write("t.txt", text);
    source.read(&source.request("t.txt", options)).await.unwrap()
}

async fn error(text: &[u8], options: Value) -> String {
    let source = Source::files();
    source.write("t.txt", text);
    source.read_error(&source.request("t.txt", options)).await.to_string()
}

fn options() -> Value {
    json!({ "widths": [4, 10, 8, 3], "names": ["id", "name", "amount", "_"] })
}

#[tokio::test]
async fn fields_are_cut_by_characters_and_trimmed() {
    let text = "  1 Zoë Żak      12.50xyz\r\n   2Ann          7\r\n\r\n0003\"quoted\",    -1.25abc\n   4";
    let load = load(text.as_bytes(), options()).await;
    assert_eq!(load.columns(), ["id varchar", "name varchar", "amount double"]);
    assert_eq!(load.rows(), ["1|Zoë Żak|12.5", "2|Ann|7.0", "0003|\"quoted\",|-1.25", "4|NULL|NULL"]);
}

#[tokio::test]
async fn the_first_line_names_the_columns_where_nothing_else_does() {
    let load = load(b"id  day       \n1   2026-01-31\n22  2026-02-01\n", json!({ "widths": [4, 10] })).await;
    assert_eq!(load.columns(), ["id bigint", "day date"]);
    assert_eq!(load.rows(), ["1|2026-01-31", "22|2026-02-01"]);
    let options = json!({ "widths": [4, 10], "header": false });
    let load = self::load(b"1   2026-01-31\n", options).await;
    assert_eq!(load.columns(), ["column_1 bigint", "column_2 date"]);
}

#[tokio::test]
async fn other_encodings_count_characters_too() {
    let mut options = options();
    options["encoding"] = json!("windows-1252");
    let load = load(b"  1 Zo\xeb         1.5\n", options).await;
    assert_eq!(load.rows(), ["1|Zoë|1.5"]);
}

#[tokio::test]
async fn many_blocks_are_parsed_side_by_side() {
    let line = |number: u32| format!("{number:>8}{:<12}{:>4}", format!("näme {number}"), number % 7);
    let text = (0..300_000).map(line).collect::<Vec<_>>().join("\r\n");
    let options = json!({ "widths": [8, 12, 4], "names": ["id", "name", "rest"] });
    let load = load(text.as_bytes(), options).await;
    let rows = load.rows();
    assert_eq!(load.columns(), ["id bigint", "name varchar", "rest bigint"]);
    assert_eq!((rows.len(), rows[299_999].as_str()), (300_000, "299999|näme 299999|0"));
}

#[tokio::test]
async fn what_does_not_fit_is_told_with_its_line() {
    for (text, options, expected) in [
        (
            &b"   1Ann              7abc\n   2Bob              8abc!\n"[..],
            options(),
            "`t.txt`, line 2: the line is longer than the 25 characters of `widths`; correct `widths`",
        ),
        (
            b"1\n",
            json!({ "widths": [1], "names": ["a", "b"] }),
            "cannot read `t.txt`: `names` gives 2 columns, and `widths` 1",
        ),
        (
            b"1\n",
            json!({ "format": "fixed_width" }),
            "cannot read `t.txt`: nothing says how wide its fields are; write `widths",
        ),
    ] {
        let found = error(text, options).await;
        assert!(found.starts_with(expected), "{found}\nexpected\n{expected}");
    }
    let source = Source::files();
    source.write("t.txt", "   1Ann\n\n  1xBob\n");
    let mut request = source.request("t.txt", options());
    request.promised = promise(&[("id", DataType::Int64), ("name", DataType::Utf8), ("amount", DataType::Float64)]);
    let found = source.read_error(&request).await.to_string();
    assert!(found.starts_with("`t.txt`, line 3, column `id`: expected bigint, found text of 2 characters"), "{found}");
}
