//! Incremental models: columns that change, partitions that are replaced, intervals that are missing.
use ade_testing::{Folder, Program};
use chrono::{TimeDelta, Utc};
use serde_json::Value;

use crate::program::program;

fn project(files: &[(&str, &str)]) -> (Folder, Program) {
    let folder = Folder::with(&[(
        "ade.yml",
        "name: shop\nenvironments:\n  dev: {lake: lake, schema: main, custom_schema: replace}\n",
    )]);
    for (path, text) in files {
        folder.write(path, text);
    }
    let ade = program(&folder);
    ade.run(&["init", "."]).succeeds();
    (folder, ade)
}

fn rows(ade: &Program) -> Vec<String> {
    let text = ade.run(&["query", "--format", "csv", "select * from main.m order by id"]).succeeds().text();
    text.lines().map(str::to_owned).collect()
}

/// A model whose second day has another column, lacks one, and has a third with another type.
fn changing(on_schema_change: &str, strategy: &str) -> (Folder, Program) {
    let model = format!(
        "{{{{ config(materialized='incremental', {strategy}, on_schema_change='{on_schema_change}') }}}}\n\
         select 1 as id, 'old' as gone, cast(1 as integer) as amount"
    );
    let (folder, ade) = project(&[("models/m.sql", &model)]);
    ade.run(&["build"]).succeeds();
    (folder, ade)
}

const STRATEGIES: [&str; 3] = [
    "incremental_strategy='append'",
    "unique_key='id'",
    "incremental_strategy='insert_overwrite', partition_by=['id']",
];

#[test]
fn sync_all_columns_makes_the_columns_those_of_the_model() {
    for strategy in STRATEGIES {
        let (folder, ade) = changing("sync_all_columns", strategy);
        folder.replace(
            "models/m.sql",
            "select 1 as id, 'old' as gone, cast(1",
            "select 2 as id, 'new' as fresh, cast(2",
        );
        ade.run(&["build"]).succeeds();
        assert_eq!(rows(&ade), ["id,amount,fresh", "1,1,", "2,2,new"], "{strategy}");
        // Types follow, too; and values of a column that was gone do not come back with it.
        folder.replace(
            "models/m.sql",
            "select 2 as id, 'new' as fresh, cast(2 as integer)",
            "select 3 as id, 'back' as gone, cast('x' as varchar)",
        );
        ade.run(&["build"]).succeeds();
        assert_eq!(rows(&ade), ["id,amount,gone", "1,1,", "2,2,", "3,x,back"], "{strategy}");
    }
}

#[test]
fn append_new_columns_adds_and_keeps() {
    for strategy in STRATEGIES {
        let (folder, ade) = changing("append_new_columns", strategy);
        folder.replace("models/m.sql", "select 1 as id, 'old' as gone", "select 2 as id, 'new' as fresh");
        ade.run(&["build"]).succeeds();
        assert_eq!(rows(&ade), ["id,gone,amount,fresh", "1,old,1,", "2,,1,new"], "{strategy}");
    }
}

#[test]
fn ignore_leaves_new_columns_out_and_cannot_do_without_old_ones() {
    for strategy in STRATEGIES {
        let (folder, ade) = changing("ignore", strategy);
        folder.replace("models/m.sql", "select 1 as id,", "select 2 as id, 'new' as fresh,");
        ade.run(&["build"]).succeeds();
        assert_eq!(rows(&ade), ["id,gone,amount", "1,old,1", "2,old,1"], "{strategy}");
        folder.replace("models/m.sql", "'old' as gone, ", "");
        let all = ade.run(&["build"]).exits(1).all();
        assert!(
            all.contains("its table has `gone` and its query has not") && all.contains("sync_all_columns"),
            "{all}"
        );
        assert_eq!(rows(&ade).len(), 3, "{strategy}");
    }
}

#[test]
fn fail_stops_at_every_difference() {
    for (from, to, told) in [
        ("select 1 as id,", "select 2 as id, 'new' as fresh,", "new: `fresh`"),
        ("'old' as gone, ", "", "gone: `gone`"),
        ("cast(1 as integer)", "cast(1 as bigint)", "of another type: `amount` (integer before, now bigint)"),
    ] {
        let (folder, ade) = changing("fail", STRATEGIES[0]);
        folder.replace("models/m.sql", from, to);
        let all = ade.run(&["build"]).exits(1).all();
        for told in [told, "`on_schema_change` is `fail`", "--full-refresh"] {
            assert!(all.contains(told), "{told}: {all}");
        }
        assert_eq!(rows(&ade), ["id,gone,amount", "1,old,1"]);
        ade.run(&["build", "--full-refresh"]).succeeds();
    }
}

/// The query is run once: it gives other partitions each time, and those that it gives are those that are replaced.
#[test]
fn insert_overwrite_asks_its_query_once() {
    let model = "{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partition_by=['p', 'q']) }}\n\
                 select cast(random() * 1000000000 as bigint) as p, 'x' as q, 1 as n from generate_series(1, 20)";
    let (_folder, ade) = project(&[("models/m.sql", model)]);
    for build in 1..=3 {
        ade.run(&["build"]).succeeds();
        assert_eq!(ade.rows("select count(*) from main.m"), [(build * 20).to_string()]);
    }
}

#[test]
fn insert_overwrite_replaces_the_partitions_of_all_its_columns() {
    let model = "{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partition_by=['day', 'store']) }}\n\
                 select day, store, n from {{ ref('s') }}";
    let (folder, ade) = project(&[
        ("models/m.sql", model),
        ("seeds/s.csv", "day,store,n\n2024-01-01,A,1\n2024-01-01,B,2\n2024-01-02,A,3\n"),
    ]);
    ade.run(&["build"]).succeeds();
    folder.write("seeds/s.csv", "day,store,n\n2024-01-01,B,20\n2024-01-01,B,21\n2024-01-03,C,4\n");
    ade.run(&["build"]).succeeds();
    let rows = ade.rows("select day, store, n from main.m order by 1, 2, 3");
    assert_eq!(rows, ["2024-01-01,A,1", "2024-01-01,B,20", "2024-01-01,B,21", "2024-01-02,A,3", "2024-01-03,C,4"]);
}

/// A day, some days from today. A test that runs over midnight sees one day more, so it asserts nothing about today.
#[expect(clippy::disallowed_methods, reason = "intervals end today")]
pub(crate) fn day(from_today: i64) -> String {
    (Utc::now().date_naive() + TimeDelta::days(from_today)).to_string()
}

/// A model by days over a seed with a row for each of the last nine, built today.
fn by_days(lookback: u32) -> (Folder, Program) {
    let (folder, ade) = to_build_by_days(lookback);
    ade.run(&["build"]).succeeds();
    (folder, ade)
}

/// The same before it is built.
pub(crate) fn to_build_by_days(lookback: u32) -> (Folder, Program) {
    let model = format!(
        "{{{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='day', begin='{}', lookback={lookback}) }}}}\n\
         select cast(at as timestamp) as at, n, 100 / n as share from {{{{ ref('s') }}}}",
        day(-9)
    );
    let tests =
        "models:\n  - name: m\n    columns: [{name: n, data_tests: [{dbt_utils.accepted_range: {max_value: 99}}]}]\n";
    project(&[("models/m.sql", &model), ("models/m.yml", tests), ("seeds/s.csv", &seed(&[1; 9]))])
}

/// A row for each of the nine days before today.
pub(crate) fn seed(values: &[i64; 9]) -> String {
    let lines = (-9..0).zip(values).map(|(from_today, n)| format!("{} 12:00:00,{n}\n", day(from_today)));
    "at,n\n".to_owned() + &lines.collect::<String>()
}

/// Sets the table back to a day on which it was built last: the interval of that day is its last one.
fn last_built(folder: &Folder, from_today: i64) {
    let log = folder.at("lake/main/m/_delta_log");
    let mut entries: Vec<_> = std::fs::read_dir(&log).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.retain(|path| path.extension().is_some_and(|end| end == "json"));
    entries.sort();
    let last = entries.last().unwrap();
    let text = std::fs::read_to_string(last).unwrap();
    let place = text.find("\"until\":\"").unwrap() + "\"until\":\"".len();
    let end = place + text[place..].find('"').unwrap();
    let text = format!("{}{}T00:00:00+00:00{}", &text[..place], day(from_today + 1), &text[end..]);
    std::fs::write(last, text).unwrap();
}

pub(crate) fn n_by_day(ade: &Program) -> Vec<String> {
    ade.rows("select n from main.m order by at")
}

pub(crate) fn model_task(ade: &Program, code: i32) -> Value {
    let events = ade.run(&["build", "--output", "json"]).exits(code).json_lines();
    events.into_iter().find(|event| event["event"] == "task_finished" && event["name"] == "m").unwrap()
}

#[test]
fn one_run_makes_every_interval_that_is_missing() {
    let (folder, ade) = by_days(0);
    last_built(&folder, -5);
    folder.write("seeds/s.csv", seed(&[2; 9]));
    let task = model_task(&ade, 0);
    assert!(task["rows"] == 5, "{task}");
    assert_eq!(n_by_day(&ade), ["1", "1", "1", "1", "2", "2", "2", "2", "2"]);
    // With a lookback, those before it again; and nothing before the beginning.
    let (folder, ade) = by_days(2);
    last_built(&folder, -5);
    folder.write("seeds/s.csv", seed(&[2; 9]));
    model_task(&ade, 0);
    assert_eq!(n_by_day(&ade), ["1", "1", "2", "2", "2", "2", "2", "2", "2"]);
}

#[test]
fn intervals_before_the_one_that_fails_are_committed_and_the_next_run_begins_with_it() {
    // A check stops the day of the 100; the query cannot make that of the 0.
    for (bad, told) in [(100, "accepted_range"), (0, "division by zero")] {
        let (folder, ade) = by_days(0);
        last_built(&folder, -6);
        folder.write("seeds/s.csv", seed(&[2, 2, 2, 2, 2, bad, 2, 2, 2]));
        let failed = model_task(&ade, 1);
        assert_eq!(failed["status"], "failed", "{failed}");
        assert!(failed.to_string().contains(told), "{failed}");
        let message = failed["message"].as_str().unwrap();
        let interval = format!("{} 00:00 to {} 00:00 failed", day(-4), day(-3));
        assert!(message.contains(&interval) && message.contains("2 of 7 intervals are committed"), "{message}");
        assert_eq!(n_by_day(&ade), ["1", "1", "1", "2", "2", "1", "1", "1", "1"], "no interval is mixed");
        // It is tried again although nothing has changed.
        let failed = model_task(&ade, 1);
        assert_eq!(failed["status"], "failed", "{failed}");
        folder.write("seeds/s.csv", seed(&[3; 9]));
        model_task(&ade, 0);
        assert_eq!(n_by_day(&ade), ["1", "1", "1", "2", "3", "3", "3", "3", "3"]);
        assert_eq!(model_task(&ade, 0)["status"], "unchanged");
    }
}

#[test]
fn many_missing_intervals_are_one_commit() {
    let (folder, ade) = by_days(0);
    last_built(&folder, -8);
    folder.write("seeds/s.csv", seed(&[2; 9]));
    let task = model_task(&ade, 0);
    assert_eq!(task["batches"].as_array().unwrap().len(), 1, "{task}");
    assert_eq!(n_by_day(&ade).join(""), "122222222");
}

#[test]
fn a_full_refresh_goes_through_all_models() {
    let files = [
        ("seeds/s.csv", "id,n\n1,1\n2,2\n"),
        ("models/stg.sql", "{{ config(materialized='view') }}\nselect id, n, n * 10 as tens from {{ ref('s') }}"),
        (
            "models/added.sql",
            "{{ config(materialized='incremental', incremental_strategy='append') }}\nselect * from {{ ref('stg') }}\n\
             {% if is_incremental() %}where id > (select max(id) from {{ this }}){% endif %}",
        ),
        (
            "models/kept.sql",
            "{{ config(materialized='incremental', unique_key='id', full_refresh=false) }}\nselect id, n from {{ ref('stg') }}",
        ),
        (
            "models/m.sql",
            "{{ config(materialized='incremental', unique_key='id') }}\n\
             select a.id, a.tens, k.n from {{ ref('added') }} as a join {{ ref('kept') }} as k using (id)",
        ),
        (
            "models/total.sql",
            "{{ config(materialized='table') }}\nselect sum(tens) as tens, sum(n) as n from {{ ref('m') }}",
        ),
    ];
    let (folder, ade) = project(&files);
    let tables = || {
        let tables = ["added order by id", "kept order by id", "m order by id", "total"];
        tables.map(|table| ade.rows(&format!("select * from main.{table}")))
    };
    ade.run(&["build"]).succeeds();
    // A row is corrected, one is gone, one is new: what was added before does not follow.
    folder.write("seeds/s.csv", "id,n\n1,7\n3,3\n");
    ade.run(&["build"]).succeeds();
    assert_eq!(
        tables(),
        [
            vec!["1,1,10", "2,2,20", "3,3,30"],
            vec!["1,7", "2,2", "3,3"],
            vec!["1,10,7", "2,20,2", "3,30,3"],
            vec!["60,12"]
        ]
    );
    let events = ade.run(&["build", "--full-refresh", "--output", "json"]).succeeds().json_lines();
    let ended = events.iter().filter(|event| event["event"] == "task_finished");
    let wrong: Vec<_> = ended.filter(|event| event["status"] != "success").collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    // `full_refresh=false` keeps its table, as in dbt.
    assert_eq!(
        tables(),
        [vec!["1,7,70", "3,3,30"], vec!["1,7", "2,2", "3,3"], vec!["1,70,7", "3,30,3"], vec!["100,10"]]
    );
    assert_eq!(model_task(&ade, 0)["status"], "unchanged");
    // With a selection, that alone.
    ade.run(&["build", "--full-refresh", "--select", "m"]).succeeds();
    assert_eq!(tables()[3], ["100,10"]);
}

#[test]
fn a_column_that_is_left_out_and_a_table_that_becomes_empty_are_told() {
    let (folder, ade) = changing("ignore", "unique_key='id'");
    folder.replace("models/m.sql", "select 1 as id", "select 2 as id, true as is_new");
    let told = ade.run(&["build"]).succeeds().text();
    assert!(told.contains("`is_new` is new and left out, as `on_schema_change` is `ignore`"), "{told}");
    folder.write("models/m.sql", "{{ config(materialized='table') }}\nselect 1 as id where false");
    let told = ade.run(&["build"]).succeeds().text();
    assert!(told.contains("the table is empty now; before it had 2 rows"), "{told}");
}

#[test]
fn rows_that_share_a_unique_key_are_told() {
    let model = "{{ config(materialized='incremental', unique_key='id') }}\nselect 1 as id, 'a' as name";
    let (folder, ade) = project(&[("models/m.sql", model)]);
    let built = ade.run(&["build"]).succeeds().text();
    assert!(!built.contains("unique_key"), "{built}");
    folder.replace(
        "models/m.sql",
        "select 1 as id, 'a' as name",
        "select v % 2 as id, 'b' as name from generate_series(1, 5) as t(v)",
    );
    let built = ade.run(&["build"]).succeeds().text();
    assert!(built.contains("3 of 5 rows have a `unique_key` (id) that another row of them has, too"), "{built}");
    assert_eq!(rows(&ade), ["id,name", "0,b", "1,b"]);
    folder.replace("models/m.sql", "'b'", "'c'");
    let events = ade.run(&["build", "--output", "json"]).succeeds().json_lines();
    let told = events.iter().any(|event| event["message"].as_str().is_some_and(|text| text.contains("3 of 5 rows")));
    assert!(told, "{events:?}");
}

#[test]
fn a_changed_text_leaves_the_rows_that_are_there_and_says_so() {
    let words =
        "its text changed: rows that are not made again stay as they were; `ade build --full-refresh --select m`";
    let model = "{{ config(materialized='incremental', incremental_strategy='append') }}\n\
                 select id, {{ price() }} as price from {{ ref('s') }}\n\
                 {% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}";
    let (folder, ade) = project(&[
        ("models/m.sql", model),
        ("macros/price.sql", "{% macro price() %} id * 2 {% endmacro %}"),
        ("seeds/s.csv", "id\n1\n"),
    ]);
    let build = |args: &[&str]| ade.run(&[&["build"], args].concat()).succeeds().text();
    assert!(!build(&[]).contains(words), "nothing was there");
    folder.write("seeds/s.csv", "id\n1\n2\n");
    assert!(!build(&[]).contains(words), "other rows, the same text");
    for (path, from, to) in [("models/m.sql", " as price", " + 0 as price"), ("macros/price.sql", "id * 2", "id * 3")] {
        folder.replace(path, from, to);
        let planned = ade.run(&["plan"]).succeeds();
        assert!(planned.complaints().contains(&format!("! m: {words}")), "{}", planned.all());
        let told = build(&[]);
        assert!(told.contains(words), "{told}");
        assert!(!build(&["--force"]).contains(words), "it was said");
    }
    folder.replace("macros/price.sql", "id * 3", "id * 4");
    assert!(!build(&["--full-refresh"]).contains(words), "all of it is new");
    assert_eq!(rows(&ade), ["id,price", "1,4", "2,8"]);
    folder.write("models/m.yml", "models: [{name: m, config: {tags: [x]}}]\n");
    assert!(!build(&[]).contains(words), "settings are no text");
}
