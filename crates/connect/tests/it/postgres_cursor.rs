//! Incremental reads of PostgreSQL: nothing is skipped, and what cannot be a cursor is refused.

use ade_connect::{ReadMode, ReadRequest};
use serde_json::{Value, json};

use crate::source::{Load, Source, drain, incremental};

fn request(source: &Source, from: &str, cursor: &str, overlap: Option<&str>, position: Option<&Value>) -> ReadRequest {
    let mut request = source.request(from, json!({}));
    request.mode = incremental(Some(cursor), overlap);
    request.position = position.cloned();
    request
}

async fn first(source: &Source, from: &str, cursor: &str, overlap: Option<&str>) -> (Load, Value) {
    let load = source.read(&request(source, from, cursor, overlap, None)).await.unwrap();
    let position = load.position(None, "b").unwrap();
    (load, position)
}

fn sorted(load: &Load) -> Vec<String> {
    let mut rows = load.rows();
    rows.sort();
    rows
}

#[tokio::test]
async fn rows_since_the_cursor_less_the_overlap() {
    let source = Source::postgres(
        "create table t (id int primary key, at timestamptz);
         insert into t values (1, '2024-01-01 10:00:00+00'), (2, '2024-01-01 14:00:00+02'), (3, null);",
    );
    let (load, position) = first(&source, "t", "at", Some("1 hour")).await;
    assert_eq!(load.rows().len(), 3);
    assert_eq!(position["value"], "2024-01-01 12:00:00+00");
    assert_eq!(load.ends[0].notes[0].id, "cursor-null");
    assert!(load.ends[0].notes[0].message.starts_with("1 row of `t` has no value in the cursor `at`"));

    // Late rows within the overlap are found, earlier ones are not.
    source.execute(
        "insert into t values (4, '2024-01-01 11:00Z'), (5, '2024-01-01 10:59:59Z'), (6, '2024-01-02 00:00Z');",
    );
    let load = source.read(&request(&source, "t", "at", Some("1 hour"), Some(&position))).await.unwrap();
    assert_eq!(sorted(&load), ["2|2024-01-01T12:00:00Z", "4|2024-01-01T11:00:00Z", "6|2024-01-02T00:00:00Z"]);
    assert_eq!(load.plan.units[0].label, "t (changes)");
    let position = load.position(Some(&position), "c").unwrap();
    assert_eq!(position["value"], "2024-01-02 00:00:00+00");

    // A change of a row within the overlap that leaves its cursor is seen too.
    source.execute("update t set id = 7 where id = 6");
    let load = source.read(&request(&source, "t", "at", Some("1 hour"), Some(&position))).await.unwrap();
    assert_eq!(load.rows(), ["7|2024-01-02T00:00:00Z"]);
    let position = load.position(Some(&position), "c").unwrap();
    // Where the rows lie in the table, and in which order they come, is no change.
    source.execute("vacuum full t; create index on t (at); analyze t;");
    assert_eq!(source.plan(&request(&source, "t", "at", Some("1 hour"), Some(&position))).await.unwrap().units, []);

    // The position never goes back.
    source.execute("delete from t where id = 7");
    let load = source.read(&request(&source, "t", "at", Some("1 hour"), Some(&position))).await.unwrap();
    assert_eq!(load.position(Some(&position), "d").unwrap()["value"], "2024-01-02 00:00:00+00");
}

#[tokio::test]
async fn cursors_of_every_kind() {
    let cases = [
        ("integer", "100", "101", None, "101"),
        ("smallint", "-32768", "-32767", Some("10"), "-32767"),
        ("bigint", "1704110400", "1704110401", Some("1 minute"), "1704110401"),
        ("numeric", "1704110400.50", "99999999999999999999.75", Some("10"), "99999999999999999999.75"),
        ("numeric", "1", "2", None, "2"),
        ("double precision", "0.1", "0.3", None, "0.3"),
        (
            "timestamp",
            "'2024-01-01 10:00:00.000001'",
            "'2024-01-01 10:00:00.000002'",
            None,
            "2024-01-01 10:00:00.000002",
        ),
        ("timestamptz", "'2024-01-01 10:00+02'", "'2024-01-01 08:00:01Z'", Some("1 second"), "2024-01-01 08:00:01+00"),
        ("date", "'2024-01-01'", "'2024-01-02'", Some("1 hour"), "2024-01-02"),
        ("text", "'01HQ3a'", "'01HQ3ä'", None, "01HQ3ä"),
        ("varchar(20)", "'01HQ3A'", "'01HQ3B'", None, "01HQ3B"),
        (
            "uuid",
            "'018f0000-0000-7000-8000-000000000001'",
            "'018f0000-0000-7000-8000-000000000002'",
            None,
            "018f0000-0000-7000-8000-000000000002",
        ),
    ];
    let source = Source::postgres("");
    for (index, (declared, old, new, overlap, expected)) in cases.into_iter().enumerate() {
        let table = format!("t{index}");
        source.execute(&format!("create table {table} (c {declared}); insert into {table} values ({old});"));
        let (_, position) = first(&source, &table, "c", overlap).await;
        let again = source.plan(&request(&source, &table, "c", overlap, Some(&position))).await.unwrap();
        assert_eq!(again.units.len(), 0, "{declared} {old}");
        source.execute(&format!("insert into {table} values ({new})"));
        let load = source.read(&request(&source, &table, "c", overlap, Some(&position))).await.unwrap();
        let rows = if declared == "numeric" && overlap.is_some() { 1 } else { 2 };
        assert!(
            load.rows().len() >= rows,
            "{declared} {old}: the last value is read again, it may not have been alone"
        );
        assert_eq!(load.position(Some(&position), "b").unwrap()["value"], expected);
    }
}

#[tokio::test]
async fn values_that_are_the_largest_for_ever_do_not_stop_the_cursor() {
    let source = Source::postgres("");
    for (index, (declared, largest, next)) in [
        ("timestamptz", "'infinity'", "'2024-01-02Z'"),
        ("date", "'infinity'", "'2024-01-02'"),
        ("numeric", "'NaN'", "20240102"),
        ("numeric", "'Infinity'", "20240102"),
        ("double precision", "'NaN'", "20240102"),
    ]
    .into_iter()
    .enumerate()
    {
        if largest == "'Infinity'" && source.postgres_version() < 14 {
            continue;
        }
        let table = format!("t{index}");
        source.execute(&format!("create table {table} (c {declared}); insert into {table} values ({largest});"));
        let load = source.read(&request(&source, &table, "c", None, None)).await.unwrap();
        assert_eq!(load.position(None, "b"), None, "{declared}");
        source.execute(&format!("insert into {table} values ({next});"));
        let (_, position) = first(&source, &table, "c", None).await;
        source.execute(&format!("insert into {table} values ({next});"));
        let load = source.read(&request(&source, &table, "c", None, Some(&position))).await.unwrap();
        assert_eq!(load.rows().len(), 3, "{declared}");
    }
}

#[tokio::test]
async fn an_empty_table_has_no_position_yet_and_another_cursor_starts_anew() {
    let source = Source::postgres(
        "create table e (id int); create table t (id int, at bigint); insert into t values (1, 10), (2, 5);",
    );
    let load = source.read(&request(&source, "e", "id", None, None)).await.unwrap();
    assert_eq!((load.rows().len(), load.position(None, "b")), (0, None));
    let (_, position) = first(&source, "t", "id", None).await;
    let load = source.read(&request(&source, "t", "at", None, Some(&position))).await.unwrap();
    assert_eq!((load.rows().len(), load.plan.notes[0].id), (2, "cursor-changed"));
    assert_eq!(load.position(Some(&position), "b").unwrap()["value"], "10");
    // So does another type.
    source.execute("alter table t alter id type text");
    let load = source.read(&request(&source, "t", "id", None, Some(&position))).await.unwrap();
    assert_eq!((load.rows().len(), load.plan.notes[0].id), (2, "cursor-changed"));
}

#[tokio::test]
async fn what_cannot_be_a_cursor_is_refused() {
    let source = Source::postgres(
        "create table t (j jsonb, b boolean, a int[], x text, i int, at timestamp, updated_at int);
         insert into t values ('1', true, '{1}', 'abc', 5, '2024-01-01', 1);",
    );
    for (cursor, overlap, expected) in [
        ("j", None, "column `j` is of a type whose order does not tell what is new"),
        ("b", None, "column `b` is of a type whose order"),
        ("a", None, "column `a` is of a type whose order"),
        ("x", Some("1 hour"), "column `x` holds texts that are not times, so it can have no `overlap`"),
        ("i", Some("1 hour"), "column `i` counts, so `overlap` must be a number"),
        ("at", Some("10"), "column `at` holds times, so `overlap` must be a time"),
    ] {
        let error = source.read_error(&request(&source, "t", cursor, overlap, None)).await.to_string();
        assert!(error.contains(expected), "{error}");
    }
    let error = source.read_error(&request(&source, "t", "updatedat", None, None)).await.to_string();
    assert_eq!(error, "cannot read `t`: it has no column `updatedat`; did you mean `updated_at`?");
    let mut without = source.request("t", json!({}));
    without.mode = incremental(None, None);
    assert!(source.read_error(&without).await.to_string().contains("needs a cursor"));
    let foreign = json!({ "files": {} });
    let error = source.read_error(&request(&source, "t", "i", None, Some(&foreign))).await.to_string();
    assert!(error.contains("--full-refresh"), "{error}");
    let unkeyed = source.open_with(None).await.unwrap().snapshot().await.unwrap();
    assert!(unkeyed.plan(&request(&source, "t", "i", None, None)).await.is_err());
}

#[tokio::test]
async fn rows_without_a_cursor_value_arrive_where_a_key_tells_rows_apart() {
    let source = Source::postgres(
        "create table t (id int primary key, at timestamp) partition by range (id);
         create table t1 partition of t for values from (0) to (3); create table t2 partition of t default;
         insert into t values (1, '2024-01-01 10:00:00'), (2, null);",
    );
    let keyed = |position: Option<&Value>| {
        let mut request = request(&source, "t", "at", None, position);
        request.mode =
            ReadMode::Incremental { cursor: Some("at".to_owned()), overlap: None, key: vec!["id".to_owned()] };
        request
    };
    let load = source.read(&keyed(None)).await.unwrap();
    let position = load.position(None, "b").unwrap();
    assert_eq!(source.plan(&keyed(Some(&position))).await.unwrap().units, []);

    // As most programs insert rows: the time of change comes with the first change.
    source.execute("insert into t values (3, null)");
    let load = source.read(&keyed(Some(&position))).await.unwrap();
    assert_eq!(load.rows(), ["1|2024-01-01T10:00:00", "2|NULL", "3|NULL"]);
    let position = load.position(Some(&position), "c").unwrap();
    assert_eq!(position["value"], "2024-01-01 10:00:00");
    assert_eq!(source.plan(&keyed(Some(&position))).await.unwrap().units, []);
}

#[tokio::test]
async fn a_cursor_in_the_far_future_is_told_each_time() {
    let source = Source::postgres(
        "create table t (id int, at timestamp);
         insert into t values (1, '2024-01-01 10:00:00'), (2, '2099-01-01 00:00:00');",
    );
    let at = |now: &str| source.open_at(now.parse().unwrap());
    let snapshot = at("2024-01-02T00:00:00Z").await.snapshot().await.unwrap();
    let plan = snapshot.plan(&request(&source, "t", "at", None, None)).await.unwrap();
    assert!(plan.notes.is_empty());
    let (_, end) = drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap();
    assert_eq!(end.notes[0].id, "cursor-ahead");
    let position = end.position(None, "b").unwrap();
    let plan = snapshot.plan(&request(&source, "t", "at", None, Some(&position))).await.unwrap();
    assert!(plan.units.is_empty());
    assert!(plan.notes[0].message.contains("lies 27,393 days after now"), "{}", plan.notes[0].message);
}
