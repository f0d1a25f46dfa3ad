//! Incremental reads of SQLite: nothing is skipped, and what cannot be a cursor is refused.

use ade_connect::{ReadMode, ReadRequest};
use serde_json::{Value, json};

use crate::source::{Load, Source, drain, incremental};

fn request(source: &Source, cursor: &str, overlap: Option<&str>, position: Option<&Value>) -> ReadRequest {
    let mut request = source.request("t", json!({}));
    request.mode = incremental(Some(cursor), overlap);
    request.position = position.cloned();
    request
}

async fn first(source: &Source, cursor: &str, overlap: Option<&str>) -> (Load, Value) {
    let load = source.read(&request(source, cursor, overlap, None)).await.unwrap();
    let position = load.position(None, "b").unwrap();
    (load, position)
}

#[tokio::test]
async fn rows_since_the_cursor_less_the_overlap() {
    let source = Source::sqlite(
        "create table t (id integer primary key, at timestamp);
         insert into t values (1, '2024-01-01 10:00:00'), (2, '2024-01-01 12:00:00'), (3, null);",
    );
    let (load, position) = first(&source, "at", Some("1 hour")).await;
    assert_eq!(load.rows().len(), 3);
    assert_eq!(position["value"], "2024-01-01 12:00:00");
    assert_eq!(load.ends[0].notes[0].id, "cursor-null");
    assert!(load.ends[0].notes[0].message.starts_with("1 row of `t` has no value in the cursor `at`"));

    // Late rows within the overlap are found, earlier ones are not.
    source.execute(
        "insert into t values (4, '2024-01-01 11:00:00'), (5, '2024-01-01 10:59:59'), (6, '2024-01-02 00:00:00');",
    );
    let load = source.read(&request(&source, "at", Some("1 hour"), Some(&position))).await.unwrap();
    assert_eq!(load.rows(), ["2|2024-01-01T12:00:00", "4|2024-01-01T11:00:00", "6|2024-01-02T00:00:00"]);
    assert_eq!(load.plan.units[0].label, "t (changes)");
    let position = load.position(Some(&position), "c").unwrap();
    assert_eq!(position["value"], "2024-01-02 00:00:00");

    // A change of a row within the overlap that leaves its cursor is seen too.
    source.execute("update t set id = 7 where id = 6");
    let load = source.read(&request(&source, "at", Some("1 hour"), Some(&position))).await.unwrap();
    assert_eq!(load.rows(), ["7|2024-01-02T00:00:00"]);

    // The position never goes back.
    source.execute("delete from t where id = 7");
    let load = source.read(&request(&source, "at", Some("1 hour"), Some(&position))).await.unwrap();
    assert_eq!(load.position(Some(&position), "d").unwrap()["value"], "2024-01-02 00:00:00");
}

#[tokio::test]
async fn cursors_of_every_kind() {
    for (declared, old, new, overlap) in [
        ("integer", "100", "101", None),
        ("integer", "1704110400", "1704110401", Some("1 minute")),
        ("real", "1704110400.5", "1704110400.75", Some("1 second")),
        ("timestamp", "'2024-01-01T10:00:00Z'", "'2024-01-01T10:00:00.5Z'", None),
        ("timestamp", "'2024-01-01T10:00:00+02:00'", "'2024-01-01T10:00:01+02:00'", Some("1 second")),
        ("date", "'2024-01-01'", "'2024-01-02'", Some("1 day")),
        ("text", "'01HQ3A'", "'01HQ3B'", None),
    ] {
        let source = Source::sqlite(&format!("create table t (c {declared}); insert into t values ({old});"));
        let (_, position) = first(&source, "c", overlap).await;
        assert_eq!(
            source.plan(&request(&source, "c", overlap, Some(&position))).await.unwrap().units.len(),
            0,
            "{declared} {old}"
        );
        source.execute(&format!("insert into t values ({new})"));
        let load = source.read(&request(&source, "c", overlap, Some(&position))).await.unwrap();
        assert_eq!(load.rows().len(), 2, "{declared} {old}: the last value is read again, it may not have been alone");
        let position = load.position(Some(&position), "b").unwrap();
        assert_eq!(position["value"].to_string().replace('"', "'"), new);
    }
}

#[tokio::test]
async fn an_empty_table_has_no_position_yet() {
    let source = Source::sqlite("create table t (id integer);");
    let load = source.read(&request(&source, "id", None, None)).await.unwrap();
    assert_eq!((load.rows().len(), load.position(None, "b")), (0, None));
}

#[tokio::test]
async fn another_cursor_starts_anew() {
    let source = Source::sqlite("create table t (id integer, at integer); insert into t values (1, 10), (2, 5);");
    let (_, position) = first(&source, "id", None).await;
    let load = source.read(&request(&source, "at", None, Some(&position))).await.unwrap();
    assert_eq!((load.rows().len(), load.plan.notes[0].id), (2, "cursor-changed"));
    assert_eq!(load.position(Some(&position), "b").unwrap()["value"], 10);
}

#[tokio::test]
async fn what_cannot_be_a_cursor_is_refused() {
    for (values, overlap, expected) in [
        ("('2024-01-01 10:00'), ('2024-01-01T10:00')", None, "column `c` holds times that are written in several ways"),
        (
            "('2024-01-01 10:00:00Z'), ('2024-01-01 10:00:00')",
            None,
            "column `c` holds times that are written in several ways",
        ),
        ("('2024-01-01'), (5)", None, "column `c` holds values of several kinds"),
        ("(x'00')", None, "column `c` holds blobs"),
        ("('abc')", Some("1 hour"), "column `c` holds texts that are not times, so it can have no `overlap`"),
        ("(5)", Some("1 hour"), "column `c` counts, so `overlap` must be a number"),
        ("('2024-01-01')", Some("10"), "column `c` holds times, so `overlap` must be a time"),
    ] {
        let source = Source::sqlite(&format!("create table t (c any); insert into t values {values};"));
        let error = source.read_error(&request(&source, "c", overlap, None)).await.to_string();
        assert!(error.contains(expected), "{error}");
    }
    let source = Source::sqlite("create table t (updated_at integer);");
    let error = source.read_error(&request(&source, "updatedat", None, None)).await.to_string();
    assert_eq!(error, "cannot read `t`: it has no column `updatedat`; did you mean `updated_at`?");
    let mut without = source.request("t", json!({}));
    without.mode = incremental(None, None);
    assert!(source.read_error(&without).await.to_string().contains("needs a cursor"));
    let foreign = json!({ "files": {} });
    assert!(
        source
            .read_error(&request(&source, "updated_at", None, Some(&foreign)))
            .await
            .to_string()
            .contains("--full-refresh")
    );
}

#[tokio::test]
async fn rows_without_a_cursor_value_arrive_where_a_key_tells_rows_apart() {
    let source = Source::sqlite(
        "create table t (id integer primary key, at timestamp);
         insert into t values (1, '2024-01-01 10:00:00'), (2, null);",
    );
    let keyed = |position: Option<&Value>| {
        let mut request = request(&source, "at", None, position);
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
async fn columns_with_gaps_are_not_proposed_as_cursor() {
    let source = Source::sqlite(
        "create table t (id integer primary key, updated_at timestamp, modified timestamp);
         insert into t values (1, null, '2024-01-01'), (2, '2024-01-01', '2024-01-01');",
    );
    let tables = source.open().await.browse().await.unwrap();
    let cursors: Vec<&str> = tables[0].cursors.iter().map(|cursor| cursor.column.as_str()).collect();
    assert_eq!(cursors, ["modified"]);
}

#[tokio::test]
async fn a_cursor_in_the_far_future_is_told_each_time() {
    let source = Source::sqlite(
        "create table t (id integer primary key, at timestamp);
         insert into t values (1, '2024-01-01 10:00:00'), (2, '2099-01-01 00:00:00');",
    );
    let at = |now: &str| source.open_at(now.parse().unwrap());
    let snapshot = at("2024-01-02T00:00:00Z").await.snapshot().await.unwrap();
    let plan = snapshot.plan(&request(&source, "at", None, None)).await.unwrap();
    assert!(plan.notes.is_empty());
    let (_, end) = drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap();
    assert_eq!(end.notes[0].id, "cursor-ahead");
    let position = end.position(None, "b").unwrap();

    let plan = snapshot.plan(&request(&source, "at", None, Some(&position))).await.unwrap();
    assert!(plan.units.is_empty());
    let told = "the highest value of the cursor `at` of `t` lies 27,393 days after now: rows that change before that time are not found";
    assert!(plan.notes[0].message.starts_with(told), "{}", plan.notes[0].message);

    let later = at("2098-12-31T12:00:00Z").await.snapshot().await.unwrap();
    assert!(later.plan(&request(&source, "at", None, Some(&position))).await.unwrap().notes.is_empty());
}
