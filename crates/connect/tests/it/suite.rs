//! One suite that every connector passes.
//!
//! A connector comes with a [`Subject`]: how its source is made, changed by its owner, and asked for incrementally.

use std::time::{Duration, Instant};

use ade_connect::{ConnectError, ReadRequest};
use futures::StreamExt;
use serde_json::json;

use crate::source::{Source, drain, incremental, rows};

/// One kind of source as the suite needs it. Its table has at least 20,000 rows, so that reads are more than one batch.
struct Subject {
    source: Source,
    from: &'static str,
    incremental: ReadRequest,
    /// Adds rows as the owner of the source does, while it may be read.
    add_rows: fn(&Source),
    /// Whether a view of the source outlives its changes (a database), or refuses them (files).
    isolated: bool,
}

const ROWS: usize = 20_000;

fn csv_text(from: usize, to: usize) -> String {
    let lines = (from..to).map(|id| format!("{id},name {id},2024-01-01 00:00:00\n"));
    std::iter::once("id,name,updated_at\n".to_owned()).chain(lines).collect()
}

fn files() -> Subject {
    let source = Source::files();
    source.write("t_20240101.csv", csv_text(0, ROWS));
    let mut incremental_request = source.request("t_*.csv", json!({}));
    incremental_request.mode = incremental(None, None);
    Subject {
        from: "t_*.csv",
        incremental: incremental_request,
        add_rows: |source| source.write("t_20240101.csv", csv_text(0, ROWS + 10)),
        isolated: false,
        source,
    }
}

fn sqlite() -> Subject {
    let source = Source::sqlite(&format!(
        "pragma journal_mode = wal;
         create table t (id integer primary key, name text, updated_at timestamp);
         insert into t select value, 'name ' || value, datetime(1704067200 + value, 'unixepoch')
         from (with recursive n(value) as (select 0 union all select value + 1 from n where value < {ROWS} - 1) select value from n);"
    ));
    let mut incremental_request = source.request("t", json!({}));
    incremental_request.mode = incremental(Some("updated_at"), Some("1 minute"));
    Subject {
        from: "t",
        incremental: incremental_request,
        add_rows: |source| {
            source.execute("insert into t select max(id) + 1, 'new', datetime(max(updated_at), '+1 day') from t");
        },
        isolated: true,
        source,
    }
}

fn mysql() -> Subject {
    let source = Source::mysql(&format!(
        "create table t (id bigint primary key, name varchar(40), updated_at datetime(6), index (updated_at));
         insert into t select seq, concat('name ', seq), '2024-01-01' + interval seq second from seq_0_to_{};",
        ROWS - 1
    ));
    let mut incremental_request = source.request("t", json!({}));
    incremental_request.mode = incremental(Some("updated_at"), Some("1 minute"));
    Subject {
        from: "t",
        incremental: incremental_request,
        add_rows: |source| {
            source.execute("insert into t select max(id) + 1, 'new', max(updated_at) + interval 1 day from t");
        },
        isolated: true,
        source,
    }
}

fn postgres() -> Subject {
    let source = Source::postgres(&format!(
        "create table t (id bigint primary key, name text, updated_at timestamp);
         insert into t select n, 'name ' || n, '2024-01-01'::timestamp + n * interval '1 second'
         from generate_series(0, {ROWS} - 1) n;"
    ));
    let mut incremental_request = source.request("t", json!({}));
    incremental_request.mode = incremental(Some("updated_at"), Some("1 minute"));
    Subject {
        from: "t",
        incremental: incremental_request,
        add_rows: |source| {
            source.execute("insert into t select max(id) + 1, 'new', max(updated_at) + interval '1 day' from t");
        },
        isolated: true,
        source,
    }
}

fn subjects() -> Vec<Subject> {
    vec![files(), sqlite(), mysql(), postgres()]
}

#[tokio::test]
async fn batches_have_the_planned_schema_and_size() {
    for subject in subjects() {
        let mut request = subject.source.request(subject.from, json!({}));
        request.batch_rows = 1_000;
        let load = subject.source.read(&request).await.unwrap();
        assert_eq!(load.columns(), ["id bigint", "name varchar", "updated_at timestamp"]);
        assert!(load.batches.len() >= ROWS / 1_000);
        for batch in &load.batches {
            assert_eq!(batch.schema(), load.plan.schema);
            assert!((1..=1_000).contains(&batch.num_rows()));
        }
        assert_eq!(load.rows().len(), ROWS);
        assert!(load.plan.schema.fields().iter().all(|field| field.is_nullable()));
    }
}

#[tokio::test]
async fn reading_again_gives_the_same() {
    for subject in subjects() {
        let request = subject.source.request(subject.from, json!({}));
        let snapshot = subject.source.open().await.snapshot().await.unwrap();
        let plan = snapshot.plan(&request).await.unwrap();
        let mut seen = Vec::new();
        for _ in 0..2 {
            let (batches, _) = drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap();
            seen.push(rows(&batches));
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0], subject.source.read(&request).await.unwrap().rows());
    }
}

#[tokio::test]
async fn a_snapshot_is_of_one_moment() {
    for subject in subjects() {
        let request = subject.source.request(subject.from, json!({}));
        let connection = subject.source.open().await;
        let snapshot = connection.snapshot().await.unwrap();
        let plan = snapshot.plan(&request).await.unwrap();
        (subject.add_rows)(&subject.source);
        let result = drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await;
        match result {
            Ok((batches, _)) if subject.isolated => assert_eq!(rows(&batches).len(), ROWS),
            Err(ConnectError::SourceChanged { .. }) if !subject.isolated => {}
            other => panic!("{} rows", other.map(|(batches, _)| rows(&batches).len()).unwrap()),
        }
        // A snapshot that is taken now sees the change.
        let now = subject.source.read(&request).await.unwrap();
        assert!(now.rows().len() > ROWS);
    }
}

#[tokio::test]
async fn positions_move_forward_and_leave_nothing_to_do() {
    for subject in subjects() {
        let mut request = subject.incremental.clone();
        let first = subject.source.read(&request).await.unwrap();
        assert_eq!(first.rows().len(), ROWS);
        let position = first.position(None, "first-").expect("an incremental read leaves a position");

        // Nothing happened: nothing to do.
        request.position = Some(position.clone());
        let idle = subject.source.read(&request).await.unwrap();
        assert_eq!(idle.plan.units, [], "{}", subject.from);

        // Something happened: it is read, and the position covers it.
        (subject.add_rows)(&subject.source);
        let second = subject.source.read(&request).await.unwrap();
        assert_eq!(second.plan.units.len(), 1);
        let moved = second.position(Some(&position), "second-").unwrap();
        assert_ne!(moved, position);
        request.position = Some(moved);
        assert_eq!(subject.source.read(&request).await.unwrap().plan.units, []);

        // Without committing, the same is read again.
        request.position = Some(position);
        assert_eq!(subject.source.read(&request).await.unwrap().rows(), second.rows());
    }
}

#[tokio::test]
async fn a_full_read_leaves_no_position() {
    for subject in subjects() {
        let load = subject.source.read(&subject.source.request(subject.from, json!({}))).await.unwrap();
        assert_eq!(load.position(None, "b"), None);
    }
}

#[tokio::test]
async fn columns_can_be_narrowed() {
    for subject in subjects() {
        let mut request = subject.source.request(subject.from, json!({}));
        request.columns = Some(vec!["name".to_owned()]);
        let load = subject.source.read(&request).await.unwrap();
        assert_eq!(load.columns(), ["name varchar"]);
        assert_eq!(load.rows()[7], "name 7");

        request.columns = None;
        let snapshot = subject.source.open().await.snapshot().await.unwrap();
        let plan = snapshot.plan(&request).await.unwrap().keeping(|name| name != "name");
        let (batches, _) = drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap();
        assert!(rows(&batches)[7].starts_with("7|2024-01-01"));
    }
}

#[tokio::test]
async fn a_sample_is_the_head() {
    for subject in subjects() {
        let connection = subject.source.open().await;
        let options = subject.source.options(json!({}));
        let batch = connection.sample(subject.from, &options, 3).await.unwrap();
        let first: Vec<String> =
            rows(&[batch.rows]).iter().map(|row| row.split('|').take(2).collect::<Vec<_>>().join("|")).collect();
        assert_eq!(first, ["0|name 0", "1|name 1", "2|name 2"]);
        assert!(connection.sample("nowhere", &options, 3).await.is_err());
    }
}

#[tokio::test]
async fn dropping_a_stream_releases_what_it_holds() {
    for subject in subjects() {
        let mut request = subject.source.request(subject.from, json!({}));
        request.batch_rows = 100;
        let connection = subject.source.open().await;
        let before = open_files(&subject.source);
        let snapshot = connection.snapshot().await.unwrap();
        let plan = snapshot.plan(&request).await.unwrap();
        let mut stream = snapshot.read(&plan, &plan.units[0]).await.unwrap();
        stream.next().await.unwrap().unwrap();
        drop(stream);
        // The snapshot is still good after a stream was given up.
        let (batches, _) = drain(snapshot.read(&plan, &plan.units[0]).await.unwrap()).await.unwrap();
        assert_eq!(rows(&batches).len(), ROWS);
        let stream = snapshot.read(&plan, &plan.units[0]).await.unwrap();
        drop(snapshot);
        drop(stream);
        wait_until("all files of the source are closed", || open_files(&subject.source) <= before).await;
    }
}

/// How many files of the source this process has open, or sessions with its server.
fn open_files(source: &Source) -> usize {
    if source.postgres.is_some() {
        return source.query("select 1 from pg_stat_activity where application_name = 'ade'").len();
    }
    let folder = source.folder.path().canonicalize().unwrap();
    let entries = std::fs::read_dir("/proc/self/fd").unwrap();
    entries
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter(|target| target.starts_with(&folder))
        .count()
}

/// Threads end on their own time: look again until they have, or the time that nothing takes is over.
async fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
        std::thread::yield_now();
        tokio::task::yield_now().await;
    }
}
