//! SQLite types values, not columns: what becomes of them.

use arrow::datatypes::{DataType, TimeUnit};
use serde_json::json;

use crate::source::{Load, Source, TIMESTAMP, promise};

/// The single column of a table declared as `declared` with `values`.
async fn column(declared: &str, values: &str) -> (String, Vec<String>) {
    let load = load(declared, values).await;
    (load.columns()[0].trim_start_matches("c ").to_owned(), load.rows())
}

async fn load(declared: &str, values: &str) -> Load {
    let source = Source::sqlite(&format!("create table t (c {declared}); insert into t values {values};"));
    source.read(&source.request("t", json!({}))).await.unwrap()
}

#[tokio::test]
async fn declared_types_hold_where_all_values_fit() {
    for (declared, values, data_type, rows) in [
        ("integer", "(1), (null), (-9223372036854775808)", "bigint", &["1", "NULL", "-9223372036854775808"][..]),
        ("real", "(1), (2.5)", "double", &["1.0", "2.5"]),
        ("varchar(3)", "('longer than three'), (7)", "varchar", &["longer than three", "7"]),
        ("boolean", "(1), (0), ('true'), ('f')", "boolean", &["true", "false", "true", "false"]),
        ("date", "('2024-02-29'), (1704067200)", "date", &["2024-02-29", "2024-01-01"]),
        (
            "datetime",
            "('2024-01-01 10:00:00'), ('2024-01-01T10:00:00.5'), (1704103200), (1704103200.25)",
            "timestamp",
            &["2024-01-01T10:00:00", "2024-01-01T10:00:00.500", "2024-01-01T10:00:00", "2024-01-01T10:00:00.250"],
        ),
        (
            "datetime",
            "(2460310.9166666665), (2460311.25)",
            "timestamp",
            &["2024-01-01T10:00:00", "2024-01-01T18:00:00"],
        ),
        (
            "timestamptz",
            "('2024-01-01 12:00:00+02:00'), ('2024-01-01 10:00:00')",
            "timestamptz",
            &["2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z"],
        ),
        ("decimal(12,2)", "(19.99), (5), ('7.5'), (0.1 + 0.2)", "decimal(12,2)", &["19.99", "5.00", "7.50", "0.30"]),
        ("blob", "(x'00ff'), (null)", "bytea", &["00ff", "NULL"]),
        ("", "(1), (2)", "bigint", &["1", "2"]),
        ("text", "('2024-01-01T10:00:00Z')", "timestamptz", &["2024-01-01T10:00:00Z"]),
        ("text", "('12')", "varchar", &["12"]),
        ("numeric", "(1), (2.5)", "double", &["1.0", "2.5"]),
        ("decimal(12,2)", "(null)", "decimal(12,2)", &["NULL"]),
    ] {
        let found = column(declared, values).await;
        assert_eq!(found, (data_type.to_owned(), rows.iter().map(|row| (*row).to_owned()).collect()), "{declared}");
    }
}

#[tokio::test]
async fn where_they_do_not_the_values_decide() {
    for (declared, values, data_type, rows) in [
        ("integer", "(1), ('one')", "varchar", &["1", "one"][..]),
        ("integer", "(1), (2.5)", "double", &["1.0", "2.5"]),
        ("integer", "(9007199254740993), (2.5)", "varchar", &["9007199254740993", "2.5"]),
        ("boolean", "(1), (2)", "bigint", &["1", "2"]),
        ("date", "('2024-01-01'), ('soon')", "varchar", &["2024-01-01", "soon"]),
        ("date", "('2024-01-01'), ('2024-01-01 10:00')", "timestamp", &["2024-01-01T00:00:00", "2024-01-01T10:00:00"]),
        ("datetime", "('2024-01-01 10:00'), ('')", "varchar", &["2024-01-01 10:00", ""]),
        ("decimal(4,2)", "(19.99), (12345.5)", "double", &["19.99", "12345.5"]),
        ("decimal(10,2)", "(19.99), (19.999)", "double", &["19.99", "19.999"]),
        // Seconds and milliseconds, Julian days and seconds: nothing tells which is which.
        ("datetime", "(1704103200), (1704103200000)", "bigint", &["1704103200", "1704103200000"]),
        ("date", "(157766400000), (631152000000)", "bigint", &["157766400000", "631152000000"]),
        ("datetime", "(2460310.75), (1704103200)", "double", &["2460310.75", "1704103200.0"]),
        ("datetime", "('2024-01-01 10:00:00.123456789')", "varchar", &["2024-01-01 10:00:00.123456789"]),
        ("", "(1), ('x'), (x'00ff'), (2.0)", "varchar", &["1", "x", "\\x00ff", "2.0"]),
        ("text", "('2024-01-01'), ('x')", "varchar", &["2024-01-01", "x"]),
    ] {
        let found = column(declared, values).await;
        assert_eq!(found, (data_type.to_owned(), rows.iter().map(|row| (*row).to_owned()).collect()), "{declared}");
    }
}

#[tokio::test]
async fn every_inferred_column_can_be_read() {
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{Config, TestRunner};
    let value = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|value| if value == i64::MIN { "0".to_owned() } else { value.to_string() }),
        (0_i64..2_000_000_000_000).prop_map(|value| value.to_string()),
        any::<i32>().prop_map(|value| format!("{}", f64::from(value) / 8.0)),
        Just("'2024-01-01'".to_owned()),
        Just("'2024-01-01 10:00:00'".to_owned()),
        Just("'2024-01-01T10:00:00+02:00'".to_owned()),
        Just("'true'".to_owned()),
        Just("''".to_owned()),
        Just("'12.5'".to_owned()),
        Just("x'ff'".to_owned()),
        Just("1".to_owned()),
        Just("0".to_owned()),
    ];
    let declared = proptest::sample::select(vec![
        "",
        "integer",
        "real",
        "text",
        "blob",
        "boolean",
        "date",
        "datetime",
        "timestamptz",
        "decimal(12,2)",
        "numeric",
        "any",
    ]);
    let case = (declared, proptest::collection::vec(value, 0..5));
    let mut cases = Vec::new();
    let mut runner = TestRunner::new(Config::with_cases(1));
    for _ in 0..400 {
        cases.push(case.new_tree(&mut runner).unwrap().current());
    }
    let source = Source::sqlite("");
    let writer = source.writer();
    for (index, (declared, values)) in cases.iter().enumerate() {
        writer.execute_batch(&format!("create table t{index} (c {declared})")).unwrap();
        for value in values {
            writer.execute_batch(&format!("insert into t{index} values ({value})")).unwrap();
        }
    }
    let snapshot = source.open().await.snapshot().await.unwrap();
    for (index, (declared, values)) in cases.iter().enumerate() {
        let plan = snapshot.plan(&source.request(&format!("t{index}"), json!({}))).await.unwrap();
        let result = crate::source::drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await;
        assert!(
            result.is_ok(),
            "{declared} {values:?} as {}: {}",
            plan.schema.field(0).data_type(),
            result.unwrap_err()
        );
    }
}

#[tokio::test]
async fn a_value_that_breaks_a_promise_is_named_by_its_row() {
    for (declared, value, promised, expected) in [
        ("integer", "'one'", DataType::Int64, "rowid 3, column `c`: expected bigint, found text of 3 characters"),
        ("integer", "2.5", DataType::Int64, "rowid 3, column `c`: expected bigint, found a number with a point"),
        ("integer", "40000", DataType::Int16, "rowid 3, column `c`: expected smallint, found a whole number"),
        ("text", "'2024-02-30'", DataType::Date32, "rowid 3, column `c`: expected date, found text of 10 characters"),
        ("datetime", "x'00'", TIMESTAMP, "rowid 3, column `c`: expected timestamp, found a blob of 1 bytes"),
        ("boolean", "2", DataType::Boolean, "rowid 3, column `c`: expected boolean, found a whole number"),
        (
            "decimal(4,2)",
            "123.456",
            DataType::Decimal128(4, 2),
            "rowid 3, column `c`: expected decimal(4,2), found a number with a point",
        ),
        ("blob", "5", DataType::Binary, "rowid 3, column `c`: expected bytea, found a whole number"),
        (
            "text",
            "cast(x'ff' as text)",
            DataType::Utf8,
            "rowid 3, column `c`: expected varchar, found text of 1 bytes that are not UTF-8",
        ),
    ] {
        let source =
            Source::sqlite(&format!("create table t (c {declared}); insert into t values (null), (null), ({value});"));
        let mut request = source.request("t", json!({}));
        request.promised = promise(&[("c", promised)]);
        let error = source.read_error(&request).await.to_string();
        assert_eq!(error, format!("`t`, {expected}; correct the source or the column's `data_type`"));
    }
    // The number of a row may be a value of it.
    let source = Source::sqlite(
        "create table t (ssn integer primary key, age); insert into t values (912345678, 1), (912345679, 'old');",
    );
    let mut request = source.request("t", json!({}));
    request.promised = promise(&[("ssn", DataType::Int64), ("age", DataType::Int64)]);
    assert_eq!(source.plan(&request).await.unwrap().units[0].rows, Some(2));
    let error = source.read_error(&request).await.to_string();
    assert!(error.starts_with("`t`, row 2, column `age`: expected bigint") && !error.contains("9123"), "{error}");

    let source = Source::sqlite(
        "create table t (k text primary key, c integer) without rowid; insert into t values ('a', 1), ('b', 'x');",
    );
    let mut request = source.request("t", json!({}));
    request.promised = promise(&[("k", DataType::Utf8), ("c", DataType::Int64)]);
    assert!(source.read_error(&request).await.to_string().starts_with("`t`, row 2, column `c`: expected bigint"));
    request.promised = promise(&[("c", DataType::Interval(arrow::datatypes::IntervalUnit::DayTime))]);
    assert_eq!(source.read_error(&request).await.id(), "source-request");
}

/// Birthdays of 1975 and 1990 as a program of milliseconds writes them.
const BIRTHDAYS: &str = "create table p (id integer primary key, born date, seen timestamp);
    insert into p values (1, 157766400000, 1704110400), (2, 631152000000, 1704110401), (3, null, null);";

#[tokio::test]
async fn what_a_column_counts_is_one_for_all_of_its_numbers() {
    let source = Source::sqlite(BIRTHDAYS);
    // Browsing finds out, and the draft says so.
    let tables = source.open().await.browse().await.unwrap();
    assert_eq!(tables[0].options, [("epoch_milliseconds".to_owned(), json!(["born"]))]);
    assert_eq!((&tables[0].columns[1].data_type, &tables[0].columns[2].data_type), (&DataType::Date32, &TIMESTAMP));
    let drafted = source.request("p", json!({ "epoch_milliseconds": ["born"] }));
    let expected = ["1|1975-01-01|2024-01-01T12:00:00", "2|1990-01-01|2024-01-01T12:00:01", "3|NULL|NULL"];
    assert_eq!(source.read(&drafted).await.unwrap().rows(), expected);
    let mut request = drafted.clone();
    request.promised = promise(&[("id", DataType::Int64), ("born", DataType::Date32), ("seen", TIMESTAMP)]);
    assert_eq!(source.read(&request).await.unwrap().rows(), expected);

    // Without it, no number is taken for the year 6969.
    request.options = source.options(json!({}));
    let error = source.read_error(&request).await.to_string();
    let told = "`p`, row 1, column `born`: expected date, found a whole number that is no time in seconds between 1800 and 2199 (list the column under `epoch_milliseconds`";
    assert!(error.starts_with(told), "{error}");
    // Who writes the year 9999 in seconds says so.
    source.execute("insert into p values (4, null, 253402214400)");
    request.options = source.options(json!({ "epoch_milliseconds": ["born"], "epoch_seconds": ["seen"] }));
    assert_eq!(source.read(&request).await.unwrap().rows()[3], "4|NULL|9999-12-31T00:00:00");
}

#[tokio::test]
async fn a_column_of_several_units_is_told_and_refused() {
    let source = Source::sqlite("create table t (at timestamp); insert into t values (1704110400), (1704110400000);");
    let tables = source.open().await.browse().await.unwrap();
    assert_eq!((tables[0].options.len(), &tables[0].columns[0].data_type), (0, &DataType::Int64));
    assert!(
        tables[0].notes[0].starts_with("numbers of column `at` are seconds and milliseconds"),
        "{:?}",
        tables[0].notes
    );

    let source = Source::sqlite("create table t (at timestamp); insert into t values (1704110400), (2460311.25);");
    let mut request = source.request("t", json!({}));
    request.promised = promise(&[("at", TIMESTAMP)]);
    let error = source.read_error(&request).await.to_string();
    assert!(error.contains("among Julian days and seconds since 1970"), "{error}");
}

#[tokio::test]
async fn nothing_is_rounded_to_fit() {
    for (declared, value, promised) in [
        ("decimal(10,2)", "19.999", DataType::Decimal128(10, 2)),
        ("decimal(10,2)", "1.005", DataType::Decimal128(10, 2)),
        ("integer", "9007199254740993", DataType::Float64),
        ("text", "'2024-01-01 10:00:00.1234567'", TIMESTAMP),
        ("text", "'2024-01-01 10:00:00.5'", DataType::Timestamp(TimeUnit::Second, None)),
        ("real", "1704110400.5", DataType::Timestamp(TimeUnit::Second, None)),
    ] {
        let source = Source::sqlite(&format!("create table t (c {declared}); insert into t values ({value});"));
        let mut request = source.request("t", json!({}));
        request.promised = promise(&[("c", promised)]);
        assert_eq!(source.read_error(&request).await.id(), "source-value", "{declared} {value}");
    }
}
