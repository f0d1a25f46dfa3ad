//! CSV: types over the whole file, the liberties of the format, and broken files.

use std::fmt::Write as _;
use std::io::Write as _;

use ade_connect::ConnectError;
use arrow::datatypes::DataType;
use serde_json::{Value, json};

use crate::source::{Load, Source, TIMESTAMP, promise, timestamptz};

async fn load(text: impl AsRef<[u8]>, options: Value) -> Load {
    let source = Source::files();
    source.write("t.csv", text);
    source.read(&source.request("t.csv", options)).await.unwrap()
}

async fn error(text: impl AsRef<[u8]>, options: Value) -> String {
    let source = Source::files();
    source.write("t.csv", text);
    source.read_error(&source.request("t.csv", options)).await.to_string()
}

#[tokio::test]
async fn types_come_from_every_row() {
    let mut text = "a,b,c,d,e,f,g,h,i\n".to_owned();
    for _ in 0..300_000 {
        text.push_str("1,2,true,2024-01-01,2024-01-01,2024-01-01T00:00:00Z,1,1,1\n");
    }
    // What comes last decides as much as what comes first.
    text.push_str("-9223372036854775808,2.5,FALSE,2024-02-29,2024-01-01 10:00:00,2024-01-01T10:00:00+02:00,007,+4930123456,12345678901234567890\n");
    let load = load(text, json!({})).await;
    assert_eq!(
        load.columns(),
        [
            "a bigint",
            "b double",
            "c boolean",
            "d date",
            "e timestamp",
            "f timestamptz",
            "g varchar",
            "h varchar",
            "i varchar"
        ]
    );
    let rows = load.rows();
    assert_eq!(rows.len(), 300_001);
    assert_eq!(
        rows[300_000],
        "-9223372036854775808|2.5|false|2024-02-29|2024-01-01T10:00:00|2024-01-01T08:00:00Z|007|+4930123456|12345678901234567890"
    );
    assert_eq!(load.plan.units[0].rows, Some(300_001));
}

#[tokio::test]
async fn empty_is_null_and_a_quoted_empty_is_text() {
    let load = load("n,t\n1,x\n,\n\"\",\"\"\n", json!({})).await;
    assert_eq!(load.columns(), ["n bigint", "t varchar"]);
    assert_eq!(load.rows(), ["1|x", "NULL|NULL", "NULL|"]);
}

#[tokio::test]
async fn null_markers_are_a_choice() {
    let text = "n,t\n1,NULL\nNA,\"NA\"\n,\n";
    assert_eq!(load(text, json!({})).await.columns(), ["n varchar", "t varchar"]);
    let load = load(text, json!({ "null": ["NULL", "NA"] })).await;
    assert_eq!(load.columns(), ["n bigint", "t varchar"]);
    assert_eq!(load.rows(), ["1|NULL", "NULL|NA", "NULL|"]);
}

#[tokio::test]
async fn quotes_hold_everything() {
    let text = "a,b\r\n\"x,\"\"y\"\"\r\nz\",1\r\n5\" pipe,2\r\n\r\n\"\",3";
    let load = load(text, json!({})).await;
    assert_eq!(load.rows(), ["x,\"y\"\r\nz|1", "5\" pipe|2", "|3"]);
}

#[tokio::test]
async fn quoted_line_ends_across_blocks() {
    let mut text = "id,t\n".to_owned();
    for id in 0..400_000 {
        writeln!(text, "{id},\"a\n\"\"{id}\"\",\"").unwrap();
    }
    let load = load(text, json!({})).await;
    let rows = load.rows();
    assert_eq!(rows.len(), 400_000);
    assert!(rows.iter().enumerate().all(|(id, row)| *row == format!("{id}|a\n\"{id}\",")));
}

#[tokio::test]
async fn a_carriage_return_alone_ends_lines_where_it_ends_the_first() {
    let text = "id,\"a,name\"\r1,ann\r\r2,\"b\rob\n\"\r3,carl";
    let read = load(text, json!({})).await;
    assert_eq!(read.columns(), ["id bigint", "a,name varchar"]);
    assert_eq!(read.rows(), ["1|ann", "2|b\rob\n", "3|carl"]);
    assert_eq!(load("5\" of text\ra\r1\r\r2\r", json!({ "skip_lines": 1 })).await.rows(), ["1", "NULL", "2"]);
    assert_eq!(load("a,b\r1,x\r", json!({ "quote": "none" })).await.rows(), ["1|x"]);
    let mut large = "id,t\r".to_owned();
    for id in 0..400_000 {
        write!(large, "{id},\"a\r{id}\"\r").unwrap();
    }
    assert_eq!(load(&large, json!({})).await.rows().len(), 400_000);
    // In a file of lines that end in a line feed it is a character like others.
    assert_eq!(load("a,b\n1,x\ry\n", json!({})).await.rows(), ["1|x\ry"]);
    // One in quotes is no line end, and whoever wants such a name lists it.
    assert!(error("id,\"a\rname\"\n1,2\n", json!({})).await.contains("column 2 looks like several lines of text"));
    for mixed in ["id,n\r1,ann\r\n2,bob\r\n", "id,n\r\r\n1,ann\r\r\n", "id,n\r1,ann\n2,bob\n"] {
        let mixed = error(mixed, json!({})).await;
        assert!(mixed.contains("end in different ways") || mixed.contains("expected 2 fields"), "{mixed}");
        assert!(!mixed.contains("ann"), "{mixed}");
    }
}

#[tokio::test]
async fn dialects() {
    assert_eq!(load("a;b\n1,5;x\n", json!({})).await.rows(), ["1,5|x"]);
    assert_eq!(load("a\tb\n1\tx\n", json!({})).await.rows(), ["1|x"]);
    assert_eq!(load("a,b|c\n1,x\n", json!({})).await.rows(), ["1|x"]);
    assert_eq!(load("a^b\n1^x\n", json!({ "delimiter": "^" })).await.rows(), ["1|x"]);
    assert_eq!(load("a,b\n'x,y',1\n", json!({ "quote": "'" })).await.rows(), ["x,y|1"]);
    assert_eq!(load("a,b\n\"x,1\n", json!({ "quote": "none" })).await.rows(), ["\"x|1"]);
    assert_eq!(load("a,b\n\"x\\\"y\\\\\",1\n", json!({ "escape": "\\" })).await.rows(), ["x\"y\\|1"]);
    assert_eq!(load("report of 5\" things\n\na,b\n1,2\n", json!({ "skip_lines": 2 })).await.rows(), ["1|2"]);
    assert_eq!(load("\u{feff}a,b\n1,2\n", json!({})).await.columns(), ["a bigint", "b bigint"]);
    assert_eq!(load("a\n1\n\n2\n", json!({})).await.rows(), ["1", "NULL", "2"]);
}

#[tokio::test]
async fn headers() {
    assert_eq!(load(",b , \n1,2,3\n", json!({})).await.columns(), ["column_1 bigint", "b bigint", "column_3 bigint"]);
    assert_eq!(load("1,2\n", json!({ "header": false })).await.columns(), ["column_1 bigint", "column_2 bigint"]);
    let named = load("1,2\n", json!({ "header": false, "names": ["x", "y"] })).await;
    assert_eq!((named.columns(), named.rows()), (vec!["x bigint".into(), "y bigint".into()], vec!["1|2".into()]));
    let by_place = json!({ "header": false, "skip_lines": 1, "names": ["x", "y"] });
    assert_eq!(load("a,a\n1,2\n", by_place).await.columns(), ["x bigint", "y bigint"]);
    assert_eq!(load("a,b\n", json!({})).await.columns(), ["a varchar", "b varchar"]);
    let duplicate = error("id,Name,name\n1,2,3\n", json!({})).await;
    assert_eq!(
        duplicate,
        "`t.csv`, line 1: columns 2 and 3 have the same name; correct what writes the file; until then, `header: false`, `skip_lines: 1` and `names: […]` read it by place"
    );
    assert!(
        error("a,b\n", json!({ "header": false, "names": ["x"] }))
            .await
            .contains("`names` gives 1 columns, the file has 2")
    );
    assert!(error("a,b\n", json!({ "names": ["x", "y"] })).await.contains("`names` goes by place"));
}

#[tokio::test]
async fn compressed_by_extension_or_option() {
    let text = "a,b\n1,x\n";
    let gzipped = |text: &str| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    };
    let gzip = gzipped(text);
    let zstd = zstd::encode_all(text.as_bytes(), 0).unwrap();
    let source = Source::files();
    // Two members one after the other are one file.
    source.write("t.csv.gz", [gzipped(text), gzipped("2,y\n")].concat());
    source.write("t.csv.zst", &zstd);
    source.write("t.dat", &gzip);
    let read = async |from: &str, options| source.read(&source.request(from, options)).await.map(|load| load.rows());
    assert_eq!(read("t.csv.gz", json!({})).await.unwrap(), ["1|x", "2|y"]);
    assert_eq!(read("t.csv.zst", json!({})).await.unwrap(), ["1|x"]);
    assert_eq!(read("t.dat", json!({ "format": "csv", "compression": "gzip" })).await.unwrap(), ["1|x"]);
    for (name, bytes) in [
        ("cut.csv.gz", &gzip[..gzip.len() - 9]),
        ("cut.csv.zst", &zstd[..zstd.len() - 3]),
        ("no.csv.gz", text.as_bytes()),
    ] {
        source.write(name, bytes);
        let error = read(name, json!({})).await.unwrap_err();
        assert!(matches!(error, ConnectError::SourceFailed { .. }), "{name}: {error}");
    }
}

#[tokio::test]
async fn exact_decimals_on_request() {
    let load = load("price\n19.99\n-1200.5\n", json!({ "decimals": "decimal" })).await;
    assert_eq!(load.columns(), ["price decimal(6,2)"]);
    assert_eq!(load.rows(), ["19.99", "-1200.50"]);
}

#[tokio::test]
async fn promised_types_are_used_and_what_breaks_them_is_named() {
    let source = Source::files();
    source.write("t.csv", "id,price,day,at,zip,flag\n1,19.90,2024-01-31,2024-01-31 10:00,01234,t\n");
    let mut request = source.request("t.csv", json!({}));
    request.promised = promise(&[
        ("zip", DataType::Utf8),
        ("id", DataType::Int32),
        ("price", DataType::Decimal128(12, 2)),
        ("day", TIMESTAMP),
        ("at", timestamptz()),
        ("flag", DataType::Boolean),
    ]);
    let load = source.read(&request).await.unwrap();
    assert!(load.plan.drift().is_empty());
    assert_eq!(
        load.columns(),
        ["zip varchar", "id integer", "price decimal(12,2)", "day timestamp", "at timestamptz", "flag boolean"]
    );
    assert_eq!(load.rows(), ["01234|1|19.90|2024-01-31T00:00:00|2024-01-31T10:00:00Z|true"]);

    // Far into the file, after quoted line ends and blank lines.
    let mut text = "id,price,day,at,zip,flag\n".to_owned();
    for _ in 0..100_000 {
        text.push_str("1,19.90,2024-01-31,2024-01-31 10:00,\"0\n1234\",t\n\n");
    }
    text.push_str("1,19.999,2024-01-31,2024-01-31 10:00,01234,t\n");
    source.write("t.csv", text);
    let error = source.read_error(&request).await;
    assert_eq!(
        error.to_string(),
        "`t.csv`, line 300002, column `price`: expected decimal(12,2), found a number with 2 digits before the \
         point and 3 after it; correct the source or the column's `data_type`"
    );
    assert_eq!(error.id(), "source-value");

    request.promised = promise(&[("id", DataType::Binary)]);
    assert!(
        source
            .read_error(&request)
            .await
            .to_string()
            .contains("column `id` is promised as bytea, which text files do not hold")
    );
}

#[tokio::test]
async fn the_first_wrong_row_is_named_whatever_its_column() {
    let source = Source::files();
    source.write("t.csv", "a,b\n1,1\n1,x\ny,1\n");
    let mut request = source.request("t.csv", json!({}));
    request.promised = promise(&[("a", DataType::Int64), ("b", DataType::Int64)]);
    assert!(
        source
            .read_error(&request)
            .await
            .to_string()
            .starts_with("`t.csv`, line 3, column `b`: expected bigint, found text of 1 character;")
    );
}

#[tokio::test]
async fn broken_files_are_named_with_their_place() {
    for (text, options, expected) in [
        (
            &b"a,b\n1,2\n1\n"[..],
            json!({}),
            "`t.csv`, line 3: expected 2 fields as in the header, found 1; quote fields that contain the delimiter",
        ),
        (b"a,b\n1,2\n1,2,3\n", json!({}), "`t.csv`, line 3: expected 2 fields as in the header, found 3"),
        (b"a,b\n1,2\n1,\xFF\n", json!({}), "`t.csv`, line 3, byte 3: these bytes are not UTF-8; set `encoding:`"),
        (b"a,b\n1,2\n1,\"x\n3,4\n", json!({}), "`t.csv`, line 3, byte 3: the quote that opens here is never closed"),
        (
            b"a,b\n1,2\n1,\"x\"y\n3,4\n",
            json!({}),
            "`t.csv`, line 3, byte 3: the quoted field that begins here goes on after its closing quote",
        ),
        (b"", json!({}), "`t.csv`: the file is empty: there is not even a header line"),
        (b"\xEF\xBB\xBF", json!({}), "`t.csv`: the file is empty"),
        (
            b"\xFF\xFEa\0\n\0\x31\0\n\0\x00\xD8\x31\0",
            json!({}),
            "`t.csv`, line 3: the bytes from byte 11 of the file on are no text in UTF-16LE; correct `encoding`",
        ),
        (
            b"a\n\x83\n",
            json!({ "encoding": "shift_jis" }),
            "`t.csv`, line 2: the bytes from byte 3 of the file on are no text in Shift_JIS",
        ),
    ] {
        let found = error(text, options).await;
        assert!(found.starts_with(expected), "{found}\nexpected\n{expected}");
    }
}

#[tokio::test]
async fn huge_fields_are_refused_in_little_memory() {
    let huge = "x".repeat(5 << 20);
    for (text, line) in [
        (format!("a,b\n1,2\n1,{huge}\n"), 3),
        (format!("a,b\n1,2\n1,\"{huge}\"\n"), 3),
        (format!("a,b\n1,\"{}\n", "2,3\n".repeat(2 << 20)), 2),
    ] {
        let found = error(text, json!({ "max_field_bytes": 1 << 20 })).await;
        assert!(found.contains(&format!("line {line}")) && found.contains("larger than 1048576 bytes"), "{found}");
    }
    let load = load(format!("a,b\n1,2\n1,{huge}\n"), json!({})).await;
    assert_eq!(load.rows()[1].len(), huge.len() + 2);
}

#[tokio::test]
async fn files_of_a_glob_are_matched_by_name_and_widened() {
    let source = Source::files();
    source.write("d/t_2.csv", "b,a\nx,2.5\n");
    source.write("d/t_1.csv", "a,b\n1,1\n");
    source.write("d/t_3.csv", "a,b,c\n3,y,true\n");
    source.write("d/deeper/t_4.csv", "a,b\n4,z\n");
    let load = source.read(&source.request("d/t_*.csv", json!({}))).await.unwrap();
    assert_eq!(load.columns(), ["a double", "b varchar", "c boolean"]);
    assert_eq!(load.rows(), ["1.0|1|NULL", "2.5|x|NULL", "3.0|y|true"]);
    assert_eq!((load.plan.units.len(), load.plan.units[0].label.as_str()), (1, "d/t_*.csv (3 files)"));
    let all = source.read(&source.request("**/t_*.csv", json!({}))).await.unwrap();
    assert_eq!(all.rows().len(), 4);
}

#[tokio::test]
async fn drift_is_known_before_any_row() {
    let source = Source::files();
    source.write("t_1.csv", "id,qty,note\n1,5,x\n");
    source.write("t_2.csv", "id,quantity,note\n2,6,y\n");
    let mut request = source.request("t_*.csv", json!({}));
    request.promised = promise(&[("id", DataType::Int64), ("qty", DataType::Int64), ("note", DataType::Null)]);
    let plan = source.plan(&request).await.unwrap();
    let drift = plan.drift();
    assert_eq!(
        serde_json::to_value(&drift).unwrap(),
        json!({
            "missing": [{ "name": "qty", "data_type": "bigint", "position": 1, "seen_in": "t_2.csv" }],
            "new": [{ "name": "quantity", "data_type": "bigint", "position": 1, "seen_in": "t_2.csv" }],
            "retyped": [],
        })
    );
    let renames: Vec<_> = drift.renames().iter().map(|(old, new)| (old.name.clone(), new.name.clone())).collect();
    assert_eq!(renames, [("qty".to_owned(), "quantity".to_owned())]);

    // Who goes on nevertheless gets NULL for what is missing, promised columns first.
    let load = source.read(&request).await.unwrap();
    assert_eq!(load.columns(), ["id bigint", "qty bigint", "note varchar", "quantity bigint"]);
    assert_eq!(load.rows(), ["1|5|x|NULL", "2|NULL|y|6"]);
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_read_fails_the_read() {
    let source = Source::files();
    for (before, after) in [("a\n1\n2\n", "a\n1\n"), ("a\n1\n", "a\n1\n2\n"), ("a\n1\n", "")] {
        source.write("t.csv", before);
        let snapshot = source.open().await.snapshot().await.unwrap();
        let plan = snapshot.plan(&source.request("t.csv", json!({}))).await.unwrap();
        source.write("t.csv", after);
        let stream = snapshot.read(&plan, &plan.units[0]).await.unwrap();
        let error = crate::source::drain(stream).await.unwrap_err();
        assert!(matches!(error, ConnectError::SourceChanged { .. } | ConnectError::Malformed { .. }), "{error}");
    }
    source.write("t.csv", "a\n1\n");
    let snapshot = source.open().await.snapshot().await.unwrap();
    let plan = snapshot.plan(&source.request("t.csv", json!({}))).await.unwrap();
    std::fs::remove_file(source.path("t.csv")).unwrap();
    let error = crate::source::drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap_err();
    assert_eq!(error.id(), "source-io");
}
