//! Every type of MariaDB, against what the server itself writes.

use ade_connect::Note;
use arrow::datatypes::{DataType, Field, Schema};
use serde_json::json;

use crate::source::{Source, promise};

/// Declared type; values for `insert`; the type as which it is read; the values as Arrow shows them.
pub(crate) const TYPES: &[(&str, &[&str], &str, &[&str])] = &[
    ("tinyint(1)", &["0", "1", "null"], "boolean", &["false", "true", "NULL"]),
    ("boolean", &["true"], "boolean", &["true"]),
    ("tinyint(4)", &["-128", "127"], "smallint", &["-128", "127"]),
    ("tinyint unsigned", &["255"], "smallint", &["255"]),
    ("smallint", &["-32768", "32767"], "smallint", &["-32768", "32767"]),
    ("smallint unsigned", &["65535"], "integer", &["65535"]),
    ("mediumint", &["-8388608", "8388607"], "integer", &["-8388608", "8388607"]),
    ("mediumint unsigned", &["16777215"], "integer", &["16777215"]),
    ("int", &["-2147483648", "2147483647", "null"], "integer", &["-2147483648", "2147483647", "NULL"]),
    ("int unsigned", &["4294967295"], "bigint", &["4294967295"]),
    ("int(5) zerofill", &["42"], "bigint", &["42"]),
    (
        "bigint",
        &["-9223372036854775808", "9223372036854775807"],
        "bigint",
        &["-9223372036854775808", "9223372036854775807"],
    ),
    ("bigint unsigned", &["0", "18446744073709551615"], "decimal(20,0)", &["0", "18446744073709551615"]),
    ("float", &["0.1", "-3.5e38/1e1", "16777217"], "real", &["0.1", "-3.5e37", "16777216.0"]),
    ("double", &["0.1", "1e300", "-2.5e-300"], "double", &["0.1", "1e300", "-2.5e-300"]),
    (
        "decimal(38,10)",
        &["-1234567890123456789012345678.0123456789"],
        "decimal(38,10)",
        &["-1234567890123456789012345678.0123456789"],
    ),
    ("decimal(5,2) unsigned", &["999.99", "0"], "decimal(5,2)", &["999.99", "0.00"]),
    (
        "decimal(65,30)",
        &["12345678901234567890123456789012345.5"],
        "varchar",
        &["12345678901234567890123456789012345.500000000000000000000000000000"],
    ),
    ("year", &["1901", "2155", "0"], "integer", &["1901", "2155", "0"]),
    (
        "date",
        &["'1000-01-01'", "'9999-12-31'", "'1969-12-31'", "'2024-02-29'"],
        "date",
        &["1000-01-01", "9999-12-31", "1969-12-31", "2024-02-29"],
    ),
    ("datetime", &["'2024-01-02 03:04:05'"], "timestamp", &["2024-01-02T03:04:05"]),
    (
        "datetime(6)",
        &["'1000-01-01'", "'9999-12-31 23:59:59.999999'", "'1969-12-31 23:59:59.000001'"],
        "timestamp",
        &["1000-01-01T00:00:00", "9999-12-31T23:59:59.999999", "1969-12-31T23:59:59.000001"],
    ),
    ("datetime(3)", &["'2024-01-02 03:04:05.678'"], "timestamp", &["2024-01-02T03:04:05.678"]),
    // The server's own zone is not UTC: 05:30 is midnight.
    ("timestamp null", &["'2024-01-02 05:30:00'", "null"], "timestamptz", &["2024-01-02T00:00:00Z", "NULL"]),
    ("timestamp(6) null", &["'2024-01-02 05:30:00.000001'"], "timestamptz", &["2024-01-02T00:00:00.000001Z"]),
    ("time", &["'-838:59:59'", "'00:00:00'", "'10:11:12'"], "varchar", &["-838:59:59", "00:00:00", "10:11:12"]),
    ("time(3)", &["'100:00:00.5'", "'-00:00:00.001'"], "varchar", &["100:00:00.500", "-00:00:00.001"]),
    ("char(5)", &["'ab'", "'ü'"], "varchar", &["ab", "ü"]),
    ("varchar(20) character set latin1", &["'Größe €'"], "varchar", &["Größe €"]),
    ("varchar(20) character set utf8mb4", &["'😀'", "''", "'a '"], "varchar", &["😀", "", "a "]),
    ("char(3) character set ucs2", &["'áé'"], "varchar", &["áé"]),
    ("tinytext", &["'a'"], "varchar", &["a"]),
    ("longtext", &["repeat('x', 100000)"], "varchar", &["*"]),
    ("enum('small','large') character set latin1", &["'large'", "1"], "varchar", &["large", "small"]),
    ("set('a','b','c')", &["'a,c'", "''"], "varchar", &["a,c", ""]),
    ("json", &["'{\"a\": [1, null]}'"], "varchar", &["{\"a\": [1, null]}"]),
    ("uuid", &["'123e4567-e89b-12d3-a456-426655440000'"], "varchar", &["123e4567-e89b-12d3-a456-426655440000"]),
    ("inet6", &["'::ffff:10.0.0.1'"], "varchar", &["::ffff:10.0.0.1"]),
    ("inet4", &["'10.0.0.1'"], "varchar", &["10.0.0.1"]),
    ("binary(3)", &["x'01'"], "bytea", &["010000"]),
    ("varbinary(9)", &["x'00ff'", "''"], "bytea", &["00ff", ""]),
    ("longblob", &["repeat(x'ab', 3)"], "bytea", &["ababab"]),
    ("bit(1)", &["b'0'", "b'1'"], "boolean", &["false", "true"]),
    ("bit(12)", &["b'101000000001'"], "bigint", &["2561"]),
    ("bit(64)", &["~0"], "bytea", &["ffffffffffffffff"]),
    ("point", &["point(1, 2)"], "bytea", &["*"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_type_is_read_exactly() {
    let source = Source::mysql("select 1");
    for (index, (declared, values, ..)) in TYPES.iter().enumerate() {
        let values: Vec<_> = values.iter().enumerate().map(|(row, value)| format!("({row}, {value})")).collect();
        source.execute(&format!(
            "create table t{index} (id int primary key, c {declared}); insert into t{index} values {}",
            values.join(", ")
        ));
    }
    let mut wrong = Vec::new();
    let mut expect = |declared: &str, found: Vec<String>, expected: Vec<String>| {
        if found != expected {
            wrong.push(format!("{declared}: found {found:?}, expected {expected:?}"));
        }
    };
    for (index, (declared, _, data_type, expected)) in TYPES.iter().enumerate() {
        let mut request = source.request(&format!("t{index}"), json!({}));
        request.columns = Some(vec!["c".to_owned()]);
        let load = source.read(&request).await.unwrap();
        expect(declared, load.columns(), vec![format!("c {data_type}")]);
        if *expected != ["*"] {
            expect(declared, load.rows(), expected.iter().map(|value| (*value).to_owned()).collect());
        }
        // The type as which it is read may be promised, and all can be had as text.
        request.promised = Some(load.plan.schema.clone());
        let again = source.read(&request).await.unwrap();
        assert!(again.plan.drift().is_empty(), "{declared}");
        assert_eq!(again.rows(), load.rows(), "{declared}");
        request.promised = promise(&[("c", DataType::Utf8)]);
        let texts = source.read(&request).await.unwrap();
        let of_server = match *declared {
            // The server rounds to six digits, and writes other exponents.
            "float" | "double" => continue,
            "boolean" | "tinyint(1)" => "c".to_owned(),
            declared if declared.starts_with("bit") => "c + 0".to_owned(),
            _ if *data_type == "bytea" => "concat('\\\\x', lower(hex(c)))".to_owned(),
            _ => "c".to_owned(),
        };
        let written = source.query(&format!(
            "set time_zone = '+00:00'; select cast({of_server} as char character set utf8mb4) from t{index} order by id"
        ));
        let written = if declared.contains("zerofill") { vec!["42".to_owned()] } else { written };
        expect(declared, texts.rows(), written);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_that_are_none_are_null_and_counted() {
    let source = Source::mysql(
        "set sql_mode = 'ALLOW_INVALID_DATES';
         create table t (id int primary key, d date, at datetime not null, ts timestamp not null default 0);
         insert into t values (1, '0000-00-00', '0000-00-00', 0), (2, '2024-02-31', '2024-01-02', '2024-01-02 05:30:00'),
             (3, '2024-00-00', '2024-01-02', '2024-01-02 05:30:00'), (4, null, '2024-01-02', '2024-01-02 05:30:00');",
    );
    let mut request = source.request("t", json!({}));
    let load = source.read(&request).await.unwrap();
    assert_eq!(
        load.rows(),
        [
            "1|NULL|NULL|NULL",
            "2|NULL|2024-01-02T00:00:00|2024-01-02T00:00:00Z",
            "3|NULL|2024-01-02T00:00:00|2024-01-02T00:00:00Z",
            "4|NULL|2024-01-02T00:00:00|2024-01-02T00:00:00Z"
        ]
    );
    let told: Vec<&str> = load.ends[0].notes.iter().map(|note| note.message.as_str()).collect();
    assert!(told[0].starts_with("3 values in column `d` of `t` are no dates"), "{told:?}");
    assert!(told[1].starts_with("1 value in column `at`") && told[2].starts_with("1 value in column `ts`"), "{told:?}");
    assert!(load.ends[0].notes.iter().all(Note::is_warning));

    request.promised = promise(&[("d", DataType::Utf8), ("at", DataType::Utf8)]);
    request.columns = Some(vec!["d".to_owned(), "at".to_owned()]);
    let load = source.read(&request).await.unwrap();
    assert_eq!(load.rows()[..2], ["0000-00-00|0000-00-00 00:00:00", "2024-02-31|2024-01-02 00:00:00"]);
    assert!(load.ends[0].notes.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_type_costs_is_told() {
    let source = Source::mysql("create table t (big decimal(40,2), place point);");
    let plan = source.plan(&source.request("t", json!({}))).await.unwrap();
    let ids: Vec<&str> = plan.notes.iter().map(|note| note.id).collect();
    assert_eq!(ids, ["decimal-as-text", "geometry-as-bytes"]);
    let mut request = source.request("t", json!({}));
    request.promised = promise(&[("big", DataType::Decimal128(38, 2)), ("place", DataType::Binary)]);
    let ids: Vec<&str> = source.plan(&request).await.unwrap().notes.iter().map(|note| note.id).collect();
    assert_eq!(ids, ["geometry-as-bytes"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_of_any_layout_of_text_and_bytes() {
    let source = Source::mysql("create table t (c varchar(9), b varbinary(9)); insert into t values ('ä', x'00ff');");
    for (text, bytes) in [
        (DataType::Utf8, DataType::Binary),
        (DataType::LargeUtf8, DataType::LargeBinary),
        (DataType::Utf8View, DataType::BinaryView),
    ] {
        let mut request = source.request("t", json!({}));
        let fields = vec![Field::new("c", text, true), Field::new("b", bytes, true)];
        request.promised = Some(std::sync::Arc::new(Schema::new(fields)));
        assert_eq!(source.read(&request).await.unwrap().rows(), ["ä|00ff"]);
    }
}
