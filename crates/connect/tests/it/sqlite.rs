//! SQLite: read-only, one moment, keys, and databases that break.

use std::time::Duration;

use ade_connect::{ConnectError, RowCount, TableKind};
use futures::StreamExt;
use serde_json::json;

use crate::source::{Source, drain, rows};

#[tokio::test]
async fn a_key_is_what_tells_rows_apart() {
    let source = Source::sqlite(
        "create table with_null (a int, b int, primary key (a, b));
         insert into with_null values (1, null), (1, null), (1, 2);
         create table other_key (a text primary key, n int not null, m int not null, unique (n, m));
         insert into other_key values (null, 1, 2);
         create table unique_only (id int not null unique, maybe int unique, updated_at text not null);
         insert into unique_only values (1, 2, '2024-01-01 10:00:00');
         create table some_unique (id int not null);
         create unique index some on some_unique (id) where id > 3;",
    );
    let tables = source.open().await.browse().await.unwrap();
    let table = |name: &str| tables.iter().find(|table| table.name == name).unwrap();
    assert_eq!(table("with_null").primary_key, [""; 0]);
    let note = "its primary key holds NULL in b, which SQLite allows: such a key tells no rows apart";
    assert_eq!(table("with_null").notes, [note]);
    assert_eq!(table("other_key").primary_key, ["n", "m"]);
    let unique = table("unique_only");
    assert_eq!((&unique.primary_key, &unique.unique_keys), (&vec!["id".to_owned()], &vec![vec!["maybe".to_owned()]]));
    assert!(unique.keyed_cursor().is_some());
    assert!(table("some_unique").primary_key.is_empty());
}

#[tokio::test]
async fn browsing_finds_tables_keys_and_types() {
    let source = Source::sqlite(
        "create table market (code text primary key not null, name text) without rowid;
         create table customer (id integer primary key, email text not null unique, market text references market,
            created_at datetime, updated_at datetime, balance decimal(12,2), note);
         create index customer_updated on customer (updated_at);
         create table order_item (\"order\" integer, line integer, customer_id integer, primary key (\"order\", line),
            foreign key (customer_id) references customer (id));
         create view active as select id, email from customer where email is not null;
         create view broken as select missing from customer;
         create virtual table words using fts5(body);
         insert into market values ('DE', 'Germany');
         insert into customer values (1, 'a@example.com', 'DE', '2024-01-01 10:00:00', '2024-01-01 10:00:00', 19.99, 1),
            (2, 'b@example.com', null, '2024-01-02 10:00:00', '2024-01-02 10:00:00', 5, 'x');",
    );
    let tables = source.open().await.browse().await.unwrap();
    let names: Vec<_> = tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["active", "broken", "customer", "market", "order_item", "words"]);
    let table = |name: &str| tables.iter().find(|table| table.name == name).unwrap();

    let customer = table("customer");
    assert_eq!((customer.kind, customer.rows), (TableKind::Table, Some(RowCount::Exact(2))));
    let columns: Vec<_> = customer
        .columns
        .iter()
        .map(|column| {
            format!(
                "{} {} {} {}",
                column.name,
                column.source_type,
                ade_connect::type_name(&column.data_type),
                column.nullable
            )
        })
        .collect();
    assert_eq!(
        columns,
        [
            "id INTEGER bigint false",
            "email TEXT varchar false",
            "market TEXT varchar true",
            "created_at datetime timestamp true",
            "updated_at datetime timestamp true",
            "balance decimal(12,2) decimal(12,2) true",
            "note  varchar true"
        ]
    );
    assert_eq!(customer.primary_key, ["id"]);
    assert_eq!(customer.unique_keys, [["email"]]);
    let key = &customer.foreign_keys[0];
    assert_eq!(
        (key.columns.as_slice(), key.to_table.as_str(), key.to_columns.as_slice()),
        (&["market".to_owned()][..], "market", &["code".to_owned()][..])
    );
    let cursor = &customer.cursors[0];
    assert_eq!((cursor.column.as_str(), cursor.indexed, customer.cursors.len()), ("updated_at", true, 1));
    assert_eq!(customer.notes, ["column `note` holds values of several kinds; it is read as text"]);

    assert_eq!(table("order_item").primary_key, ["order", "line"]);
    assert_eq!(table("active").kind, TableKind::View);
    assert_eq!(table("broken").columns, []);
    assert!(table("broken").notes[0].contains("no such column: missing"), "{:?}", table("broken").notes);
}

#[tokio::test]
async fn several_tables_are_of_one_moment() {
    let source = Source::sqlite(
        "pragma journal_mode = wal; create table a (x integer); create table b (x integer);
         insert into a values (1); insert into b values (1);",
    );
    let snapshot = source.open().await.snapshot().await.unwrap();
    source.execute("insert into a values (2); insert into b values (2); drop table b;");
    for table in ["a", "b"] {
        let plan = snapshot.plan(&source.request(table, json!({}))).await.unwrap();
        let (batches, _) = drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap();
        assert_eq!(rows(&batches), ["1"], "{table}");
    }
}

#[tokio::test]
async fn streams_of_one_snapshot_take_turns() {
    let source = Source::sqlite(
        "create table a (x integer); create table b (x integer); insert into a values (1), (2); insert into b values (3);",
    );
    let snapshot = source.open().await.snapshot().await.unwrap();
    let (a, b) = (source.request("a", json!({})), source.request("b", json!({})));
    let (plan_a, plan_b) = (snapshot.plan(&a).await.unwrap(), snapshot.plan(&b).await.unwrap());
    let stream_a = snapshot.read(&plan_a, &plan_a.units[0]).await.unwrap();
    let stream_b = snapshot.read(&plan_b, &plan_b.units[0]).await.unwrap();
    let (a, b) = futures::join!(drain(stream_a), drain(stream_b));
    assert_eq!(
        (rows(&a.unwrap().0), rows(&b.unwrap().0)),
        (vec!["1".to_owned(), "2".to_owned()], vec!["3".to_owned()])
    );
}

#[tokio::test]
async fn the_database_is_not_written_even_by_mistake() {
    let source = Source::sqlite("create table t (x integer); insert into t values (1);");
    let before = std::fs::read(source.path("app.db")).unwrap();
    let load = source.read(&source.request("t", json!({}))).await.unwrap();
    assert_eq!(load.rows(), ["1"]);
    let error = source.read_error(&source.request("t\"; drop table t; --", json!({}))).await;
    assert!(matches!(error, ConnectError::NotFound { .. }));
    assert_eq!(std::fs::read(source.path("app.db")).unwrap(), before);
    let names: Vec<_> =
        std::fs::read_dir(source.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["app.db"]);
}

#[tokio::test]
async fn odd_names_are_names() {
    let source = Source::sqlite(
        "create table \"or\"\"der\" (\"a b\" integer, \"select\" text, rowid text); insert into \"or\"\"der\" values (1, 'x', 'y');",
    );
    let load = source.read(&source.request("OR\"DER", json!({}))).await.unwrap();
    assert_eq!(load.columns(), ["a b bigint", "select varchar", "rowid varchar"]);
    assert_eq!(load.rows(), ["1|x|y"]);
}

#[tokio::test]
async fn views_and_generated_columns_are_read() {
    let source = Source::sqlite(
        "create table t (a integer, b integer generated always as (a * 2) stored, c text generated always as ('c' || a) virtual);
         insert into t (a) values (1); create view v as select a + 1 as next, b from t;",
    );
    assert_eq!(source.read(&source.request("t", json!({}))).await.unwrap().rows(), ["1|2|c1"]);
    assert_eq!(source.read(&source.request("v", json!({}))).await.unwrap().rows(), ["2|2"]);
}

#[tokio::test]
async fn drift_is_known_before_any_row() {
    use arrow::datatypes::DataType;
    let source = Source::sqlite("create table t (id integer, quantity integer); insert into t values (1, 5);");
    let mut request = source.request("t", json!({}));
    request.promised = crate::source::promise(&[("id", DataType::Int64), ("qty", DataType::Int64)]);
    let load = source.read(&request).await.unwrap();
    let drift = load.plan.drift();
    assert_eq!(
        (drift.missing[0].name.as_str(), drift.new[0].name.as_str(), drift.new[0].data_type.as_str()),
        ("qty", "quantity", "bigint")
    );
    assert_eq!(drift.renames().len(), 1);
    assert_eq!(load.rows(), ["1|NULL|5"]);
}

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    let source = Source::sqlite("create table t (x integer); insert into t values (1);");
    let message = |error: ConnectError| error.to_string();
    let error = source.read_error(&source.request("tt", json!({}))).await;
    assert_eq!(message(error), "there is no table `tt` in database `app.db`; did you mean `t`?");

    let writer = source.writer();
    writer.execute_batch("begin exclusive").unwrap();
    let error = source.try_open().await.err().unwrap();
    assert!(matches!(error, ConnectError::Busy { waited_ms: 50, .. }), "{error}");
    assert!(error.is_transient());
    drop(writer);

    source.write(
        "app.db",
        "this is text, long enough to be taken for the header of something else entirely, is it not?".repeat(20),
    );
    let error = message(source.try_open().await.err().unwrap());
    assert_eq!(
        error,
        "cannot open SQLite database `app.db`: it is not a SQLite database; correct `path` of the connection"
    );
    std::fs::remove_file(source.path("app.db")).unwrap();
    let error = message(source.try_open().await.err().unwrap());
    assert_eq!(error, "cannot open SQLite database `app.db`: there is no such file; correct `path` of the connection");
}

/// A table that spans many pages, so that reading it goes to the disk while it is read.
fn large() -> Source {
    Source::sqlite(
        "create table t (id integer primary key, filler text);
         insert into t select value, hex(randomblob(400)) from
         (with recursive n(value) as (select 1 union all select value + 1 from n where value < 40000) select value from n);",
    )
}

#[tokio::test]
async fn a_database_that_dies_mid_stream_is_an_error() {
    for damage in ["cut", "overwritten"] {
        let source = large();
        let mut request = source.request("t", json!({}));
        request.batch_rows = 100;
        let snapshot = source.open().await.snapshot().await.unwrap();
        let mut request_typed = request.clone();
        request_typed.promised = crate::source::promise(&[
            ("id", arrow::datatypes::DataType::Int64),
            ("filler", arrow::datatypes::DataType::Utf8),
        ]);
        let plan = snapshot.plan(&request_typed).await.unwrap();
        let mut stream = snapshot.read(&plan, &plan.units[0]).await.unwrap();
        stream.next().await.unwrap().unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(source.path("app.db")).unwrap();
        if damage == "cut" {
            file.set_len(1 << 20).unwrap();
        } else {
            use std::os::unix::fs::FileExt;
            file.write_all_at(&vec![0xFF; 20 << 20], 1 << 20).unwrap();
        }
        let error = loop {
            match stream.next().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => break error,
                None => panic!("the stream ended as if it were whole"),
            }
        };
        assert!(matches!(error, ConnectError::SourceFailed { .. }), "{damage}: {error}");
        assert!(stream.end().is_none() && stream.next().await.is_none());
    }
}

#[tokio::test]
async fn a_database_that_is_deleted_is_read_to_its_end() {
    let source = large();
    let request = source.request("t", json!({}));
    let snapshot = source.open().await.snapshot().await.unwrap();
    let plan = snapshot.plan(&request).await.unwrap();
    std::fs::remove_file(source.path("app.db")).unwrap();
    let (batches, _) = drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap();
    assert_eq!(rows(&batches).len(), 40_000);
}

#[tokio::test]
async fn a_writer_is_held_up_no_longer_than_the_snapshot() {
    let source = large();
    let writer = source.writer();
    writer.busy_timeout(Duration::from_secs(30)).unwrap();
    let snapshot = source.open().await.snapshot().await.unwrap();
    let plan = snapshot.plan(&source.request("t", json!({}))).await.unwrap();
    let stream = snapshot.read(&plan, &plan.units[0]).await.unwrap();
    drop((stream, snapshot));
    writer.execute_batch("delete from t where id = 1").unwrap();
}

#[tokio::test]
async fn an_endless_query_can_be_given_up() {
    // One row, and then a search that never ends.
    let source = Source::sqlite(
        "create view endless as with recursive n(value) as (select 1 union all select value + 1 from n) select value from n where value < 2;
         create table t (x integer); insert into t values (1);",
    );
    let snapshot = source.open().await.snapshot().await.unwrap();
    let mut request = source.request("endless", json!({}));
    let mut planning = Box::pin(snapshot.plan(&request));
    assert!(futures::poll!(&mut planning).is_pending());
    drop(planning);

    request.promised = crate::source::promise(&[("value", arrow::datatypes::DataType::Int64)]);
    request.batch_rows = 1;
    let plan = snapshot.plan(&request).await.unwrap();
    let mut stream = snapshot.read(&plan, &plan.units[0]).await.unwrap();
    let never_begun = snapshot.read(&plan, &plan.units[0]).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap().num_rows(), 1);
    drop((never_begun, stream));

    // The thread is free again.
    let next = async {
        let plan = snapshot.plan(&source.request("t", json!({}))).await.unwrap();
        drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap().0
    };
    assert_eq!(rows(&tokio::time::timeout(Duration::from_mins(1), next).await.unwrap()), ["1"]);
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_with_the_nearest() {
    let mut source = Source::sqlite("create table t (a)");
    source.set("path", json!("./ap.db"));
    let error = source.try_open().await.err().unwrap().to_string();
    assert_eq!(
        error,
        "cannot open SQLite database `./ap.db`: there is no such file; correct `path` of the connection (did you mean `./app.db`?)"
    );
}
