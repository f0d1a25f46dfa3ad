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
