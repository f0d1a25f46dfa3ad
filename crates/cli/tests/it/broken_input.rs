//! Sources as they come: each defect ends in a message that says what is wrong and where, in exit code 1, and in nothing
//! visible. What depends on the table is not started, and named.
use std::io::Write;
use std::time::{Duration, Instant};

use ade_testing::{Finished, Folder, Program};
use flate2::Compression;
use flate2::write::GzEncoder;
use rusqlite::Connection;

use crate::program::program;

const PROJECT: &str = "
name: shop
environments:
  dev: {lake: lake, schema: main, custom_schema: replace}
connections:
  feed: {type: files, path: data}
  app: {type: sqlite, path: data/app.db}
privacy:
  rules:
    - {column: '*', class: public}
";
const MODELS: &str = "
exposures:
  - name: board
    type: dashboard
    owner: {name: Sales, email: sales@shop.example}
    depends_on: [ref('counted')]
";

/// A project with one table and a model and a dashboard behind it.
fn project(connection: &str, table: &str) -> (Folder, Program) {
    let folder = Folder::with(&[
        ("ade.yml", PROJECT),
        ("models/models.yml", MODELS),
        ("models/counted.sql", "select count(*) as n from {{ source('feed', 't') }}"),
    ]);
    let table = table.replace('\n', "\n        ");
    folder.write("sources/s.yml", format!("sources:\n  - name: feed\n    connection: {connection}\n    tables:\n      - name: t\n        {table}\n"));
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade)
}

/// The message of the table's failure. Asserts everything else that a failure must come to.
#[track_caller]
fn told(ade: &Program, build: &Finished) -> String {
    assert_eq!(build.code, Some(1), "{}", build.all());
    let events = build.json_lines();
    let of = |node: &str| events.iter().find(|event| event["event"] == "task_finished" && event["node"] == node).unwrap();
    let failed = of("source.shop.feed.t");
    assert_eq!(failed["status"], "failed", "{}", build.all());
    assert_eq!(of("model.shop.counted")["blocked_by"], "feed.t", "{}", build.all());
    let summary = events.last().unwrap();
    let waiting: Vec<&str> = summary["waiting"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(waiting, ["main.counted", "board"], "{}", build.all());
    let visible = ade.run(&["query", "select count(*) from feed.t"]);
    assert_ne!(visible.code, Some(0), "the table must not be there: {}", visible.all());
    let mut message = failed["message"].as_str().unwrap_or_default().to_owned();
    for check in failed["checks"].as_array().into_iter().flatten() {
        message.push_str(&format!("\n{}: {}", check["status"].as_str().unwrap(), check["message"].as_str().unwrap()));
    }
    message.trim_end().to_owned()
}

/// What a build says about one file that is given as bytes.
#[track_caller]
fn of_file(name: &str, bytes: impl AsRef<[u8]>, more: &str) -> String {
    let (folder, ade) = project("feed", &format!("ingest: {{from: '{name}', mode: incremental}}\n{more}"));
    folder.write(&format!("data/{name}"), bytes);
    told(&ade, &ade.run(&["build", "--output", "json"]))
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

const TYPED: &str = "columns:\n  - {name: id, data_type: bigint, privacy: public}\n  - {name: day, data_type: date, privacy: public}";

#[test]
fn bytes_that_are_no_text() {
    insta::assert_snapshot!(of_file("t.csv", b"id,name\n1,Riga\n2,\xff\xfe\n", ""), @"");
    insta::assert_snapshot!(of_file("t.jsonl", b"{\"id\": 1, \"name\": \"a\"}\n{\"id\": 2, \"name\": \"\xc3\x28\"}\n", ""), @"");
}

#[test]
fn rows_of_another_length() {
    insta::assert_snapshot!(of_file("t.csv", "id,name\n1,Riga\n2,Oslo,NO\n", ""), @"");
    insta::assert_snapshot!(of_file("t.csv", "id,name,city\n1,a,Riga\n2,b\n", ""), @"");
}

#[test]
fn a_quote_that_never_ends() {
    insta::assert_snapshot!(of_file("t.csv", "id,name\n1,\"Riga\n2,Oslo\n", ""), @"");
}

#[test]
fn values_of_another_type_than_promised() {
    insta::assert_snapshot!(of_file("t.csv", "id,day\n1,2024-01-01\ntwo,2024-01-02\n", TYPED), @"");
    insta::assert_snapshot!(of_file("t.csv", "id,day\n1,2024-01-01\n2,2024-13-45\n", TYPED), @"");
    insta::assert_snapshot!(of_file("t.jsonl", "{\"id\": 1, \"day\": \"2024-01-01\"}\n{\"id\": [2], \"day\": \"2024-01-02\"}\n", TYPED), @"");
}

#[test]
fn a_column_that_is_gone() {
    insta::assert_snapshot!(of_file("t.csv", "id,date\n1,2024-01-01\n", TYPED), @"");
}

#[test]
fn a_null_where_none_was_promised() {
    let columns = "columns:\n  - {name: id, data_type: bigint, nullable: false, privacy: public}\n  - {name: name, data_type: varchar, privacy: public}";
    insta::assert_snapshot!(of_file("t.csv", "id,name\n1,a\n,b\n", columns), @"");
}

#[test]
fn headers_that_say_the_same() {
    insta::assert_snapshot!(of_file("t.csv", "id,name,ID,name\n1,a,2,b\n", ""), @"");
    insta::assert_snapshot!(of_file("t.csv", "id,,name\n1,a,2\n", ""), @"");
}

#[test]
fn files_with_nothing_in_them() {
    insta::assert_snapshot!(of_file("t.csv", "", TYPED), @"");
    insta::assert_snapshot!(of_file("t.parquet", "", TYPED), @"");
    insta::assert_snapshot!(of_file("t.jsonl", "", TYPED), @"");
    insta::assert_snapshot!(of_file("t.csv.gz", "", TYPED), @"");
}

#[test]
fn files_that_are_cut_off() {
    let packed = gzip(&"id,name\n1,Riga\n".repeat(1000));
    insta::assert_snapshot!(of_file("t.csv.gz", &packed[..packed.len() / 2], ""), @"");
    insta::assert_snapshot!(of_file("t.parquet", b"PAR1 and no footer", ""), @"");
    insta::assert_snapshot!(of_file("t.jsonl", "{\"id\": 1}\n{\"id\": ", ""), @"");
}

#[test]
fn files_that_are_something_else() {
    insta::assert_snapshot!(of_file("t.jsonl", "<html>\n<body>503</body>\n", ""), @"");
    insta::assert_snapshot!(of_file("t.csv.gz", "id,name\n1,Riga\n", ""), @"");
    insta::assert_snapshot!(of_file("t.jsonl", "[{\"id\": 1}]\n", ""), @"");
    insta::assert_snapshot!(of_file("t.jsonl", "42\n", ""), @"");
}

#[test]
fn a_huge_field() {
    let mut text = "id,name\n1,".to_owned();
    text.push_str(&"x".repeat(40 << 20));
    text.push_str("\n2,Oslo\n");
    insta::assert_snapshot!(of_file("t.csv", text, ""), @"");
}

#[test]
fn files_that_are_not_there() {
    let (folder, ade) = project("feed", "ingest: {from: 'none_*.csv'}");
    folder.write("data/some_1.csv", "id\n1\n");
    insta::assert_snapshot!(told(&ade, &ade.run(&["build", "--output", "json"])), @"");
}

fn of_database(make: impl FnOnce(&Folder), table: &str) -> String {
    let (folder, ade) = project("app", table);
    folder.write("data/README", "the app's database");
    make(&folder);
    told(&ade, &ade.run(&["build", "--output", "json"])).replace(folder.path().to_str().unwrap(), "[folder]")
}

fn execute(folder: &Folder, sql: &str) {
    Connection::open(folder.at("data/app.db")).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn databases_that_cannot_be_read() {
    insta::assert_snapshot!(of_database(|_| {}, "ingest: {from: t}"), @"");
    insta::assert_snapshot!(of_database(|folder| folder.write("data/app.db", "not a database, but long enough to be read as one".repeat(40)), "ingest: {from: t}"), @"");
    insta::assert_snapshot!(of_database(|folder| execute(folder, "create table tt (id integer)"), "ingest: {from: t}"), @"");
}

#[test]
fn databases_with_other_values_than_declared() {
    let columns = "ingest: {from: t}\ncolumns:\n  - {name: id, data_type: bigint, privacy: public}\n  - {name: amount, data_type: bigint, privacy: public}";
    let wrong = "create table t (id integer, amount integer); insert into t values (1, 10), (2, 'ten')";
    insta::assert_snapshot!(of_database(|folder| execute(folder, wrong), columns), @"");
    let gone = "create table t (id integer, total integer); insert into t values (1, 10)";
    insta::assert_snapshot!(of_database(|folder| execute(folder, gone), columns), @"");
}

#[test]
fn a_damaged_database() {
    let columns = "ingest: {from: t}\ncolumns: [{name: id, data_type: bigint, privacy: public}, {name: name, data_type: varchar, privacy: public}]";
    let damaged = |folder: &Folder| {
        execute(folder, "create table t (id integer, name text);
            insert into t select value, hex(zeroblob(200)) from (with recursive n(value) as (select 1 union all select value + 1 from n where value < 20000) select value from n)");
        let mut bytes = std::fs::read(folder.at("data/app.db")).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..].fill(0xA5);
        folder.write("data/app.db", bytes);
    };
    insta::assert_snapshot!(of_database(damaged, columns), @"");
}

#[test]
fn a_file_that_is_cut_while_it_is_read() {
    let (folder, ade) = project("feed", &format!("ingest: {{from: 't.csv', mode: incremental}}\n{TYPED}"));
    let mut text = "id,day\n".to_owned();
    for id in 0..400_000 {
        text.push_str(&format!("{id},2024-01-01\n"));
    }
    folder.write("data/t.csv", &text);
    let build = ade.env("FAILPOINTS", "run::source::batch_read=sleep(40)").start(&["build", "--output", "json"]);
    let started = Instant::now();
    while ade.rows("select count(*) from ade.leases where process is not null") == ["0"] {
        assert!(started.elapsed() < Duration::from_secs(60));
    }
    let file = std::fs::OpenOptions::new().write(true).open(folder.at("data/t.csv")).unwrap();
    file.set_len(text.len() as u64 / 2 + 3).unwrap();
    let message = told(&ade, &build.wait());
    assert!(message.contains("t.csv"), "{message}");

    // The file arrives again, and everything is well.
    folder.write("data/t.csv", &text);
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select n from main.counted"), ["400000"]);
}

#[test]
fn a_bad_batch_leaves_the_good_ones() {
    let (folder, ade) = project("feed", &format!("ingest: {{from: 'day_*.csv', mode: incremental}}\n{TYPED}"));
    folder.write("data/day_1.csv", "id,day\n1,2024-01-01\n");
    ade.run(&["build"]).succeeds();
    folder.write("data/day_2.csv", "id,day\n2,2024-01-02\n");
    folder.write("data/day_3.csv", "id,day\n3,2024-01-03\nbad,2024-01-03\n");
    folder.write("data/day_4.csv", "id,day\n4,2024-01-04\n");
    let failed = ade.run(&["build"]).exits(1);
    assert!(failed.text().contains("day_3.csv"), "{}", failed.all());
    let landed = ade.rows("select id from feed.t order by id");
    assert!(landed == ["1", "2"] || landed == ["1"], "a whole file or none of it: {landed:?}");
    assert_eq!(ade.rows("select n from main.counted"), ["1"], "the model waits");
    folder.write("data/day_3.csv", "id,day\n3,2024-01-03\n");
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select id from feed.t order by id"), ["1", "2", "3", "4"]);
    assert_eq!(ade.rows("select n from main.counted"), ["4"]);
}
