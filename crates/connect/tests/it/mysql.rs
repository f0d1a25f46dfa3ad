//! MariaDB as a source: what is there, what was promised, and what goes wrong.

use std::time::{Duration, Instant};

use ade_connect::{ConnectError, ReadPlan};
use arrow::datatypes::DataType;
use futures::StreamExt;
use serde_json::json;

use crate::source::{Source, TIMESTAMP, drain, promise, rows};

/// Looks again until it is so.
async fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
        tokio::task::yield_now().await;
    }
}

fn drift(plan: &ReadPlan) -> (Vec<String>, Vec<String>, Vec<String>) {
    let drift = plan.drift();
    let retyped = drift.retyped.iter().map(|column| format!("{} {} {}", column.name, column.promised, column.found));
    (
        drift.missing.iter().map(|column| column.name.clone()).collect(),
        drift.new.iter().map(|column| format!("{} {}", column.name, column.data_type)).collect(),
        retyped.collect(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_views_and_other_databases() {
    let source = Source::mysql(
        "create table `odd ``name.x` (`a``b` int, `select` varchar(3));
         insert into `odd ``name.x` values (1, 'x');
         create view v as select `a``b` + 1 as c from `odd ``name.x`;
         create sequence s;
         create database other; create table other.t (id int); insert into other.t values (7);
         create table empty_one (id int);",
    );
    for (from, expected) in [("odd `name.x", "1|x"), ("v", "2"), ("other.t", "7")] {
        let load = source.read(&source.request(from, json!({}))).await.unwrap();
        assert_eq!(load.rows(), [expected], "{from}");
    }
    let empty = source.read(&source.request("empty_one", json!({}))).await.unwrap();
    assert_eq!((empty.rows().len(), empty.columns()), (0, vec!["id integer".to_owned()]));
    for (from, hint) in [("empty_ones", "did you mean `empty_one`?"), ("s", "as far as this login may see"), ("V", "")]
    {
        let error = source.read_error(&source.request(from, json!({}))).await;
        assert_eq!(error.id(), "source-not-found", "{error}");
        assert!(error.to_string().contains(hint), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn promises_decide_and_what_breaks_them_is_drift() {
    let source = Source::mysql(
        "create table t (id bigint unsigned, price decimal(8,2), at datetime, flag tinyint(1), note text, extra int);
         insert into t values (1, 9.5, '2024-01-02 03:04:05', 1, 'a', 5);",
    );
    let mut request = source.request("t", json!({}));
    request.promised = promise(&[
        ("note", DataType::Utf8View),
        ("id", DataType::Int64),
        ("price", DataType::Decimal128(12, 4)),
        ("at", TIMESTAMP),
        ("flag", DataType::Int16),
        ("gone", DataType::Int32),
        ("extra", DataType::Null),
    ]);
    let load = source.read(&request).await.unwrap();
    assert_eq!(
        load.columns(),
        [
            "note varchar",
            "id bigint",
            "price decimal(12,4)",
            "at timestamp",
            "flag smallint",
            "gone integer",
            "extra integer"
        ]
    );
    assert_eq!(load.rows(), ["a|1|9.5000|2024-01-02T03:04:05|1|NULL|5"]);
    assert_eq!(drift(&load.plan), (vec!["gone".to_owned()], vec![], vec![]));

    // What the source has changed since.
    source.execute("alter table t modify id varchar(20), modify price decimal(20,6), drop extra, add more json");
    let plan = source.plan(&request).await.unwrap();
    let retyped = ["id bigint varchar", "price decimal(12,4) decimal(20,6)"].map(str::to_owned).to_vec();
    assert_eq!(drift(&plan), (vec!["gone".to_owned(), "extra".to_owned()], vec!["more varchar".to_owned()], retyped));
    let error = source.read_error(&request).await.to_string();
    assert!(error.starts_with("cannot read `t`: column `id` is promised as bigint, and is varchar"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_beyond_the_promise_are_errors_at_their_place() {
    let source = Source::mysql(
        "create table t (id bigint unsigned, flag tinyint(1), at time, d decimal(65,30));
         insert into t values (1, 1, '10:00:00', 1), (18446744073709551615, 7, '25:00:00', 1.123456789);",
    );
    for (column, data_type, expected) in [
        ("id", DataType::Int64, "`t`, row 2, column `id`: expected bigint, found a whole number of 20 digits; "),
        ("flag", DataType::Boolean, "column `flag`: expected boolean, found a whole number other than 0 and 1; "),
        (
            "at",
            DataType::Time64(arrow::datatypes::TimeUnit::Microsecond),
            "column `at`: expected time, found a time outside of one day; ",
        ),
        (
            "d",
            DataType::Decimal128(38, 2),
            "column `d`: expected decimal(38,2), found a number with 1 digit before the point and 30 after it; ",
        ),
    ] {
        let mut request = source.request("t", json!({}));
        request.promised = promise(&[(column, data_type)]);
        request.columns = Some(vec![column.to_owned()]);
        let error = source.read_error(&request).await;
        assert_eq!(error.id(), "source-value");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_is_ended_in_the_server_and_the_moment_stays() {
    let source = Source::mysql(
        "create table t (id int primary key); insert into t select seq from seq_1_to_200000;
         create view slow as select a.id from t a join t b on a.id % 100 = b.id % 1000 order by a.id + b.id;",
    );
    let running = |what: &str| {
        let sql = format!(
            "select count(*) from information_schema.processlist where id <> connection_id() and info like '{what}'"
        );
        source.query(&sql)[0].parse::<u32>().unwrap()
    };
    let connection = source.open().await;
    let snapshot = connection.snapshot().await.unwrap();
    let mut request = source.request("t", json!({}));
    request.batch_rows = 100;
    let plan = snapshot.plan(&request).await.unwrap();
    source.execute("delete from t where id > 5");

    // In the middle of rows.
    let mut stream = snapshot.read(&plan, &plan.units[0]).await.unwrap();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    // Before the first row.
    let slow = snapshot.plan(&source.request("slow", json!({}))).await.unwrap();
    let stream = snapshot.read(&slow, &slow.units[0]).await.unwrap();
    wait_until("the server works", || running("%from `app`.`slow`%") == 1).await;
    drop(stream);
    wait_until("the server has stopped", || running("%from `app`.`slow`%") == 0).await;
    // The moment is that of the beginning still.
    let (batches, _) = drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap();
    assert_eq!(rows(&batches).len(), 200_000);

    let sessions = || source.query("select count(*) from information_schema.processlist")[0].parse::<u32>().unwrap();
    assert_eq!(sessions(), 2);
    let stream = snapshot.read(&slow, &slow.units[0]).await.unwrap();
    wait_until("the server works", || running("%from `app`.`slow`%") == 1).await;
    drop(snapshot);
    drop(stream);
    wait_until("the session is over", || sessions() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_can_only_read_and_say_who_they_are() {
    let source = Source::mysql(
        "create table log (what text); set global general_log = on, global log_output = 'TABLE';
         create function f() returns int reads sql data return 5; create view v as select f() as x;",
    );
    assert_eq!(source.read(&source.request("v", json!({}))).await.unwrap().rows(), ["5"]);
    let said = source.query("select argument from mysql.general_log where argument like '%read only%'");
    assert!(said.iter().any(|said| said == "start transaction with consistent snapshot, read only"), "{said:?}");
    let said = source.query("select argument from mysql.general_log where argument like 'set session%'");
    assert!(said.iter().any(|said| said == "set session transaction read only"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_in_mid_stream_ends_the_read_with_an_error() {
    let mut source = Source::mysql(
        "create table t (id int primary key, filler varchar(200));
         insert into t select seq, repeat('x', 200) from seq_1_to_100000;",
    );
    let mut request = source.request("t", json!({}));
    request.batch_rows = 100;
    let snapshot = source.open().await.snapshot().await.unwrap();
    let plan = snapshot.plan(&request).await.unwrap();
    let mut stream = snapshot.read(&plan, &plan.units[0]).await.unwrap();
    stream.next().await.unwrap().unwrap();
    source.mariadb.as_mut().unwrap().kill();
    let error = loop {
        match stream.next().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => break error,
            None => panic!("a read of a server that died ended well"),
        }
    };
    assert!(error.is_transient() && error.to_string().starts_with("reading `t` failed: the connection to"), "{error}");
    assert!(stream.next().await.is_none() && stream.end().is_none());
    // What follows fails, too, and at once.
    assert!(snapshot.plan(&request).await.is_err());
    let error = source.try_open().await.err().unwrap();
    assert!(error.to_string().contains("check `host`, `port`"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_change_their_shape_are_not_read_half() {
    let source = Source::mysql("create table t (id int); insert into t values (1);");
    let snapshot = source.open().await.snapshot().await.unwrap();
    let request = source.request("t", json!({}));
    source.execute("alter table t modify id bigint");
    let plan = snapshot.plan(&request).await.unwrap();
    let error = drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap_err();
    assert!(matches!(error, ConnectError::SourceChanged { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_were_read_are_let_go() {
    let source = Source::mysql(
        "create table t (id int); insert into t values (1); create table u (id int); insert into u values (1);",
    );
    let snapshot = source.open().await.snapshot().await.unwrap();
    let plan = snapshot.plan(&source.request("t", json!({}))).await.unwrap();
    drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap();
    let next = snapshot.plan(&source.request("u", json!({}))).await.unwrap();
    source.execute("set lock_wait_timeout = 20; alter table t add c int; insert into u values (2)");
    let (batches, _) = drain(snapshot.read(&next, &next.units[0]).await.unwrap()).await.unwrap();
    assert_eq!(rows(&batches), ["1"], "the moment is another one");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_kept() {
    let mut source = Source::mysql(
        "create table t (id int primary key); insert into t select seq from seq_1_to_3000;
         create view slow as select sleep(30) as x;",
    );
    source.set("statement_timeout_ms", json!(100));
    let error = source.read_error(&source.request("slow", json!({}))).await;
    assert!(error.to_string().contains("raise `statement_timeout_ms`"), "{error}");

    source.unset("statement_timeout_ms");
    // 3,000 rows at 20,000 in a second take 150 ms.
    source.set("max_rows_per_second", json!(20_000));
    let mut request = source.request("t", json!({}));
    request.batch_rows = 500;
    let start = Instant::now();
    assert_eq!(source.read(&request).await.unwrap().rows().len(), 3_000);
    assert!(start.elapsed() >= Duration::from_millis(150));

    source.set("lock_timeout_ms", json!(1_000));
    let locker = std::thread::spawn({
        let url = source.mariadb.as_ref().unwrap().url();
        move || {
            use mysql_async::prelude::Queryable;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut connection = mysql_async::Conn::from_url(url).await.unwrap();
                connection.query_drop("lock tables t write").await.unwrap();
                connection
            })
        }
    });
    let held = locker.join().unwrap();
    let error = source.read_error(&request).await;
    assert!(error.is_transient() && error.to_string().contains("`lock_timeout_ms`"), "{error}");
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_that_fail_are_told_without_their_secrets() {
    let mut source = Source::mysql(
        "create table t (id int, secret int); create table hidden (id int);
         create user reader@'%' identified by 'canary7f3a'; grant select (id) on t to reader@'%';",
    );
    let port = source.mariadb.as_ref().unwrap().port();
    let mut refused = Vec::new();
    for url in [
        format!("mysql://reader:canary7f3b@127.0.0.1:{port}/app"),
        format!("mysql://root@127.0.0.1:{port}/canary_database"),
        format!("mysql://reader:canary7f3a@127.0.0.1:{port}?ssl-mode=canary7f3a"),
        "mysql://reader:canary7f3a@127.0.0.1:1/app".to_owned(),
    ] {
        source.set("url", json!(url));
        let error = source.try_open().await.err().unwrap();
        let told = format!("{error} {error:?}");
        assert!(!told.contains("7f3"), "{told}");
        refused.push(error.to_string());
    }
    assert!(refused[0].contains("the server refuses this login; check `user`"), "{}", refused[0]);
    assert!(refused[1].contains("the server has no such database"), "{}", refused[1]);
    assert!(refused[2].contains("`ssl-mode` in `url` is none that MySQL knows"), "{}", refused[2]);
    assert!(refused[3].contains("connection refused"), "{}", refused[3]);

    // In parts instead of a URL; columns that it may not read are taken as not there.
    source.unset("url");
    for (setting, value) in [("host", json!("127.0.0.1")), ("port", json!(port)), ("user", json!("reader"))] {
        source.set(setting, value);
    }
    let error = source.try_open().await.err().unwrap().to_string();
    assert!(error.contains("setting `database` is missing; add `database:`, or give it in `url`"), "{error}");
    source.set("database", json!("app"));
    source.set("password", json!("canary7f3a"));
    let load = source.read(&source.request("t", json!({}))).await.unwrap();
    assert_eq!(load.columns(), ["id integer"]);
    assert_eq!(source.read_error(&source.request("hidden", json!({}))).await.id(), "source-not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_is_in_any_message() {
    let source = Source::mysql(
        "create table t (id int primary key, c varchar(40)); insert into t values (1, 'canary7f3a');
         create view quoted as select cast(extractvalue('<canary7f3a', '/a') as char) as c;
         create view too_large as select exp(710 + length(c)) as c from t;
         create view many as select (select c from t union all select 'canary7f3b') as c;
         create table gone (id int); create view broken as select id from gone; drop table gone;",
    );
    for view in ["too_large", "many", "broken"] {
        let error = source.read_error(&source.request(view, json!({}))).await;
        let told = format!("{error} {error:?}");
        assert!(!told.contains("7f3"), "{told}");
    }
    for data_type in [DataType::Int64, DataType::Date32, DataType::Boolean, TIMESTAMP] {
        let mut request = source.request("t", json!({}));
        request.promised = promise(&[("c", data_type)]);
        let error = source.read_error(&request).await;
        assert!(!format!("{error} {error:?}").contains("7f3"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn engines_without_transactions_are_told() {
    let source = Source::mysql("create table t (id int) engine = MyISAM; insert into t values (1);");
    let load = source.read(&source.request("t", json!({}))).await.unwrap();
    assert_eq!(load.rows(), ["1"]);
    assert_eq!(load.plan.notes[0].id, "not-of-one-moment");
    assert!(load.plan.notes[0].is_warning());
}
