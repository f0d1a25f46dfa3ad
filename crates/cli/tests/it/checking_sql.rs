//! `ade check` plans every model and check without any data.
use ade_testing::{Folder, Program};

use crate::program::program;

const PROJECT: &str = "name: p\nconnections:\n  a: {type: sqlite, path: data/a.db}\n";
const SOURCES: &str = "sources:
  - name: app
    connection: a
    tables:
      - name: customers
        columns:
          - {name: id, data_type: bigint, privacy: identifier}
          - {name: email, data_type: varchar, privacy: email}
          - {name: token, data_type: varchar, privacy: secret}
      - name: events
        columns:
          - {name: id, privacy: identifier}
";

/// A project in which nothing has been built, and no source is there to be asked.
fn project(files: &[(&str, &str)]) -> (Folder, Program) {
    let folder = Folder::with(&[
        ("ade.yml", PROJECT),
        ("sources/app.yml", SOURCES),
        ("seeds/cities.csv", "city,country\nRiga,LV\n"),
        ("models/stg.sql", "select id, email from {{ source('app', 'customers') }}\n"),
    ]);
    for (path, text) in files {
        folder.write(path, text);
    }
    let ade = program(&folder);
    (folder, ade)
}

/// What it says, as `id place message (hints)`.
fn problems(ade: &Program, code: i32) -> Vec<String> {
    let told = ade.run(&["check", "--output", "json"]).exits(code).json_lines();
    let line = |problem: &serde_json::Value| {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let place = &problem["location"];
        let hints: Vec<String> = problem["hints"].as_array().unwrap().iter().map(text).collect();
        format!(
            "{} {}:{}:{} {} ({})",
            text(&problem["id"]),
            text(&place["file"]),
            place["line"],
            place["column"],
            text(&problem["message"]),
            hints.join("; ")
        )
    };
    told.iter().map(line).collect()
}

#[test]
fn what_is_no_sql_is_told_in_the_template() {
    let (_folder, ade) = project(&[
        ("models/bad.sql", "{{ config(materialized='table') }}\nselect\n  from where\n"),
        ("models/empty.sql", "-- nothing yet\n"),
        ("models/asks_nobody.sql", "select * from {{ source('app', 'events') }} wehre id = 1 = 2 3\n"),
        ("tests/all_good.sql", "select * frm {{ ref('stg') }}\n"),
    ]);
    insta::assert_snapshot!(problems(&ade, 2).join("\n"), @"
    sql-syntax models/asks_nobody.sql:1:51 model `asks_nobody`: unexpected \"id\" ()
    sql-error models/bad.sql:3:8 model `bad`: there is no table or view main.where (the name of a table is missing before `where`)
    sql-syntax models/empty.sql:1:1 model `empty`: there is no SQL here (write a select)
    sql-syntax tests/all_good.sql:1:14 check `all_good`: unexpected \"\"main\"\" ()
    ");
}

#[test]
fn columns_that_are_not_there_are_told_where_they_can_be_known() {
    let (_folder, ade) = project(&[
        ("models/wrong.sql", "select id,\n  emial from {{ ref('stg') }}\n"),
        ("models/dropped.sql", "select token from {{ source('app', 'customers') }}\n"),
        ("models/behind.sql", "select nothing from {{ ref('wrong') }}\n"),
        ("models/seeded.sql", "select contry from {{ ref('cities') }}\n"),
        ("models/twice.sql", "{{ config(materialized='table') }}\nselect id as a, id + 1 as a from {{ ref('stg') }}\n"),
        ("models/unknown.sql", "select anything from {{ source('app', 'events') }}\n"),
        (
            "models/adds.sql",
            "{{ config(materialized='incremental') }}\nselect id from {{ ref('stg') }}\n\
             {% if is_incremental() %}where id > (select max(idd) from {{ this }}){% endif %}\n",
        ),
        (
            "models/schema.yml",
            "models:\n  - name: stg\n    columns:\n      - name: idd\n        data_tests: [unique]\n      - name: id\n        \
             data_tests:\n          - relationships: {to: ref('cities'), field: town}\n  - name: unknown\n    columns:\n      \
             - {name: x, data_tests: [not_null]}\n",
        ),
    ]);
    insta::assert_snapshot!(problems(&ade, 2).join("\n"), @"
    sql-error models/adds.sql:3:49 model `adds`, once its table is there: there is no column idd (did you mean id?)
    sql-error models/dropped.sql:1:8 model `dropped`: there is no column token (columns here: customers.id, customers.email, customers._ade_batch_id, customers._ade_loaded_at)
    unknown-column models/schema.yml:5:22 check `unique_stg_idd`: main.stg has no column `idd`; did you mean `id`? ()
    unknown-column models/schema.yml:8:13 check `relationships_stg_id__town__ref_cities_`: main.cities has no column `town` ()
    sql-error models/seeded.sql:1:8 model `seeded`: there is no column contry (did you mean country?)
    sql-error models/wrong.sql:2:3 model `wrong`: there is no column emial (did you mean email?)
    ");
}

#[test]
fn tables_of_the_project_are_named_with_ref_and_source() {
    let (folder, ade) = project(&[
        ("models/counted.sql", "{{ config(materialized='table') }}\nselect count(*) as n from main.stg, stg as s\n"),
        ("models/direct.sql", "with stg as (select 1 as id) select stg.id from stg join app.customers on true\n"),
        ("models/inner.sql", "{{ config(materialized='ephemeral') }}\nselect * from {{ ref('stg') }}\n"),
        ("models/outer.sql", "select * from {{ ref('inner') }}, {{ ref('stg') }} as s\n"),
    ]);
    insta::assert_snapshot!(problems(&ade, 0).join("\n"), @"
    hard-coded-relation models/counted.sql:2:27 model `counted` names `main.stg` by itself, so it is not built after it (write {{ ref('stg') }})
    hard-coded-relation models/direct.sql:1:58 model `direct` names `app.customers` by itself, so it is not built after it (write {{ source('app', 'customers') }})
    ");
    folder.remove("models/direct.sql");
    folder.write("models/stg.sql", "select 1 as id\n");
    // It may well be tried before what it reads is there: nothing knows better.
    let ended = ade.run(&["run"]).all();
    assert!(ended.contains("! models/counted.sql:2:27: model `counted` names `main.stg` by itself"), "{ended}");
}

#[test]
fn rules_may_classify_columns_that_nobody_has_listed() {
    let rules = "privacy:\n  rules:\n    - {column: '*_at', types: [timestamp], class: public}\n";
    let (folder, ade) = project(&[("models/may_be.sql", "select created_at from {{ source('app', 'customers') }}\n")]);
    assert_eq!(problems(&ade, 2).len(), 1);
    folder.write("ade.yml", format!("{PROJECT}{rules}"));
    assert_eq!(problems(&ade, 0), Vec::<String>::new());
    folder.replace("models/may_be.sql", "created_at", "creator");
    assert_eq!(problems(&ade, 2).len(), 1);
}

#[test]
fn settings_name_columns_of_the_query() {
    let (folder, ade) = project(&[(
        "models/m.sql",
        "{{ config(materialized='incremental', unique_key=['id', 'emial'], merge_exclude_columns=['id']) }}\nselect id, email from {{ ref('stg') }}\n",
    )]);
    assert_eq!(
        problems(&ade, 2),
        [
            "unknown-column models/m.sql:1:58 model `m` has no column `emial`, which its `unique_key` names (did you mean `email`?)"
        ]
    );
    folder.replace("models/m.sql", "emial", "email");
    assert_eq!(problems(&ade, 0), [""; 0]);
}

#[test]
fn sql_is_planned_beside_other_mistakes() {
    let (folder, ade) = project(&[
        ("models/lost.sql", "select id from {{ ref('nobody') }}\n"),
        ("models/after_lost.sql", "select id, anything from {{ ref('lost') }}\n"),
        ("models/torn.sql", "select {{ 1 + }} as id\n"),
        ("models/after_torn.sql", "select whatever from {{ ref('torn') }}\n"),
        ("models/wrong.sql", "select id, emial from {{ ref('stg') }}\n"),
        ("models/models.yml", "models:\n  - name: stg\n    colums: []\n"),
    ]);
    let told = problems(&ade, 2);
    let has = |words: &str| told.iter().filter(|line| line.contains(words)).count();
    let all = told.join("\n");
    assert_eq!(has("models/lost.sql:1:"), 1, "{all}");
    assert_eq!(has("models/torn.sql:1:"), 1, "{all}");
    assert_eq!(has("colums"), 1, "{all}");
    assert_eq!(has("there is no column emial"), 1, "{all}");
    assert_eq!(told.len(), 4, "{all}");

    // What a file with an error says of a source's columns may be other than what is meant.
    folder.write("models/lost.sql", "select 1 as id\n");
    folder.write("models/torn.sql", "select 1 as id\n");
    folder.write("models/models.yml", "models: []\n");
    folder.write("sources/app.yml", SOURCES.replace("name: email, data_type", "nam: email, data_type"));
    let told = problems(&ade, 2);
    assert!(told.iter().all(|line| !line.contains("wrong.sql") && !line.contains("stg.sql")), "{told:#?}");
}
