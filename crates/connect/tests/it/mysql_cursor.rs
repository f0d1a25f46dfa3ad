//! Incremental reads of MariaDB.

use ade_connect::{PositionKey, ReadMode, ReadRequest};
use serde_json::{Value, json};

use crate::source::{Source, drain, incremental};

fn request(source: &Source, cursor: &str, overlap: Option<&str>, position: Option<&Value>) -> ReadRequest {
    let mut request = source.request("t", json!({}));
    request.mode = incremental(Some(cursor), overlap);
    request.position = position.cloned();
    request
}

fn keyed(source: &Source, cursor: &str, position: Option<&Value>) -> ReadRequest {
    let mut request = request(source, cursor, None, position);
    request.mode = ReadMode::Incremental { cursor: Some(cursor.to_owned()), overlap: None, key: vec!["id".to_owned()] };
    request
}

/// The first column of each row.
fn ids(rows: &[String]) -> Vec<&str> {
    rows.iter().map(|row| row.split('|').next().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_cursor_moves_forward() {
    for (declared, first, later, position) in [
        ("bigint", "(1, 10), (2, 9)", "(3, 11)", "10"),
        ("bigint unsigned", "(1, 18446744073709551610), (2, 9)", "(3, 18446744073709551615)", "18446744073709551610"),
        (
            "decimal(38,2)",
            "(1, 99999999999999999999999.01), (2, 9.50)",
            "(3, 99999999999999999999999.02)",
            "99999999999999999999999.01",
        ),
        ("date", "(1, '2024-02-01'), (2, '2024-01-31')", "(3, '2024-02-02')", "2024-02-01"),
        (
            "datetime(6)",
            "(1, '2024-02-01 00:00:00.000001'), (2, '2024-02-01')",
            "(3, '2024-02-01 00:00:00.000002')",
            "2024-02-01 00:00:00.000001",
        ),
        (
            "datetime",
            "(1, '2024-02-01'), (2, '2023-02-01')",
            "(3, '2024-02-01 00:00:01')",
            "2024-02-01 00:00:00.000000",
        ),
        (
            "timestamp",
            "(1, '2024-02-01 05:30:00'), (2, '2023-02-01')",
            "(3, '2024-02-01 05:30:01')",
            "2024-02-01 00:00:00.000000",
        ),
        ("varchar(26)", "(1, 'b'), (2, 'Z')", "(3, 'ä')", "b"),
    ] {
        let source =
            Source::mysql(&format!("create table t (id int primary key, c {declared}); insert into t values {first};"));
        let load = source.read(&request(&source, "c", None, None)).await.unwrap();
        let first = load.position(None, "b").unwrap();
        assert_eq!((load.rows().len(), first["value"].as_str().unwrap()), (2, position), "{declared}");
        assert_eq!(source.plan(&request(&source, "c", None, Some(&first))).await.unwrap().units, [], "{declared}");

        source.execute(&format!("insert into t values {later}"));
        let load = source.read(&request(&source, "c", None, Some(&first))).await.unwrap();
        assert_eq!(ids(&load.rows()), ["1", "3"], "{declared}");
        let second = load.position(Some(&first), "b").unwrap();
        assert_eq!(source.plan(&request(&source, "c", None, Some(&second))).await.unwrap().units, [], "{declared}");
        // What is taken away shows, too; the position stays.
        source.execute("delete from t where id = 3");
        let load = source.read(&request(&source, "c", None, Some(&second))).await.unwrap();
        assert_eq!(load.position(Some(&second), "b").unwrap()["value"], second["value"], "{declared}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overlap_reads_again_and_sees_changes_within_it() {
    let source = Source::mysql(
        "create table t (id int primary key, at datetime, name text);
         insert into t values (1, '2024-01-01 10:00:00', 'a'), (2, '2024-01-01 11:30:00', 'b'), (3, '2024-01-01 12:00:00', 'c');",
    );
    let load = source.read(&request(&source, "at", Some("1 hour"), None)).await.unwrap();
    let position = load.position(None, "b").unwrap();
    let next = request(&source, "at", Some("1 hour"), Some(&position));
    assert_eq!(source.plan(&next).await.unwrap().units, []);
    // Without a change of the cursor, and with a row that became visible late.
    source.execute("update t set name = 'B' where id = 2; insert into t values (4, '2024-01-01 11:15:00', 'd')");
    assert_eq!(ids(&source.read(&next).await.unwrap().rows()), ["2", "3", "4"]);
    // The position is bound to the key of the environment and holds no value but the cursor's.
    let told = position.to_string();
    assert!(told.contains("\"kind\":\"time\"") && !told.contains('B'), "{told}");
    let other = source.open_with(Some(PositionKey::new([8; 32]))).await.unwrap();
    assert_eq!(other.snapshot().await.unwrap().plan(&next).await.unwrap().units.len(), 1);
    let without = source.open_with(None).await.unwrap();
    assert!(without.snapshot().await.unwrap().plan(&next).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_without_a_cursor_value_arrive_where_a_key_tells_rows_apart() {
    let source = Source::mysql(
        "set sql_mode = '';
         create table t (id int primary key, at datetime not null, seen datetime null);
         insert into t values (1, '2024-01-01 10:00:00', null), (2, '0000-00-00', '2024-01-01');",
    );
    for cursor in ["at", "seen"] {
        let load = source.read(&keyed(&source, cursor, None)).await.unwrap();
        let position = load.position(None, "b").unwrap();
        assert!(load.ends[0].notes.iter().any(|note| note.id == "cursor-null"), "{cursor}");
        assert_eq!(source.plan(&keyed(&source, cursor, Some(&position))).await.unwrap().units, [], "{cursor}");
        source.execute("set sql_mode = ''; replace into t values (3, '0000-00-00', null)");
        let load = source.read(&keyed(&source, cursor, Some(&position))).await.unwrap();
        assert_eq!(ids(&load.rows()), ["1", "2", "3"], "{cursor}");
        assert_eq!(load.position(Some(&position), "b").unwrap()["value"], position["value"]);
        source.execute("delete from t where id = 3");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_cursor_is_refused() {
    let source = Source::mysql(
        "create table t (id int, f double, t time, b varbinary(3), flag boolean, name text, at date);
         insert into t values (5, 1, '10:00', 'a', true, 'x', '2024-01-01');",
    );
    let position =
        |cursor: &str, kind: &str, value: &str| json!({ "cursor": cursor, "kind": kind, "value": value, "window": "" });
    for (cursor, overlap, position, expected) in [
        ("f", None, None, "column `f` holds floating numbers"),
        ("t", None, None, "column `t` holds times of any day"),
        ("b", None, None, "column `b` holds bytes"),
        ("flag", None, None, "column `flag` holds bits"),
        (
            "name",
            Some("1 hour"),
            Some(position("name", "text", "x")),
            "column `name` holds texts, so it can have no `overlap`",
        ),
        (
            "id",
            Some("1 hour"),
            Some(position("id", "number", "5")),
            "column `id` counts, so `overlap` must be a number",
        ),
        (
            "at",
            Some("10"),
            Some(position("at", "date", "2024-01-01")),
            "column `at` holds times, so `overlap` must be a time",
        ),
        ("nam", None, None, "it has no column `nam`; did you mean `name`?"),
        ("id", None, Some(json!({ "files": {} })), "--full-refresh"),
        ("at", None, Some(position("at", "date", "yesterday")), "--full-refresh"),
    ] {
        let error = source.read_error(&request(&source, cursor, overlap, position.as_ref())).await.to_string();
        assert!(error.contains(expected), "{error}");
    }
    let mut without = source.request("t", json!({}));
    without.mode = incremental(None, None);
    assert!(source.read_error(&without).await.to_string().contains("needs a cursor"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_cursor_starts_anew() {
    let source =
        Source::mysql("create table t (id int, at date); insert into t values (1, '2024-01-02'), (2, '2024-01-01');");
    let position = source.read(&request(&source, "id", None, None)).await.unwrap().position(None, "b").unwrap();
    let load = source.read(&request(&source, "at", None, Some(&position))).await.unwrap();
    assert_eq!((load.rows().len(), load.plan.notes[0].id), (2, "cursor-changed"));
    assert_eq!(load.position(Some(&position), "b").unwrap()["value"], "2024-01-02");
    // The same column with another type.
    source.execute("alter table t modify id varchar(9)");
    let load = source.read(&request(&source, "id", None, Some(&position))).await.unwrap();
    assert_eq!((load.rows().len(), load.plan.notes[0].id), (2, "cursor-changed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_found_by_the_index() {
    let source = Source::mysql(
        "create table t (id int primary key, at datetime(6) null, n decimal(12,2), index (at), index (n));
         insert into t select seq, '2024-01-01' + interval seq second, seq from seq_1_to_20000;
         analyze table t; set global general_log = on, global log_output = 'TABLE';",
    );
    for cursor in ["at", "n"] {
        let position = source.read(&keyed(&source, cursor, None)).await.unwrap().position(None, "b").unwrap();
        assert_eq!(source.plan(&keyed(&source, cursor, Some(&position))).await.unwrap().units, []);
        let sql = "select argument from mysql.general_log where command_type = 'Execute' and argument like '%where%>=%'
                   and argument like 'select%app%' order by event_time desc limit 1";
        let statement = source.query(sql).remove(0);
        // The sixth column of the answer is the access: `range` or `ref_or_null`, and not `ALL`.
        let plan = source.query(&format!("explain format=json {statement}")).remove(0);
        assert!(!plan.contains("\"ALL\"") && plan.contains("\"key\""), "{statement}\n{plan}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_in_the_far_future_is_told_each_time() {
    let source = Source::mysql("create table t (id int, at date); insert into t values (1, '2099-01-01');");
    let at = |now: &str| source.open_at(now.parse().unwrap());
    let snapshot = at("2024-01-02T00:00:00Z").await.snapshot().await.unwrap();
    let plan = snapshot.plan(&request(&source, "at", None, None)).await.unwrap();
    let (_, end) = drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap();
    assert_eq!(end.notes[0].id, "cursor-ahead");
    let position = end.position(None, "b").unwrap();
    let plan = snapshot.plan(&request(&source, "at", None, Some(&position))).await.unwrap();
    assert!(plan.units.is_empty() && plan.notes[0].message.contains("lies 27,393 days after now"));
    let later = at("2098-12-31T12:00:00Z").await.snapshot().await.unwrap();
    assert!(later.plan(&request(&source, "at", None, Some(&position))).await.unwrap().notes.is_empty());
}
