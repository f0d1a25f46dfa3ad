//! Reading large and divided tables of PostgreSQL, and what happens when somebody interferes.

use std::time::{Duration, Instant};

use ade_connect::{ConnectError, Note};
use ade_testing::psql;
use futures::StreamExt;
use serde_json::json;

use crate::source::{Source, drain, rows};

/// 48 MB: three ranges of pages.
const LARGE: &str = "create table t (id int, filler text);
    insert into t select n, repeat(md5(n::text), 6) from generate_series(1, 200000) n;";

fn ids(load: &[String]) -> Vec<&str> {
    load.iter().map(|row| row.split('|').next().unwrap()).collect()
}

#[tokio::test]
async fn several_readers_give_what_one_gives() {
    let mut source = Source::postgres(LARGE);
    source.execute(
        "delete from t where id % 7 = 0; vacuum t; insert into t select -n, 'late' from generate_series(1, 3000) n;",
    );
    let mut seen = Vec::new();
    for streams in [1, 2, 5] {
        source.set("streams", json!(streams));
        let load = source.read(&source.request("t", json!({}))).await.unwrap();
        seen.push(load.rows());
    }
    assert_eq!(seen[0].len(), 200_000 - 28_571 + 3_000);
    assert!(seen[0] == seen[1] && seen[0] == seen[2]);
    assert_eq!(ids(&seen[0]), source.query("select id from t order by ctid"));
}

#[tokio::test]
async fn partitions_and_children_are_parts_of_their_table() {
    let mut source = Source::postgres(
        "create table p (k int, v text) partition by list (k);
         create table p2 (v text, k int); alter table p attach partition p2 for values in (2);
         create table p1 partition of p for values in (1) partition by hash (v);
         create table p1a partition of p1 for values with (modulus 2, remainder 0);
         create table p1b partition of p1 for values with (modulus 2, remainder 1);
         insert into p select n % 2 + 1, n from generate_series(1, 1000) n;
         create table animal (name text); create table dog (breed text) inherits (animal);
         insert into animal values ('cat'); insert into dog values ('rex', 'dachs');
         create table nothing (k int) partition by list (k);
         create role app login; grant select on p, animal to app;",
    );
    for user in ["postgres", "app"] {
        source.set("user", json!(user));
        source.set("database", json!("postgres"));
        let mut load = source.read(&source.request("p", json!({}))).await.unwrap().rows();
        load.sort();
        let mut expected = source.query("select k, v from p");
        expected.sort();
        assert_eq!(load, expected);
        assert_eq!(source.read(&source.request("animal", json!({}))).await.unwrap().rows(), ["cat", "rex"]);
    }
    source.set("user", json!("postgres"));
    assert!(source.read(&source.request("nothing", json!({}))).await.unwrap().rows().is_empty());
}

#[tokio::test]
async fn rights_and_row_level_security_are_told() {
    let mut source = Source::postgres(
        "create table t (id int, owner text, secret text); insert into t values (1, 'app', 'x'), (2, 'boss', 'y');
         create table hidden (id int); create role app login; grant select on t to app;
         alter table t enable row level security; create policy own on t using (owner = current_user);
         create table part (id int, secret text); insert into part values (1, 'x'); grant select (id) on part to app;",
    );
    source.set("user", json!("app"));
    source.set("database", json!("postgres"));
    let load = source.read(&source.request("t", json!({}))).await.unwrap();
    assert_eq!(load.rows(), ["1|app|x"]);
    assert_eq!(load.plan.notes.iter().map(|note| note.id).collect::<Vec<_>>(), ["rows-hidden"]);
    assert!(load.plan.notes.iter().all(Note::is_warning));
    let load = source.read(&source.request("part", json!({}))).await.unwrap();
    assert_eq!((load.columns(), load.rows()), (vec!["id integer".to_owned()], vec!["1".to_owned()]));
    assert!(load.plan.notes[0].message.contains("may not read of `part`: secret"));
    let error = source.read_error(&source.request("hidden", json!({}))).await.to_string();
    assert!(
        error.contains("user `app` may not read it; have its owner run `grant select on hidden to \"app\"`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_table_that_is_emptied_under_the_snapshot_is_not_taken_for_empty() {
    let source = Source::postgres(
        "create table t as select n as id from generate_series(1, 1000) n;
         create table other as select 1 as id;",
    );
    for change in ["truncate t", "alter table t alter id type bigint", "vacuum full t", "drop table t cascade"] {
        let snapshot = source.open().await.snapshot().await.unwrap();
        let plans = [
            snapshot.plan(&source.request("t", json!({}))).await.unwrap(),
            snapshot.plan(&source.request("other", json!({}))).await.unwrap(),
        ];
        source.execute(change);
        let error = drain(snapshot.read(&plans[0], &plans[0].units[0]).await.unwrap()).await.unwrap_err();
        assert!(matches!(error, ConnectError::SourceChanged { .. }) && error.is_transient(), "{change}: {error}");
        // Other tables are as they were.
        let (batches, _) = drain(snapshot.read(&plans[1], &plans[1].units[0]).await.unwrap()).await.unwrap();
        assert_eq!(rows(&batches), ["1"]);
        if change.starts_with("truncate") {
            source.execute("insert into t select generate_series(1, 1000)");
        }
        if change.starts_with("alter") {
            source.execute("create view v as select * from t");
            let snapshot = source.open().await.snapshot().await.unwrap();
            let plan = snapshot.plan(&source.request("v", json!({}))).await.unwrap();
            source.execute("truncate t");
            let error = drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap_err();
            assert!(matches!(error, ConnectError::SourceChanged { .. }), "{error}");
        }
    }
}

#[tokio::test]
async fn nobody_who_changes_a_table_waits_for_the_snapshot() {
    let source = Source::postgres(LARGE);
    let snapshot = source.open().await.snapshot().await.unwrap();
    let plan = snapshot.plan(&source.request("t", json!({}))).await.unwrap();
    drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap();
    // It would fail at once if a lock was left.
    source.execute("set lock_timeout = '1s'; alter table t add column more int");
}

#[tokio::test]
async fn a_server_that_goes_away_in_the_middle_is_an_error() {
    let mut source = Source::postgres(LARGE);
    let mut request = source.request("t", json!({}));
    request.batch_rows = 1_000;
    let snapshot = source.open().await.snapshot().await.unwrap();
    let plan = snapshot.plan(&request).await.unwrap();
    let mut stream = snapshot.read(&plan, &plan.units[0]).await.unwrap();
    stream.next().await.unwrap().unwrap();
    source.postgres.as_mut().unwrap().kill();
    let error = loop {
        match stream.next().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => break error,
            None => panic!("it looks like the end"),
        }
    };
    assert!(matches!(error, ConnectError::SourceFailed { .. }) && error.is_transient(), "{error}");
    assert!(stream.next().await.is_none() && stream.end().is_none());
}

#[tokio::test]
async fn sessions_that_somebody_ends_are_an_error_too() {
    let source = Source::postgres(LARGE);
    let mut request = source.request("t", json!({}));
    request.batch_rows = 1_000;
    let snapshot = source.open().await.snapshot().await.unwrap();
    let plan = snapshot.plan(&request).await.unwrap();
    let mut stream = snapshot.read(&plan, &plan.units[0]).await.unwrap();
    stream.next().await.unwrap().unwrap();
    source.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ade'");
    let results: Vec<_> = stream.collect().await;
    assert!(results.last().unwrap().is_err());
    assert!(snapshot.plan(&request).await.is_err());
}

#[tokio::test]
async fn a_stream_that_is_dropped_stops_the_server_at_once() {
    for streams in [1, 3] {
        let mut source = Source::postgres(
            "create view slow as select n, pg_sleep(case when n > 5000 then 60 else 0 end)::text as slept
            from generate_series(1, 6000) n; create table t as select 1 as id;",
        );
        source.set("streams", json!(streams));
        let mut request = source.request("slow", json!({}));
        request.batch_rows = 100;
        let snapshot = source.open().await.snapshot().await.unwrap();
        let plan = snapshot.plan(&request).await.unwrap();
        let mut stream = snapshot.read(&plan, &plan.units[0]).await.unwrap();
        stream.next().await.unwrap().unwrap();
        drop(stream);
        let running = "select 1 from pg_stat_activity where application_name = 'ade' and state = 'active'";
        let start = Instant::now();
        while !source.query(running).is_empty() {
            assert!(start.elapsed() < Duration::from_secs(30), "it goes on");
            tokio::task::yield_now().await;
        }
        // The moment is still there, also where one session is all there is.
        let plan = snapshot.plan(&source.request("t", json!({}))).await.unwrap();
        let (batches, _) = drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap();
        assert_eq!(rows(&batches), ["1"]);
    }
}

#[tokio::test]
async fn locks_and_long_statements_are_given_up() {
    let mut source = Source::postgres("create table t (id int); create view slow as select pg_sleep(60)::text as c;");
    source.set("lock_timeout_ms", json!(50));
    source.set("statement_timeout_ms", json!(200));
    let error = source.read_error(&source.request("slow", json!({}))).await.to_string();
    assert!(error.contains("statement timeout (57014); if it needs longer, raise `statement_timeout_ms`"), "{error}");
    let connection = source.postgres.as_ref().unwrap().connection_string();
    let holder = std::thread::spawn(move || psql(&connection, "begin; lock table t; select pg_sleep(60)"));
    let start = Instant::now();
    while source
        .query("select 1 from pg_locks where mode = 'AccessExclusiveLock' and granted and relation = 't'::regclass")
        .is_empty()
    {
        assert!(start.elapsed() < Duration::from_secs(30));
    }
    let error = source.read_error(&source.request("t", json!({}))).await;
    assert!(matches!(error, ConnectError::Busy { waited_ms: 50, .. }), "{error}");
    assert!(error.to_string().ends_with("raise `lock_timeout_ms`"), "{error}");
    source.execute("select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()");
    let _ = holder.join().unwrap();
}

#[tokio::test]
async fn the_last_free_session_is_enough() {
    let mut source = Source::postgres(LARGE);
    source.execute("create role app login connection limit 1; grant select on t to app");
    source.set("user", json!("app"));
    source.set("database", json!("postgres"));
    // The session that proved that the server answers may still be saying goodbye.
    let start = Instant::now();
    let connection = source.open().await;
    let snapshot = loop {
        match connection.snapshot().await {
            Ok(snapshot) => break snapshot,
            Err(error) => assert!(start.elapsed() < Duration::from_secs(30), "{error}"),
        }
    };
    let plan = snapshot.plan(&source.request("t", json!({}))).await.unwrap();
    let (batches, _) = drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap();
    assert_eq!(rows(&batches).len(), 200_000);
}

#[tokio::test]
async fn a_rate_is_kept() {
    let mut source = Source::postgres("create table t as select n from generate_series(1, 40000) n");
    source.set("max_rows_per_second", json!(20_000));
    let start = Instant::now();
    assert_eq!(source.read(&source.request("t", json!({}))).await.unwrap().rows().len(), 40_000);
    // What is read last is not waited for.
    assert!(start.elapsed() > Duration::from_millis(500), "{:?}", start.elapsed());
}

#[tokio::test]
async fn wide_rows_make_small_batches() {
    let source = Source::postgres(
        "create table t as select n as id, repeat(md5(n::text), 40000) as wide from generate_series(1, 60) n",
    );
    let load = source.read(&source.request("t", json!({}))).await.unwrap();
    assert!(load.batches.len() >= 8, "{} batches", load.batches.len());
    assert!(load.batches.iter().all(|batch| batch.get_array_memory_size() < 24 << 20));
    assert_eq!(load.rows().len(), 60);
}
