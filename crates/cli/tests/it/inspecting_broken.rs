//! `ade inspect` of sources that are not whole: what cannot be read is told, and the others are drafted.
use ade_testing::Folder;
use rusqlite::Connection;

use crate::program::program;

const PROJECT: &str = "
name: shop
connections:
  app: {type: sqlite, path: app.db}
  files: {type: files, path: data}
";

#[test]
fn one_broken_table_does_not_hide_the_others() {
    let folder = Folder::with(&[
        ("ade.yml", PROJECT),
        ("data/good.csv", "amount\n1\n"),
        ("data/ragged.csv", "amount,status\n1\n"),
        ("data/headless.csv", "7,canary.person@example.com\n"),
    ]);
    Connection::open(folder.at("app.db"))
        .unwrap()
        .execute_batch(
            "create table t (amount integer); insert into t values (1);
             create view bv as select gone from t;",
        )
        .unwrap();
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();

    let told = ade.run(&["inspect", "app", "--write"]).succeeds();
    assert!(
        told.all().contains("cannot be read: cannot read `bv`: SQLite says: no such column: gone"),
        "{}",
        told.all()
    );
    let draft = folder.read("sources/app.yml");
    assert!(draft.contains("- name: t\n") && !draft.contains("bv"), "{draft}");

    let told = ade.run(&["inspect", "files", "--write"]).succeeds();
    assert!(told.all().contains("cannot be read: `ragged.csv`, line 2"), "{}", told.all());
    assert!(told.all().contains("`headless.csv`, line 1: it does not look like a header"), "{}", told.all());
    assert!(!told.all().contains("canary"), "{}", told.all());
    let draft = folder.read("sources/files.yml");
    assert!(draft.contains("- name: good\n") && !draft.contains("ragged") && !draft.contains("headless"), "{draft}");
}

#[test]
fn a_file_is_looked_at_as_it_is_declared() {
    let sources = "sources:\n  - name: inbox\n    connection: inbox\n    tables:\n      - name: people\n        \
                   ingest: {from: people.csv, encoding: windows-1252, delimiter: \"|\"}\n";
    let project = "name: shop\nconnections:\n  inbox: {type: files, path: inbox}\n";
    let folder = Folder::with(&[("ade.yml", project), ("sources/inbox.yml", sources)]);
    std::fs::create_dir_all(folder.at("inbox")).unwrap();
    std::fs::write(folder.at("inbox/people.csv"), b"id|city;town\n1|Z\xfcrich;x\n").unwrap();
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    let told = ade.run(&["inspect", "inbox"]).succeeds().all();
    assert!(told.contains("encoding: windows-1252") && told.contains("id         bigint"), "{told}");
    assert!(!told.contains("seems to be") && !told.contains("tables: []"), "{told}");
    // Who says otherwise is believed.
    let told = ade.run(&[
        "inspect",
        "inbox",
        "--table",
        "people.csv",
        "--with",
        "encoding=iso-8859-2",
        "--with",
        "delimiter=;",
    ]);
    let told = told.succeeds().all();
    assert!(told.contains("encoding: iso-8859-2") && told.contains("id|city"), "{told}");
    let told = ade.run(&["inspect", "inbox", "--table", "people.csv", "--with", "encodin=utf-8"]).exits(2).all();
    assert!(told.contains("unknown setting `encodin`"), "{told}");
}

#[test]
fn nothing_that_can_be_read_is_a_failure() {
    let project = "name: shop\nconnections:\n  inbox: {type: files, path: inbox}\n";
    let folder =
        Folder::with(&[("ade.yml", project), ("inbox/ragged.csv", "amount,status\n1\n"), ("inbox/orders", "id\n1\n")]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    for args in [&["inspect", "inbox"][..], &["inspect", "inbox", "--write"]] {
        let told = ade.run(args).exits(1).all();
        assert!(
            told.contains("nothing of connection `inbox` could be read") && told.contains("`ragged.csv`, line 2"),
            "{told}"
        );
    }
    assert!(!folder.at("sources/inbox.yml").exists());
    // A file whose name says nothing of its format.
    let told = ade.run(&["inspect", "inbox", "--table", "orders"]).exits(1).all();
    assert!(told.contains("its name does not say which format it has") && told.contains("`format:`"), "{told}");
    let told = ade.run(&["inspect", "inbox", "--table", "orders", "--with", "format=csv"]).succeeds().all();
    assert!(told.contains("format: csv") && told.contains("id      bigint"), "{told}");
}
