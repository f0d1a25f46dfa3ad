//! Sources as they come: each defect ends in a message that says what is wrong and where, in exit code 1, and in nothing
//! visible. What depends on the table is not started, and named.
use std::fmt::Write as _;
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
    folder.write(
        "sources/s.yml",
        format!(
            "sources:\n  - name: feed\n    connection: {connection}\n    tables:\n      - name: t\n        {table}\n"
        ),
    );
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade)
}

/// The message of the table's failure. Asserts everything else that a failure must come to.
#[track_caller]
fn told(ade: &Program, build: &Finished) -> String {
    assert_eq!(build.code, Some(1), "{}", build.all());
    let events = build.json_lines();
    let of =
        |node: &str| events.iter().find(|event| event["event"] == "task_finished" && event["node"] == node).unwrap();
    let failed = of("source.shop.feed.t");
    assert_eq!(failed["status"], "failed", "{}", build.all());
    assert_eq!(of("model.shop.counted")["blocked_by"], "feed.t", "{}", build.all());
    let summary = events.last().unwrap();
    let waiting: Vec<&str> =
        summary["waiting"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(waiting, ["main.counted", "board"], "{}", build.all());
    let visible = ade.run(&["query", "select count(*) from feed.t"]);
    assert_ne!(visible.code, Some(0), "the table must not be there: {}", visible.all());
    let mut message = failed["message"].as_str().unwrap_or_default().to_owned();
    for check in failed["checks"].as_array().into_iter().flatten() {
        write!(message, "\n{}: {}", check["status"].as_str().unwrap(), check["message"].as_str().unwrap()).unwrap();
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

const TYPED: &str =
    "columns:\n  - {name: id, data_type: bigint, privacy: public}\n  - {name: day, data_type: date, privacy: public}";

#[test]
fn bytes_that_are_no_text() {
    insta::assert_snapshot!(of_file("t.csv", b"id,name\n1,Riga\n2,\xff\xfe\n", ""), @"`t.csv`, line 3, byte 3: these bytes are not UTF-8; set `encoding:` to how the file is written (`windows-1252` is that of many old programs), or write it as UTF-8");
    insta::assert_snapshot!(of_file("t.jsonl", b"{\"id\": 1, \"name\": \"a\"}\n{\"id\": 2, \"name\": \"\xc3\x28\"}\n", ""), @"`t.jsonl`, line 2, byte 20: these bytes are not UTF-8; set `encoding:` to how the file is written (`windows-1252` is that of many old programs), or write it as UTF-8");
}

#[test]
fn rows_of_another_length() {
    insta::assert_snapshot!(of_file("t.csv", "id,name\n1,Riga\n2,Oslo,NO\n", ""), @"`t.csv`, line 3: expected 2 fields as in the header, found 3; quote fields that contain the delimiter, or correct `delimiter` or `quote`");
    insta::assert_snapshot!(of_file("t.csv", "id,name,city\n1,a,Riga\n2,b\n", ""), @"`t.csv`, line 3: expected 3 fields as in the header, found 2; quote fields that contain the delimiter, or correct `delimiter` or `quote`");
}

#[test]
fn a_quote_that_never_ends() {
    insta::assert_snapshot!(of_file("t.csv", "id,name\n1,\"Riga\n2,Oslo\n", ""), @"`t.csv`, line 2, byte 3: the quote that opens here is never closed; close it in the source, or set `quote` to what stands around fields (`none` if nothing does)");
}

#[test]
fn values_of_another_type_than_promised() {
    insta::assert_snapshot!(of_file("t.csv", "id,day\n1,2024-01-01\ntwo,2024-01-02\n", TYPED), @"`t.csv`, line 3, column `id`: expected bigint, found text of 3 characters; correct the source or the column's `data_type`");
    insta::assert_snapshot!(of_file("t.csv", "id,day\n1,2024-01-01\n2,2024-13-45\n", TYPED), @"`t.csv`, line 3, column `day`: expected date, found text of 10 characters; correct the source or the column's `data_type`");
    insta::assert_snapshot!(of_file("t.csv", "id,day\n1,24.07.2026\n", TYPED), @r#"`t.csv`, line 2, column `day`: expected date, found text of 10 characters; a date has the form `2026-07-24`; where the source writes another one, say so under `ingest:` of the table (`date_format: "%d.%m.%Y"`), as far as its format has that option, or take the column as `data_type: varchar` and cast it in a model"#);
    insta::assert_snapshot!(of_file("t.jsonl", "{\"id\": 1, \"day\": \"2024-01-01\"}\n{\"id\": [2], \"day\": \"2024-01-02\"}\n", TYPED), @"`t.jsonl`, line 2, column `id`: expected bigint, found a JSON array; correct the source or the column's `data_type`");
}

#[test]
fn a_column_that_is_gone() {
    insta::assert_snapshot!(of_file("t.csv", "id,date\n1,2024-01-01\n", TYPED), @r#"
    error[schema-drift]: column `day` of `feed.t` is gone from the source
     --> sources/s.yml:9:20
      |
    8 |           - {name: id, data_type: bigint, privacy: public}
    9 |           - {name: day, data_type: date, privacy: public}
      |                    ^^^
      |
      = note: not in t.csv
      = note: it looks renamed: the source has a new column `date` (date)
      = help: if that is right, write `from: "date"` at the column: it goes on under its name here, and nothing that uses it changes; if not, ask the source's owner
    "#);
}

#[test]
fn a_null_where_none_was_promised() {
    let columns = "columns:\n  - {name: id, data_type: bigint, nullable: false, privacy: public}\n  - {name: name, data_type: varchar, privacy: public}";
    insta::assert_snapshot!(of_file("t.csv", "id,name\n1,a\n,b\n", columns), @"
    the first row without `id` is `t.csv`, line 3
    nothing of t.csv has landed
    fail: feed.t is not as promised: 1 of 2 rows has no `id`; fill `id`, leave those rows out, or promise it as nullable
    ");
}

#[test]
fn rows_are_counted_as_they_land_or_do_not() {
    let columns =
        "columns: [{name: id, data_type: bigint, nullable: false, privacy: public}, {name: name, privacy: public}]";
    let (folder, ade) = project("feed", &format!("ingest: {{from: t.csv}}\n{columns}"));
    folder.write("data/t.csv", "id,name\n1,a\n2,b\n,c\n");
    let told = ade.run(&["ingest"]).exits(1).text();
    assert!(told.contains("3 rows not published"), "{told}");
    assert!(told.contains("the first row without `id` is `t.csv`, line 4"), "{told}");
    folder.write("data/t.csv", "id,name\n1,a\n");
    ade.run(&["ingest"]).succeeds();
    // Only a header line is a file without rows, and nearly always a mistake.
    folder.write("data/t.csv", "id,name\n");
    let told = ade.run(&["ingest"]).succeeds().text();
    assert!(told.contains("! warned") && told.contains("the table is empty now; before it had 1 row"), "{told}");

    let (folder, ade) = project("feed", &format!("ingest: {{from: t.csv, mode: incremental, key: [id]}}\n{columns}"));
    folder.write("data/t.csv", "id,name\n1,a\n1,b\n2,c\n");
    let told = ade.run(&["ingest"]).succeeds().text();
    assert!(told.contains("2 rows · v0"), "{told}");
    assert!(told.contains("1 of 3 rows came with a key (id)"), "{told}");
}

#[test]
fn a_key_of_json_that_is_renamed() {
    let (folder, ade) = project("feed", &format!("ingest: {{from: t.jsonl}}\n{TYPED}"));
    folder.write("data/t.jsonl", "{\"id\": 1, \"day\": \"2024-01-01\"}\n");
    ade.run(&["ingest"]).succeeds();
    let sources = folder.read("sources/s.yml");
    folder.write(
        "sources/s.yml",
        sources.replace("  - name: feed\n", "  - name: feed\n    drift: {new_column: ignore}\n"),
    );
    folder.write("data/t.jsonl", "{\"id\": 1, \"days\": \"2024-01-01\"}\n{\"id\": 2, \"days\": \"2024-01-02\"}\n");
    let told = ade.run(&["ingest"]).exits(1).text();
    assert!(told.contains("it looks renamed: the source has a new column `days`"), "{told}");
    folder.write("data/t.jsonl", "{\"id\": 1, \"comment\": \"x\"}\n{\"id\": 2, \"comment\": \"y\"}\n");
    let told = ade.run(&["ingest"]).succeeds().text();
    assert!(told.contains("! warned") && told.contains("no row of `t.jsonl` has day: NULL lands there"), "{told}");
}

#[test]
fn headers_that_say_the_same() {
    insta::assert_snapshot!(of_file("t.csv", "id,name,ID,name\n1,a,2,b\n", ""), @"`t.csv`, line 1: columns 1 and 3 have the same name; correct what writes the file; until then, `header: false`, `skip_lines: 1` and `names: […]` read it by place");
}

#[test]
fn files_with_nothing_in_them() {
    insta::assert_snapshot!(of_file("t.csv", "", TYPED), @"`t.csv`: the file is empty: there is not even a header line; check what writes it; if it is written right now, run again later");
    insta::assert_snapshot!(of_file("t.parquet", "", TYPED), @"`t.parquet`: the file is empty (0 bytes), which no Parquet file is; have it written again; if it is written right now, run again later");
    insta::assert_snapshot!(of_file("t.csv.gz", "", TYPED), @"reading `t.csv.gz` failed: it cannot be decompressed (unexpected end of file): it is cut off or not what its name says; nothing of this read is used, run again when the source is well");
}

#[test]
fn a_file_of_lines_may_have_none() {
    let (folder, ade) = project("feed", &format!("ingest: {{from: 't.jsonl', mode: incremental}}\n{TYPED}"));
    folder.write("data/t.jsonl", "");
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select n from main.counted"), ["0"]);
}

#[test]
fn files_that_are_cut_off() {
    let packed = gzip(&"id,name\n1,Riga\n".repeat(1000));
    insta::assert_snapshot!(of_file("t.csv.gz", &packed[..packed.len() / 2], ""), @"reading `t.csv.gz` failed: it cannot be decompressed (incomplete deflate stream): it is cut off or not what its name says; nothing of this read is used, run again when the source is well");
    insta::assert_snapshot!(of_file("t.parquet", b"PAR1 and no footer", ""), @"`t.parquet`: the file is cut off: its footer is missing; have it written again; if it is written right now, run again later");
    insta::assert_snapshot!(of_file("t.jsonl", "{\"id\": 1}\n{\"id\": ", ""), @"`t.jsonl`, line 2, byte 8: not a line of JSON: expected a value; correct the line in what writes the file");
}

#[test]
fn files_that_are_something_else() {
    insta::assert_snapshot!(of_file("t.jsonl", "<html>\n<body>503</body>\n", ""), @"`t.jsonl`, line 1, byte 1: not a line of JSON: expected an object; correct the line in what writes the file");
    insta::assert_snapshot!(of_file("t.csv.gz", "id,name\n1,Riga\n", ""), @"reading `t.csv.gz` failed: it cannot be decompressed (invalid gzip header): it is cut off or not what its name says; nothing of this read is used, run again when the source is well");
    insta::assert_snapshot!(of_file("t.jsonl", "[{\"id\": 1}]\n", ""), @"`t.jsonl`, line 1, byte 1: not a line of JSON: expected an object; if the file is a list of objects, and not one per line, set `format: json`");
    insta::assert_snapshot!(of_file("t.jsonl", "42\n", ""), @"`t.jsonl`, line 1, byte 1: not a line of JSON: expected an object; correct the line in what writes the file");
}

#[test]
fn a_huge_field() {
    let mut text = "id,name\n1,".to_owned();
    text.push_str(&"x".repeat(40 << 20));
    text.push_str("\n2,Oslo\n");
    insta::assert_snapshot!(of_file("t.csv", text, ""), @"`t.csv`, line 2, byte 3: the field that begins here is larger than 16777216 bytes; close its quote, correct `delimiter` or `quote`, or raise `max_field_bytes`");
}

#[test]
fn files_that_are_not_there() {
    let (folder, ade) = project("feed", "ingest: {from: 'none_*.csv'}");
    folder.write("data/some_1.csv", "id\n1\n");
    insta::assert_snapshot!(told(&ade, &ade.run(&["build", "--output", "json"])), @"there is no file `none_*.csv` in folder `data`; `*` stays within a folder, `**` goes across folders");
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
    insta::assert_snapshot!(of_database(|_| {}, "ingest: {from: t}"), @"cannot open SQLite database `data/app.db`: there is no such file; correct `path` of connection `app` (ade.yml:7)");
    insta::assert_snapshot!(of_database(|folder| folder.write("data/app.db", "not a database, but long enough to be read as one".repeat(40)), "ingest: {from: t}"), @"cannot open SQLite database `data/app.db`: it is not a SQLite database; correct `path` of connection `app` (ade.yml:7)");
    insta::assert_snapshot!(of_database(|folder| execute(folder, "create table tt (id integer)"), "ingest: {from: t}"), @"there is no table `t` in database `data/app.db`; did you mean `tt`?");
}

#[test]
fn databases_with_other_values_than_declared() {
    let columns = "ingest: {from: t}\ncolumns:\n  - {name: id, data_type: bigint, privacy: public}\n  - {name: amount, data_type: bigint, privacy: public}";
    let wrong = "create table t (id integer, amount integer); insert into t values (1, 10), (2, 'ten')";
    insta::assert_snapshot!(of_database(|folder| execute(folder, wrong), columns), @"`t`, rowid 2, column `amount`: expected bigint, found text of 3 characters; correct the source or the column's `data_type`");
    let gone = "create table t (id integer, total integer); insert into t values (1, 10)";
    insta::assert_snapshot!(of_database(|folder| execute(folder, gone), columns), @r#"
    error[schema-drift]: column `amount` of `feed.t` is gone from the source
     --> sources/s.yml:9:20
      |
    8 |           - {name: id, data_type: bigint, privacy: public}
    9 |           - {name: amount, data_type: bigint, privacy: public}
      |                    ^^^^^^
      |
      = note: not in t
      = note: it looks renamed: the source has a new column `total` (bigint)
      = help: if that is right, write `from: "total"` at the column: it goes on under its name here, and nothing that uses it changes; if not, ask the source's owner
    "#);
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
    insta::assert_snapshot!(of_database(damaged, columns), @"reading `t` failed: database disk image is malformed; nothing of this read is used, run again when the source is well");
}

#[test]
fn a_file_that_is_cut_while_it_is_read() {
    const ROWS: usize = 40_000;
    let (folder, ade) = project("feed", &format!("ingest: {{from: 't.csv', mode: incremental}}\n{TYPED}"));
    let text = format!("id,day\n{}", format!("{:01000},2024-01-01\n", 7).repeat(ROWS));
    folder.write("data/t.csv", &text);
    let build = ade.env("FAILPOINTS", "run::source::batch_read=1*sleep(2000)").start(&["build", "--output", "json"]);
    let started = Instant::now();
    while ade.rows("select count(*) from ade.leases where process is not null") == ["0"] {
        assert!(started.elapsed() < Duration::from_mins(1));
    }
    // In the middle of a row, while the program digests the first ones.
    let file = std::fs::OpenOptions::new().write(true).open(folder.at("data/t.csv")).unwrap();
    file.set_len(text.len() as u64 * 9 / 10 - 3).unwrap();
    let message = told(&ade, &build.wait());
    assert!(message.contains("t.csv"), "{message}");

    // The file arrives again, and everything is well.
    folder.write("data/t.csv", &text);
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select n from main.counted"), [ROWS.to_string()]);
}

#[test]
fn a_bad_batch_leaves_the_good_ones() {
    let (folder, ade) = project("feed", &format!("ingest: {{from: 'day_*.csv', mode: incremental}}\n{TYPED}"));
    folder.write(
        "models/counted.sql",
        "{{ config(materialized='table') }} select count(*) as n from {{ source('feed', 't') }}",
    );
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

#[test]
fn a_row_without_a_value_is_named_by_its_line() {
    let columns = "columns: [{name: id, data_type: bigint, nullable: false, privacy: public}, {name: name, data_type: varchar, privacy: public}]";
    let told = |name: &str, ingest: &str, text: &str| {
        let (folder, ade) = project("feed", &format!("ingest: {ingest}\n{columns}"));
        folder.write(&format!("data/{name}"), text);
        ade.run(&["ingest"]).exits(1).text()
    };
    // Values with line breaks and blank lines are no rows.
    let text = "id,name\n1,\"a\nb\"\n\n,c\n2,d\n";
    let said = told("t.csv", "{from: t.csv}", text);
    assert!(said.contains("the first row without `id` is `t.csv`, line 5"), "{said}");
    let said = told("t.csv", "{from: t.csv, header: false, names: [id, name]}", "1,a\n,b\n");
    assert!(said.contains("the first row without `id` is `t.csv`, line 2"), "{said}");
    let said = told("t.jsonl", "{from: t.jsonl}", "{\"id\": 1, \"name\": \"a\"}\n\n{\"name\": \"b\"}\n");
    assert!(said.contains("the first row without `id` is `t.jsonl`, line 3"), "{said}");
}

#[test]
fn a_renamed_amount_is_found_whatever_its_numbers_look_like() {
    let columns = "columns: [{name: id, data_type: bigint, privacy: public}, {name: price, data_type: 'decimal(18,2)', privacy: public}]";
    for (values, found) in [("12.50", "double"), ("12", "bigint")] {
        let (folder, ade) = project("feed", &format!("ingest: {{from: t.csv}}\n{columns}"));
        folder.write("data/t.csv", format!("id,total\n1,{values}\n"));
        let told = ade.run(&["ingest"]).exits(1).text();
        assert!(told.contains(&format!("it looks renamed: the source has a new column `total` ({found})")), "{told}");
        folder.write("data/t.csv", "id\n1\n");
        let told = ade.run(&["ingest"]).exits(1).text();
        assert!(told.contains("if it is gone for good, remove it here\n"), "all rows come anew anyway: {told}");
    }
    let (folder, ade) = project("feed", &format!("ingest: {{from: t.csv, mode: incremental}}\n{columns}"));
    folder.write("data/t.csv", "id\n1\n");
    let told = ade.run(&["ingest"]).exits(1).text();
    assert!(told.contains("remove it here and load with --full-refresh"), "{told}");
}

#[test]
fn times_that_say_more_than_was_promised() {
    let told = |data_type: &str, value: &str| {
        let columns = format!("columns: [{{name: at, data_type: {data_type}, privacy: public}}]");
        let (folder, ade) = project("feed", &format!("ingest: {{from: t.csv}}\n{columns}"));
        folder.write("data/t.csv", format!("at\n{value}\n"));
        ade.run(&["ingest"]).exits(1).text()
    };
    let said = told("timestamp", "2026-01-25T12:00:00+02:00");
    assert!(said.contains("this one says how far it is from UTC: write `data_type: timestamptz`"), "{said}");
    let said = told("date", "2026-01-25 00:00:00");
    assert!(said.contains("this one has a time of day: write `data_type: timestamp`"), "{said}");
    assert!(!said.contains("2026-01-25"), "no value is told: {said}");
}
