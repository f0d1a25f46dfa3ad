//! Two checkouts of a project with one lake. Each has its own `.ade`, so neither sees the other's leases.
use std::time::{Duration, Instant};

use ade_testing::{Folder, Program, Running};

use crate::program::program;

/// Two checkouts: the data and the lake are those of the first.
fn checkouts() -> [(Folder, Program); 2] {
    let first = Folder::new();
    let sources = "sources:\n  - name: feed\n    connection: feed\n    tables:\n      - name: t\n        \
        ingest: {from: '*.csv', mode: incremental}\n        columns:\n          \
        - {name: id, data_type: bigint, nullable: false, privacy: public, data_tests: [unique]}\n";
    let model = "{{ config(materialized='incremental', incremental_strategy='append') }}\n\
        select id from {{ source('feed', 't') }}\n\
        {% if is_incremental() %}where id > (select max(id) from {{ this }}){% endif %}";
    let (lake, data) = (first.at("lake"), first.at("data"));
    let second = Folder::new();
    let checkout = |folder: Folder| {
        let settings = format!(
            "name: shop\nenvironments:\n  dev: {{lake: {}, schema: main, custom_schema: replace}}\n\
             connections:\n  feed: {{type: files, path: {}}}\n",
            lake.display(),
            data.display()
        );
        folder.write("ade.yml", settings);
        folder.write("sources/s.yml", sources);
        folder.write("models/m.sql", model);
        let ade = program(&folder);
        ade.run(&["init", "."]).succeeds();
        (folder, ade)
    };
    let checkouts = [checkout(first), checkout(second)];
    checkouts[0].0.write("data/1.csv", "id\n1\n2\n");
    // Digests of files are made with the key, which both have.
    let key = checkouts[0].0.read(".ade/keys/dev.key");
    checkouts[1].0.write(".ade/keys/dev.key", key);
    checkouts
}

/// Starts a build that waits a while at a point, and gives it when it is about to get there: it holds a lease.
fn waiting_at(ade: &Program, point: &str) -> Running {
    let build = ade.env("FAILPOINTS", &format!("{point}=1*sleep(4000)")).start(&["build"]);
    let started = Instant::now();
    while ade.rows("select count(*) from ade.leases where process is not null") == ["0"] {
        assert!(started.elapsed() < Duration::from_mins(1), "no lease was taken");
    }
    build
}

#[test]
fn the_same_rows_do_not_land_twice() {
    // Between plan and stage, stage and audit, audit and commit: of the source, then of the model.
    for point in ["run::source::planned", "run::audit::begin", "lake::commit::begin", "run::model::made"] {
        let [(folder, first), (_second_folder, second)] = checkouts();
        first.run(&["build"]).succeeds();
        folder.write("data/2.csv", "id\n3\n4\n");
        let slow = waiting_at(&second, point);
        first.run(&["build"]).succeeds();
        slow.wait().succeeds();
        for (ade, table) in [(&first, "feed.t"), (&second, "feed.t"), (&first, "main.m"), (&second, "main.m")] {
            assert_eq!(
                ade.rows(&format!("select id from {table} order by id")),
                ["1", "2", "3", "4"],
                "{point}: {table}"
            );
        }
    }
}
