//! `ade maintain` among tables that it cannot read and what died before it became a table.
use std::fs;

use ade_testing::{Folder, Program};

use crate::program::program;

fn project() -> (Folder, Program) {
    let folder = Folder::with(&[
        ("ade.yml", "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\n"),
        ("models/m.sql", "{{ config(materialized='table') }} select 1 as id"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade)
}

/// The data files below a table's folder.
fn parts(folder: &Folder, table: &str) -> usize {
    let Ok(entries) = fs::read_dir(folder.at(&format!("lake/main/{table}"))) else { return 0 };
    entries.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("part-")).count()
}

#[test]
fn a_table_that_cannot_be_read_is_named_and_the_others_are_maintained() {
    let (folder, ade) = project();
    ade.run(&["build"]).succeeds();
    folder.write("models/m.sql", "{{ config(materialized='table') }} select 2 as id");
    ade.run(&["build"]).succeeds();
    // First by name, and of a kind that is not read here.
    folder.write(
        "lake/main/a/_delta_log/00000000000000000000.json",
        concat!(
            r#"{"protocol":{"minReaderVersion":2,"minWriterVersion":5}}"#,
            "\n",
            r#"{"metaData":{"id":"0190a5d0-ac96-774b-bcce-b302099a8057","format":{"provider":"parquet","options":{}},"#,
            r#""schemaString":"{\"type\":\"struct\",\"fields\":[]}","partitionColumns":[],"#,
            r#""configuration":{"delta.columnMapping.mode":"name"}}}"#,
            "\n"
        ),
    );
    assert_eq!(parts(&folder, "m"), 2);
    let done = ade.run(&["maintain", "--retention-hours", "0"]).exits(1);
    assert!(done.text().contains("failed main.a: "), "{}", done.all());
    assert_eq!(parts(&folder, "m"), 1, "{}", done.all());
}

#[test]
fn what_a_write_that_failed_or_died_left_goes() {
    let (folder, ade) = project();
    folder.write("models/m.yml", "models: [{name: m, columns: [{name: id, data_tests: [unique]}]}]");
    // It fails after its rows are in a file: what it staged goes with it.
    ade.env("FAILPOINTS", "run::audit::begin=return").run(&["build"]).exits(1);
    assert_eq!(parts(&folder, "m"), 0, "a write that failed removes its files");
    // It dies there: nobody can, and no table has been made whose upkeep would.
    let died = ade.env("FAILPOINTS", "run::audit::begin=return(abort)").run(&["build"]);
    assert_eq!(died.signal, Some(6), "{}", died.all());
    assert_eq!(parts(&folder, "m"), 1);
    let kept = ade.run(&["maintain"]).succeeds();
    assert_eq!(parts(&folder, "m"), 1, "it may be of a writer that is at it: {}", kept.all());
    let done = ade.run(&["maintain", "--retention-hours", "0"]).succeeds();
    assert_eq!(parts(&folder, "m"), 0, "{}", done.all());
    assert!(done.text().contains("main.m"), "{}", done.all());
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select id from m"), ["1"]);
}
