//! When a model runs again, when its checks do, and when neither does.
use std::collections::BTreeSet;

use ade_testing::{Folder, Program};
use serde_json::Value;

use crate::program::program;

fn project(files: &[(&str, &str)]) -> (Folder, Program) {
    let folder = Folder::with(&[("ade.yml", "name: shop\n")]);
    for (path, text) in files {
        folder.write(path, text);
    }
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade)
}

/// How the task of a node ended.
fn status(ade: &Program, args: &[&str], node: &str) -> String {
    let args: Vec<&str> = ["build", "--output", "json"].iter().chain(args).copied().collect();
    let events = ade.run(&args).json_lines();
    let ended = |event: &&Value| event["event"] == "task_finished" && event["node"] == node;
    let task = events.iter().find(ended).unwrap_or_else(|| panic!("{node} is not in {events:#?}"));
    task["status"].as_str().unwrap().to_owned()
}

const APPEND: &str =
    "{{ config(materialized='incremental', incremental_strategy='append') }}\nselect * from (values (1), (2)) as t(n)";

fn checks(model: &str, column: &str, tests: &str) -> String {
    format!("models:\n  - name: {model}\n    columns:\n      - {{name: {column}, data_tests: [{tests}]}}\n")
}

#[test]
fn another_check_audits_and_never_makes_a_model_run() {
    let (folder, ade) = project(&[("models/log.sql", APPEND), ("models/m.yml", &checks("log", "n", "not_null"))]);
    ade.run(&["build"]).succeeds();
    let rows = || ade.rows("select count(*) from main.log");
    folder.write("models/m.yml", checks("log", "n", "not_null, {accepted_values: {values: [1, 2], quote: false}}"));
    assert!(ade.run(&["plan"]).succeeds().text().contains("its checks"));
    assert_eq!(status(&ade, &[], "model.shop.log"), "success");
    assert_eq!(status(&ade, &[], "model.shop.log"), "unchanged");
    assert_eq!(status(&ade, &["--exclude", "not_null_log_n"], "model.shop.log"), "unchanged");
    folder.write("models/m.yml", checks("log", "n", "{accepted_values: {values: [1], quote: false}}"));
    for _ in 0..2 {
        assert_eq!(status(&ade, &[], "model.shop.log"), "failed", "until it holds");
    }
    folder.write("models/m.yml", checks("log", "n", "unique"));
    assert_eq!(status(&ade, &[], "model.shop.log"), "success");
    assert_eq!(rows(), ["2"], "the model ran once");
}

#[test]
fn a_check_that_reads_other_tables_runs_when_one_of_them_changed() {
    let relationships = checks("orders", "customer", "{relationships: {to: \"ref('customers')\", field: id}}");
    let (folder, ade) = project(&[
        ("seeds/customers.csv", "id\n1\n2\n"),
        ("models/orders.sql", "{{ config(materialized='table') }}\nselect * from (values (1), (2)) as t(customer)"),
        ("models/m.yml", &relationships),
    ]);
    ade.run(&["build"]).succeeds();
    assert_eq!(status(&ade, &[], "model.shop.orders"), "unchanged");
    folder.write("seeds/customers.csv", "id\n1\n");
    assert_eq!(status(&ade, &[], "model.shop.orders"), "failed");
    assert_eq!(status(&ade, &[], "model.shop.orders"), "failed");
    folder.write("seeds/customers.csv", "id\n1\n2\n3\n");
    assert_eq!(status(&ade, &[], "model.shop.orders"), "success");
    assert_eq!(status(&ade, &[], "model.shop.orders"), "unchanged");
}

#[test]
fn checks_that_ask_for_the_time_run_each_time() {
    let (folder, ade) = project(&[
        ("models/m.sql", "{{ config(materialized='table') }}\nselect timestamp '2020-01-01 00:00:00' as at"),
        ("tests/later.sql", "select at from {{ ref('m') }} where at > now()"),
        ("models/words.sql", "{{ config(materialized='table') }}\nselect 'now' || 'random()' as today -- now()"),
        ("tests/words.sql", "select today from {{ ref('words') }} where today = 'current_date'"),
    ]);
    ade.run(&["build"]).succeeds();
    assert_eq!(status(&ade, &[], "model.shop.m"), "success");
    assert_eq!(status(&ade, &[], "model.shop.words"), "unchanged", "words are no calls");
    let versions = ade.rows("select max(table_version) from ade.tasks where node = 'model.shop.m'");
    assert_eq!(versions, ["0"], "it was not made again");
    folder.remove("tests/later.sql");
    assert_eq!(status(&ade, &[], "model.shop.m"), "unchanged");
}

#[test]
fn a_table_over_a_view_that_asks_for_the_time_is_made_each_time() {
    let (_folder, ade) = project(&[
        ("models/clock.sql", "select 1 as one, now() as at"),
        ("models/through.sql", "select * from {{ ref('clock') }}"),
        ("models/t.sql", "{{ config(materialized='table') }}\nselect at from {{ ref('through') }}"),
    ]);
    ade.run(&["build"]).succeeds();
    let before = ade.rows("select at from main.t");
    assert_eq!(status(&ade, &[], "model.shop.t"), "success");
    assert_ne!(ade.rows("select at from main.t"), before);
}

#[test]
fn a_table_that_is_named_without_ref_counts_and_is_told() {
    let (folder, ade) = project(&[
        ("seeds/raw.csv", "id\n1\n2\n"),
        ("models/n.sql", "{{ config(materialized='table') }}\nselect count(*) as n from main.raw"),
    ]);
    ade.run(&["build", "--select", "raw"]).succeeds();
    let all = ade.run(&["build", "--select", "n"]).succeeds().all();
    assert!(all.contains("{{ ref('raw') }}"), "{all}");
    assert_eq!(status(&ade, &["--select", "n"], "model.shop.n"), "unchanged");
    folder.write("seeds/raw.csv", "id\n1\n2\n3\n");
    ade.run(&["build", "--select", "raw"]).succeeds();
    assert_eq!(status(&ade, &["--select", "n"], "model.shop.n"), "success");
    assert_eq!(ade.rows("select n from main.n"), ["3"]);
}

#[test]
fn a_table_that_was_removed_and_made_again_is_another_one() {
    let (folder, ade) = project(&[
        ("seeds/raw.csv", "id\n1\n2\n"),
        ("models/n.sql", "{{ config(materialized='table') }}\nselect count(*) as n from {{ ref('raw') }}"),
    ]);
    ade.run(&["build"]).succeeds();
    std::fs::remove_dir_all(folder.at("lake/main/raw")).unwrap();
    folder.write("seeds/raw.csv", "id\n1\n");
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select n from main.n"), ["1"]);
}

#[test]
fn rows_that_share_a_key_are_not_dropped_before_the_checks_look() {
    let model = "{{ config(materialized='incremental', unique_key='id') }}\nselect * from (values (1, 'a'), (1, 'b'), (2, 'c')) as t(id, v)";
    let (folder, ade) = project(&[("models/m.sql", model), ("models/m.yml", &checks("m", "id", "unique"))]);
    assert_eq!(status(&ade, &[], "model.shop.m"), "failed");
    folder.remove("models/m.yml");
    let all = ade.run(&["build"]).succeeds().all();
    assert!(all.contains("3 rows"), "{all}");
    assert_eq!(ade.rows("select v from main.m order by v"), ["a", "b", "c"]);
}

#[test]
fn a_table_is_split_as_it_says_and_no_longer_when_it_does_not() {
    let (folder, ade) = project(&[(
        "models/m.sql",
        "{{ config(materialized='table', partition_by=['day']) }}\nselect 1 as n, date '2024-01-01' as day",
    )]);
    ade.run(&["build"]).succeeds();
    let is_split = || folder.files().iter().filter(|path| path.to_string_lossy().contains("day=2024")).count();
    assert_eq!(is_split(), 1);
    folder.write("models/m.sql", "{{ config(materialized='table') }}\nselect 1 as n");
    ade.run(&["build"]).succeeds();
    assert_eq!((ade.rows("select * from main.m"), is_split()), (vec!["1".to_owned()], 1));
}

#[test]
fn a_new_column_that_is_ignored_does_not_disturb_what_a_merge_updates() {
    let head = "{{ config(materialized='incremental', unique_key='id', merge_update_columns=['v']) }}\n";
    let (folder, ade) = project(&[("models/m.sql", &format!("{head}select 1 as id, 'a' as v, 'x' as kept"))]);
    ade.run(&["build"]).succeeds();
    folder.write("models/m.sql", format!("{head}select 1 as id, 'b' as v, 'y' as kept, 5 as fresh"));
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select id, v, kept from main.m"), ["1,b,x"]);
}

#[test]
fn what_a_run_was_at_when_its_process_died_is_known() {
    let (_folder, ade) = project(&[("models/m.sql", "{{ config(materialized='table') }}\nselect 1 as n")]);
    let _ = ade.env("FAILPOINTS", "run::model::made=return(abort)").run(&["build"]);
    ade.run(&["build"]).succeeds();
    let tasks = ade.rows("select status from ade.tasks order by run_id");
    assert_eq!(tasks, ["failed", "success"]);
}

#[test]
fn a_view_that_cannot_be_read_does_not_take_the_place_of_one_that_can() {
    let (folder, ade) = project(&[("models/v.sql", "select 'ok' as comment")]);
    ade.run(&["build"]).succeeds();
    folder.write("models/v.sql", "select c::int as comment from (values ('1'), ('ok')) as t(c)");
    ade.run(&["build"]).exits(1);
    assert_eq!(ade.rows("select comment from main.v"), ["ok"]);
}

#[test]
fn what_changed_of_a_node_is_told_by_its_parts() {
    let (folder, ade) = project(&[
        ("seeds/s.csv", "id\n1\n"),
        ("models/one/a.sql", "select id from {{ ref('s') }}"),
        ("models/two/b.sql", "select id from {{ ref('a') }} where id > {{ var('least', 0) }}"),
        ("models/two/c.sql", "select 1 as n"),
        ("models/m.yml", "models:\n  - name: a\n    description: x\n"),
    ]);
    ade.run(&["build"]).succeeds();
    let changed = |part: &str| {
        let text = ade.run(&["ls", "--select", &format!("state:modified{part}"), "--output", "json"]).text();
        let names =
            text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["name"].as_str().unwrap().to_owned());
        names.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(changed(""), "");
    folder.write("models/m.yml", "models:\n  - name: a\n    config: {materialized: table}\n");
    assert_eq!([changed(""), changed(".configs"), changed(".body"), changed(".upstream")], ["a", "a", "", "b"]);
    folder
        .write("dbt_project.yml", "name: shop\nvars: {least: 1}\nmodels:\n  shop:\n    two: {+materialized: table}\n");
    assert_eq!([changed(".configs"), changed(".vars"), changed(".body")], ["a b c", "b", ""]);
    folder.write("models/two/c.sql", "select 2 as n");
    folder.write("seeds/s.csv", "id\n2\n");
    assert_eq!([changed(".body"), changed(".upstream")], ["c s", "a b"]);
    ade.run(&["build"]).succeeds();
    assert_eq!(changed(""), "");
}
