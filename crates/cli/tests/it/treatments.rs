//! A column whose treatment changes: what has landed under the old one is never left readable without a word, and rows that
//! do not mean the same are never mixed. Nor are rows of two tables under one cursor.
use ade_testing::{Folder, Program, leaks};
use rusqlite::Connection;

use crate::program::program;

const PROJECT: &str = "
name: shop
environments:
  dev: {lake: lake, schema: main, custom_schema: replace}
connections:
  app: {type: sqlite, path: data/app.db}
  feed: {type: files, path: data}
";
const CARD: &str = "4111111111111111";

/// A source table of files with a column `card` that is treated as `privacy` says.
fn treat(folder: &Folder, mode: &str, privacy: &str) {
    folder.write(
        "sources/s.yml",
        format!(
            "sources:\n  - name: feed\n    connection: feed\n    drift: ignore\n    tables:\n      - name: pay\n        ingest: {{from: 'p*.csv', mode: {mode}}}\n        columns:\n          - {{name: id, data_type: bigint, privacy: public}}\n{}",
            if privacy.is_empty() { String::new() } else { format!("          - {{name: card, data_type: varchar, privacy: {privacy}}}\n") }
        ),
    );
}

fn project(mode: &str) -> (Folder, Program) {
    let folder = Folder::with(&[("ade.yml", PROJECT), ("data/p1.csv", &format!("id,card\n1,{CARD}\n"))]);
    treat(&folder, mode, "public");
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["ingest"]).succeeds();
    folder.write("data/p2.csv", "id,card\n2,4222222222222222\n");
    (folder, ade)
}

#[test]
fn a_column_that_was_kept_and_is_dropped_asks_for_a_full_load() {
    // Dropped by class, by treatment, or because nobody classifies it any more.
    for privacy in ["payment_card", "{treatment: drop}", ""] {
        let (folder, ade) = project("incremental");
        treat(&folder, "incremental", privacy);
        for _ in 0..2 {
            let refused = ade.run(&["ingest"]).exits(1);
            assert!(
                refused.all().contains("column `card` landed as `varchar: keep` and would now land as `drop`"),
                "{}",
                refused.all()
            );
            assert!(refused.all().contains("--full-refresh"), "{}", refused.all());
            assert!(
                refused.all().contains("`ade maintain --select source:feed.pay --retention-hours 0` removes them"),
                "{}",
                refused.all()
            );
        }
        let full = ade.run(&["ingest", "--full-refresh"]).succeeds();
        assert!(full.all().contains("stays readable in earlier versions of the table"), "{}", full.all());
        assert!(holds_card(&folder), "the version before is still there");
        ade.run(&["maintain", "--select", "source:feed.pay", "--retention-hours", "0"]).succeeds();
        assert!(!holds_card(&folder));
    }
}

#[test]
fn what_was_dropped_may_be_brought_in() {
    let (folder, ade) = project("incremental");
    treat(&folder, "incremental", "payment_card");
    ade.run(&["ingest", "--full-refresh"]).succeeds();
    treat(&folder, "incremental", "email");
    folder.write("data/p3.csv", "id,card\n3,4333333333333333\n");
    ade.run(&["ingest"]).succeeds();
    assert_eq!(ade.rows("select id from feed.pay where card is null order by id"), ["1", "2"]);
    // And is remembered over a file that has not got it.
    treat(&folder, "incremental", "public");
    let refused = ade.run(&["ingest"]).exits(1);
    assert!(refused.all().contains("pseudonym in domain email` and would now land as"), "{}", refused.all());
}

#[test]
fn every_setting_of_a_treatment_is_remembered() {
    let (folder, ade) = project("incremental");
    treat(&folder, "incremental", "{treatment: mask, pattern: length}");
    ade.run(&["ingest", "--full-refresh"]).succeeds();
    folder.write("data/p3.csv", "id,card\n3,4333333333333333\n");
    treat(&folder, "incremental", "{treatment: mask, pattern: shape}");
    let refused = ade.run(&["ingest"]).exits(1);
    assert!(refused.all().contains("mask all but the last 4 by length"), "{}", refused.all());
}

#[test]
fn a_table_that_is_read_whole_tells_what_its_earlier_versions_hold() {
    let (folder, ade) = project("full");
    treat(&folder, "full", "payment_card");
    let told = ade.run(&["ingest"]).succeeds();
    assert!(
        told.all().contains("column `card` landed as `varchar: keep` and would now land as `drop`"),
        "{}",
        told.all()
    );
    assert!(told.all().contains("ade maintain"), "{}", told.all());
    let again = ade.run(&["ingest"]).succeeds();
    assert!(!again.all().contains("ade maintain"), "{}", again.all());
}

#[test]
fn another_table_does_not_go_on_with_the_cursor_of_the_first() {
    let folder = Folder::with(&[("ade.yml", PROJECT), ("data/README", "the application's database")]);
    let from = |table: &str| {
        folder.write(
            "sources/s.yml",
            format!(
                "sources:\n  - name: app\n    connection: app\n    tables:\n      - name: c\n        ingest: {{from: {table}, mode: incremental, cursor: at, key: [id]}}\n        columns:\n          - {{name: id, data_type: bigint, privacy: public}}\n          - {{name: at, data_type: bigint, privacy: public}}\n"
            ),
        );
    };
    from("one");
    let database = Connection::open(folder.at("data/app.db")).unwrap();
    database
        .execute_batch("create table one (id integer primary key, at integer); insert into one values (1, 100); create table two (id integer primary key, at integer); insert into two values (7, 50), (8, 200);")
        .unwrap();
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    ade.run(&["ingest"]).succeeds();
    from("two");
    let refused = ade.run(&["ingest"]).exits(1);
    assert!(
        refused.all().contains("it was read from `one` of connection `app` and would now be read from `two`"),
        "{}",
        refused.all()
    );
    ade.run(&["ingest", "--full-refresh"]).succeeds();
    assert_eq!(ade.rows("select id from app.c order by id"), ["7", "8"]);
}

/// Whether any file of the lake holds the card's number, in whatever version.
fn holds_card(folder: &Folder) -> bool {
    let lake = folder.at("lake");
    let files: Vec<_> = folder.files().into_iter().filter(|path| path.starts_with(&lake)).collect();
    !leaks(&files, &[CARD]).is_empty()
}

#[test]
fn values_that_a_treatment_does_not_understand_are_counted() {
    let born = |days: [&str; 4]| {
        let rows: Vec<String> = days.iter().enumerate().map(|(id, day)| format!("{id},{day}\n")).collect();
        format!("id,card\n{}", rows.concat())
    };
    for mode in ["full", "incremental"] {
        let folder = Folder::with(&[("ade.yml", PROJECT)]);
        treat(&folder, mode, "date_of_birth");
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        folder.write("data/p1.csv", born(["1980-02-01", "1981-02-01", "01.02.1980", ""]));
        let told = ade.run(&["ingest"]).succeeds().text();
        assert!(told.contains("`card`: 1 of 3 values was not understood by `truncate` and is NULL"), "{told}");
        assert!(!told.contains("warned") && !told.contains("01.02"), "{told}");
        folder.write("data/p1.csv", born(["01.02.1980", "1981-02-01", "01.02.1981", ""]));
        let told = ade.run(&["ingest"]).succeeds().text();
        assert!(told.contains("`card`: 2 of 3 values were not understood by `truncate` and are NULL"), "{told}");
        assert!(told.contains("! warned"), "{told}");
        folder.write("data/p1.csv", born(["1980-02-02", "1981-02-01", "1982-02-01", ""]));
        let told = ade.run(&["ingest"]).succeeds().text();
        assert!(!told.contains("understood"), "{told}");
        // A check that finds no values is not the first to hear of it.
        folder.replace("sources/s.yml", "privacy: date_of_birth", "privacy: date_of_birth, data_tests: [not_null]");
        folder.write("data/p1.csv", born(["01.02.1980", "1981-02-01", "1982-02-01", "1983-02-01"]));
        let told = ade.run(&["ingest"]).exits(1).text();
        assert!(told.contains("`card`: 1 of 4 values was not understood by `truncate` and is NULL"), "{told}");
    }
}

#[test]
fn a_word_that_was_left_open_is_told_before_anything_is_built() {
    let (folder, ade) = project("full");
    let open = "          - {name: tags, privacy: }\n";
    folder.write(
        "sources/s.yml",
        format!(
            "sources:\n  - name: feed\n    connection: feed\n    tables:\n      - name: pay\n        ingest: {{from: 'p*.csv'}}\n        columns:\n          - {{name: id, data_type: bigint, privacy: public}}\n          - {{name: card}}\n{open}"
        ),
    );
    let told = ade.run(&["check"]).exits(2).all();
    assert!(told.contains("column `tags` (any type) of `feed.pay` is not classified"), "{told}");
    assert!(!told.contains("`card`"), "a rule may classify what the source has: {told}");
    // A rule may be the answer, also one for a type that nobody has written down.
    folder.write(
        "ade.yml",
        format!("{PROJECT}privacy:\n  rules: [{{column: 'tag?', types: [varchar], class: public}}]\n"),
    );
    ade.run(&["check"]).succeeds();
}
