//! The schema `ade`: what the program has observed, all of it.
use std::time::{Duration, Instant};

use ade_testing::{Folder, Program};
use rusqlite::Connection;

use crate::program::program;

fn project() -> (Folder, Program) {
    let folder = Folder::with(&[
        ("ade.yml", "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\n"),
        ("models/a.sql", "{{ config(materialized='table') }}\nselect 1 as n"),
        ("models/b.sql", "{{ config(materialized='table') }}\nselect n from {{ ref('a') }}"),
    ]);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade)
}

#[test]
fn no_record_is_left_out_however_many_there_are() {
    let (folder, ade) = project();
    ade.run(&["build"]).succeeds();
    let meta = Connection::open(folder.at(".ade/meta.db")).unwrap();
    meta.execute_batch(
        "with recursive n(i) as (select 0 union all select i + 1 from n where i < 119999)
         insert into tasks (run_id, node, status, started_at) select '00-' || (i / 1000), 'model.shop.m' || i, 'success', i from n",
    )
    .unwrap();
    assert_eq!(ade.rows("select count(*), count(distinct node) from ade.tasks"), ["120002,120002"]);
    assert_eq!(ade.rows("select count(*) from ade.tasks where run_id = '00-7' and rows is null"), ["1000"]);
    assert_eq!(
        ade.rows("select node from ade.tasks where '00-3' = run_id order by started_at desc limit 1"),
        ["model.shop.m3999"]
    );
    let recent = "select count(*) from ade.tasks where started_at > now() - interval '1 day'";
    assert_eq!(ade.rows(recent), ["2"]);
    let joined = "select t.status, count(*) from ade.runs r join ade.tasks t using (run_id) group by 1";
    assert_eq!(ade.rows(joined), ["success,2"]);
    let newest = ade.rows("select run_id from ade.runs limit 1");
    assert_eq!(ade.rows("select run_id from ade.tasks limit 1"), newest, "the latest come first");
}

#[test]
fn a_run_whose_process_dies_shows_what_it_was_at() {
    let (_folder, ade) = project();
    let mut slow = ade.env("FAILPOINTS", "run::model::made=1*off->sleep(60000)").start(&["build"]);
    let started = Instant::now();
    let going_on = "select node, status from ade.tasks where status <> 'unchanged' order by node";
    while ade.rows(going_on) != ["model.shop.a,success", "model.shop.b,running"] {
        assert!(started.elapsed() < Duration::from_mins(1), "{:?}", ade.rows(going_on));
    }
    slow.kill();
    slow.wait();
    ade.run(&["build"]).succeeds();
    let told = ade.rows(
        "select r.status, t.node, t.status from ade.runs r join ade.tasks t using (run_id) order by r.started_at, t.node",
    );
    assert_eq!(
        told,
        [
            "crashed,model.shop.a,success",
            "crashed,model.shop.b,failed",
            "succeeded,model.shop.a,unchanged",
            "succeeded,model.shop.b,success",
        ]
    );
}

#[test]
fn upkeep_forgets_runs_of_long_ago() {
    let (folder, ade) = project();
    ade.run(&["build"]).succeeds();
    ade.run(&["build"]).succeeds();
    let meta = Connection::open(folder.at(".ade/meta.db")).unwrap();
    let days = 91_i64 * 24 * 3600 * 1_000_000;
    let first = "run_id = (select min(run_id) from runs)";
    meta.execute(
        &format!("update runs set started_at = started_at - {days}, ended_at = ended_at - {days} where {first}"),
        [],
    )
    .unwrap();
    assert_eq!(ade.rows("select count(*) from ade.runs"), ["2"]);
    ade.run(&["maintain"]).succeeds();
    assert_eq!(ade.rows("select count(*) from ade.runs"), ["1"]);
    assert_eq!(ade.rows("select distinct status from ade.tasks"), ["unchanged"]);
}
