//! The last words of a run: who sees what after a failure; and the same for machines.
use ade_testing::{Folder, Program};

use crate::program::program;
use crate::shop::Shop;

fn project(files: &[(&str, &str)]) -> (Folder, Program) {
    let folder = Folder::with(files);
    folder.write("ade.yml", "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\n");
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade)
}

const N: &str = "{{ config(materialized='table') }}\nselect * from (values (1), (1), (null)) as t(id)";
const CHECKS: &str = "models:\n  - name: n\n    columns:\n      - name: id\n        \
                      data_tests: [unique, not_null, {accepted_values: {arguments: {values: [7]}}}]\n\
                      exposures:\n  - {name: board, type: dashboard, owner: {name: Ana}, depends_on: [ref('n2')]}\n";

#[test]
fn what_was_never_built_does_not_stay_on_a_good_version() {
    let (folder, ade) = project(&[
        ("models/n.sql", N),
        ("models/n2.sql", "select * from {{ ref('n') }}"),
        ("models/n3.sql", "select * from {{ ref('n') }}"),
        ("models/n.yml", CHECKS),
    ]);
    let told = ade.run(&["build"]).exits(1).text();
    assert!(told.contains("main.n is not there yet: fail unique_n_id and 2 more"), "{told}");
    let (_, behind) = told.split_once("These are not there yet:\n").unwrap();
    assert!(behind.contains("  model main.n2") && behind.contains("  dashboard board"), "{told}");
    assert!(!told.contains("good version"), "{told}");
    let json = ade.run(&["build", "--output", "json"]).exits(1).json_lines();
    assert_eq!(json.last().unwrap()["waiting"][0]["is_there"], false);

    // What it would be made from is not there either.
    for args in [&["query", "select * from n2"][..], &["build", "--select", "n2"]] {
        let told = ade.run(args).exits(1).all();
        assert!(told.contains("is not built yet in environment `dev`: run `ade build --select +n2`"), "{told}");
        assert!(!told.contains("did you mean"), "{told}");
    }

    folder.write("models/n.sql", "{{ config(materialized='table') }}\nselect 7 as id");
    ade.run(&["build", "--exclude", "n3"]).succeeds();
    folder.write("models/n.sql", N);
    let told = ade.run(&["build"]).exits(1).text();
    let (_, behind) = told.split_once("These stay on their last good version:\n").unwrap();
    let (stay, not_yet) = behind.split_once("\n\nThese are not there yet:\n").unwrap();
    assert!(stay.contains("main.n2") && stay.contains("board") && !stay.contains("main.n3"), "{told}");
    assert_eq!(not_yet.trim_end(), "  model main.n3  waits for n");
}

#[test]
fn a_test_that_fails_is_about_what_is_visible() {
    let (folder, ade) = project(&[("models/n.sql", N), ("models/n2.sql", "select * from {{ ref('n') }}")]);
    ade.run(&["build"]).succeeds();
    folder.write("models/n.yml", CHECKS);
    let told = ade.run(&["test"]).exits(1).text();
    assert!(told.contains("\nThese read what fails its checks:\n  model main.n2    reads n\n"), "{told}");
    assert!(!told.contains("good version") && !told.contains("waits for"), "{told}");
}

#[test]
fn machines_get_rows_and_problems_as_lines_of_one_kind() {
    let shop = Shop::new();
    let rows = shop.ade.run(&["query", "--output", "json", "select 1 as n union all select 2 order by 1"]).succeeds();
    assert_eq!(rows.text(), "{\"n\":1}\n{\"n\":2}\n");
    let table = shop.ade.run(&["query", "--output", "json", "--format", "csv", "select 1 as n"]).succeeds();
    assert_eq!(table.text(), "n\n1\n");
    let events = shop.ade.run(&["build", "--output", "json"]).succeeds().json_lines();
    for started in events.iter().filter(|event| event["event"] == "task_started") {
        let ended = events.iter().find(|event| event["event"] == "task_finished" && event["node"] == started["node"]);
        let ended = ended.unwrap();
        assert_eq!((&started["name"], &started["relation"]), (&ended["name"], &ended["relation"]));
    }
    let broken = shop.ade.run(&["query", "--output", "json", "select nothing"]).exits(1).json_lines();
    assert_eq!((&broken[0]["event"], &broken[0]["id"]), (&"problem".into(), &"sql-error".into()));
    shop.folder.write("models/broken.sql", "select * from {{ ref('nothing') }}");
    let problems = shop.ade.run(&["build", "--output", "json"]).exits(2).json_lines();
    assert_eq!((&problems[0]["event"], &problems[0]["id"]), (&"problem".into(), &"unknown-ref".into()));
    let checked = shop.ade.run(&["check", "--output", "json"]).exits(2).json_lines();
    assert_eq!(checked[0]["event"], "problem");
}

#[test]
fn a_project_that_cannot_be_built_tells_all_that_is_wrong_at_once() {
    let (_folder, ade) = project(&[
        ("models/n.sql", N),
        ("models/column.sql", "select nothing from {{ ref('n') }}"),
        ("models/reference.sql", "select * from {{ ref('nowhere') }}"),
    ]);
    let checked = ade.run(&["check"]).exits(2).text();
    assert!(checked.contains("models/column.sql") && checked.contains("models/reference.sql"), "{checked}");
    for command in ["build", "plan"] {
        assert_eq!(ade.run(&[command]).exits(2).complaints(), checked, "{command}");
    }
}

#[test]
fn checks_and_exposures_can_be_shown() {
    let (_folder, ade) = project(&[
        ("models/n.sql", N),
        ("models/n2.sql", "select * from {{ ref('n') }}"),
        ("models/n.yml", CHECKS),
        ("tests/few.sql", "select * from {{ ref('n') }} where id > 3"),
    ]);
    let told = ade.run(&["show", "unique_n_id"]).succeeds().text();
    assert!(told.contains("reads       n") && told.contains("printed by `ade show unique_n_id --sql`"), "{told}");
    let sql = ade.run(&["show", "unique_n_id", "--sql"]).succeeds().text();
    assert!(sql.starts_with("select ") && sql.contains("having count(*) > 1"), "{sql}");
    let sql = ade.run(&["show", "few", "--sql"]).succeeds().text();
    assert!(sql.contains("where id > 3") && !sql.contains("ref("), "{sql}");
    let told = ade.run(&["show", "board"]).succeeds().text();
    assert!(told.starts_with("exposure.shop.board\n") && told.contains("reads       n2"), "{told}");
    let told = ade.run(&["show", "board", "--sql"]).exits(2).complaints();
    assert!(told.contains("`board` (exposure) has no SQL"), "{told}");
}

#[test]
fn a_folder_that_is_not_there_is_a_mistake_of_the_command_line() {
    let folder = Folder::new();
    let told = program(&folder).run(&["--project-dir", "/nope", "build"]).exits(2).complaints();
    assert_eq!(told, "error: there is no folder /nope\n");
}
