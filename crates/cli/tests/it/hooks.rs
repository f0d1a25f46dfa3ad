//! Hooks read. One that would write is refused before its node does anything, and the message says which one it is.
use ade_testing::{Folder, Program};

use crate::program::program;

fn project(model: &str, more: &str) -> (Folder, Program) {
    let folder = Folder::with(&[
        ("ade.yml", "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\n"),
        ("models/orders.sql", model),
    ]);
    folder.write("ade.yml", folder.read("ade.yml") + more);
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade)
}

#[test]
fn a_hook_that_writes_is_named_with_its_node_and_what_to_do() {
    for (config, told) in [
        ("pre_hook='insert into log values (1)'", "pre-hook of model `orders`: insert is not allowed here"),
        (
            "post_hook=['select 1', 'delete from {{ this }} where n = 1']",
            "post-hook 2 of model `orders`: delete is not allowed here",
        ),
        ("post_hook='create table x as select 1'", "post-hook of model `orders`: create table is not allowed here"),
        (
            "post_hook='grant select on {{ this }} to analysts'",
            "post-hook of model `orders`: grant select is not allowed here",
        ),
        ("post_hook='vacuum {{ this }}'", "post-hook of model `orders`: vacuum"),
    ] {
        for materialized in ["table", "view"] {
            let sql = format!("{{{{ config(materialized='{materialized}', {config}) }}}}\nselect 1 as n");
            let (_folder, ade) = project(&sql, "");
            let build = ade.run(&["build"]).exits(1);
            let all = build.all();
            for told in
                [told, "models/orders.sql:1:", "the statement is `", "hooks may only read", "target.type != 'ade'"]
            {
                assert!(all.contains(told), "{told}: {all}");
            }
            assert_ne!(ade.run(&["query", "select * from main.orders"]).code, Some(0), "nothing may be built: {all}");
        }
    }
}

#[test]
fn hooks_of_the_run_are_named_too() {
    let (_folder, ade) = project("select 1 as n", "on_run_start: ['drop table x']\n");
    let all = ade.run(&["build"]).exits(1).all();
    for told in ["on-run-start hook: drop table is not allowed here", "ade.yml:", "hooks may only read"] {
        assert!(all.contains(told), "{told}: {all}");
    }
}

#[test]
fn hooks_that_read_run_and_those_for_other_adapters_are_left_out() {
    let hook = "{% if target.type != 'ade' %}grant select on {{ this }} to analysts{% endif %}";
    let sql = format!(
        "{{{{ config(materialized='table', pre_hook='select 1', post_hook=[\"{hook}\", 'select count(*) from {{{{ this }}}}']) }}}}\nselect 1 as n"
    );
    let (folder, ade) = project(&sql, "");
    ade.run(&["build"]).succeeds();
    assert_eq!(ade.rows("select n from main.orders"), ["1"]);
    // What else is wrong with one shows when it runs.
    folder.replace("models/orders.sql", "count(*)", "count(m)");
    let all = ade.run(&["build"]).exits(1).all();
    assert!(all.contains("post-hook 2 of model `orders`: there is no column m"), "{all}");
}

#[test]
fn hooks_at_the_end_know_how_the_tasks_ended_also_after_a_failure() {
    let hooks = "on_run_start: [\"{% do log('it begins', info=true) %}\"]\non_run_end:\n  - >-\n    \
        {% for result in results %}{% do log(result.node.name ~ ' ' ~ result.node.resource_type ~ ' ' ~ result.status, info=true) %}{% endfor %}\n  \
        - \"{% do log('schemas ' ~ schemas | join(',') ~ ' ' ~ results | length, info=true) %}\"\n";
    let (folder, ade) = project("{{ config(materialized='table') }}\nselect 1 as n", hooks);
    folder.write("models/orders.yml", "models:\n  - name: orders\n    columns: [{name: n, data_tests: [not_null]}]\n");
    let told = ade.run(&["build"]).succeeds().complaints();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines,
        ["! it begins", "! orders model success", "! not_null_orders_n test pass", "! schemas main 2"],
        "{told}"
    );
    folder.write("models/behind.sql", "select n from {{ ref('orders') }}");
    folder.replace("models/orders.sql", "1 as n", "1 / 0 as n");
    let told = ade.run(&["build"]).exits(1).complaints();
    for line in ["! orders model error", "! behind model skipped", "! schemas  2"] {
        assert!(told.contains(line), "{line}: {told}");
    }
}
