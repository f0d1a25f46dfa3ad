//! Files that are not what their kind says: everything is reported at once.

use crate::support::{brief, problems};

#[test]
fn unknown_keys_wrong_types_missing_keys_and_bad_values_all_at_once() {
    let text = r"
== dbt_project.yml
name: shop
model-path: [models]
profil: x
version: [1]
vars: 3
== models/a.sql
select 1
== models/a.yml
version: 2
modles:
  - name: a
models:
  - name: a
    descripton: x
    columns:
      - naem: id
      - name: id
        data_tests: {unique: 1}
        nullable: maybe
    config: {materialized: vew, tags: 3}
  - description: nameless
exposures:
  - name: e
    type: dashbord
    owner: Ana
sources: nothing
";
    insta::assert_snapshot!(brief(text), @r"
    dbt_project.yml:2:1 `model-path` error unknown-key: unknown key `model-path` in `dbt_project.yml` (did you mean `model-paths`?)
    dbt_project.yml:3:1 `profil` error unknown-key: unknown key `profil` in `dbt_project.yml` (did you mean `profile`?)
    dbt_project.yml:4:1 `version` error wrong-type: `version` must be text, not a list
    dbt_project.yml:5:7 `3` error wrong-type: `vars` must be a mapping, not a number
    models/a.yml:2:1 `modles` error unknown-key: unknown key `modles` in a properties file (did you mean `models`?)
    models/a.yml:6:5 `descripton` error unknown-key: unknown key `descripton` in a model (did you mean `description`?)
    models/a.yml:8:9 `naem` error unknown-key: unknown key `naem` in a column (did you mean `name`?)
    models/a.yml:10:30 `1` error invalid-check: the arguments of `unique` must be a mapping, not a number (write `unique: {arguments: {…}}`)
    models/a.yml:11:19 `maybe` error wrong-type: `nullable` must be `true` or `false`, not text
    models/a.yml:12:28 `vew` error unknown-value: `vew` is not a value of `materialized` (did you mean `view`?)
    models/a.yml:13:5 `description: nameless` error missing-key: the key `name` is missing in a model
    models/a.yml:16:11 `dashbord` error unknown-value: `dashbord` is not a value of `type` (did you mean `dashboard`?)
    models/a.yml:17:12 `Ana` error wrong-type: `owner` must be a mapping, not text
    models/a.yml:18:10 `nothing` error wrong-type: `sources` must be a list, not text
    ");
}

#[test]
fn a_terminal_shows_the_line_with_a_caret() {
    let text = "== ade.yml\nname: shop\n== models/größe.yml\nmodels:\n  - name: größe_und_menge\n    colums: []\n";
    insta::assert_snapshot!(problems(text), @r"
    warning[orphan-properties]: there is no model `größe_und_menge`, so what is said about it has no effect
     --> models/größe.yml:2:11
      |
    1 | models:
    2 |   - name: größe_und_menge
      |           ^^^^^^^^^^^^^^^
    3 |     colums: []
      |

    error[unknown-key]: unknown key `colums` in a model
     --> models/größe.yml:3:5
      |
    2 |   - name: größe_und_menge
    3 |     colums: []
      |     ^^^^^^
      |
      = help: did you mean `columns`?
    ");
}

#[test]
fn numbers_may_be_names_and_versions_and_nothing_is_nothing() {
    let text = r"
== dbt_project.yml
name: shop
version: 1.0
models:
== models/a.sql
select 1
== models/a.yml
version: 2
models:
  - name: a
    description:
    columns:
    config:
      alias: 2024
      enabled: yes
";
    assert_eq!(crate::support::good(text).models["model.shop.a"].relation.table, "2024");
}

#[test]
fn files_that_cannot_be_read_are_named() {
    use ade_project::{LoadOptions, Project};
    let tree = crate::support::tree("== ade.yml\nname: shop\n").with("models/a.sql", b"select '\xff'");
    let loaded = Project::load(&tree, &LoadOptions::default());
    let problem = &loaded.diagnostics[0];
    assert_eq!(
        (problem.id(), problem.location.as_ref().map(ToString::to_string).as_deref()),
        ("unreadable-file", Some("models/a.sql:1:9"))
    );
}

#[test]
fn what_is_no_yaml_is_all_that_is_said() {
    let root = r"
== ade.yml
name: shop
connections:
  a: {type: sqlite, path: ${env:DB}}
== sources/a.yml
sources:
  - name: a
    connection: a
    tables: [{name: t}]
== models/m.sql
select * from {{ source('a', 't') }}
";
    let said = brief(root);
    assert!(said.lines().count() == 1 && said.contains("yaml-syntax") && said.contains("\"${env:DB}\""), "{said}");
    let below = r"
== ade.yml
name: shop
== sources/a.yml
sources:
  - name: a
    tables: [{name: t]
== models/m.sql
select * from {{ source('a', 't') }}
== models/n.sql
select * from {{ ref('o') }}
== models/n.yml
models:
  - name: n
    columns:
      - name: id
        data_tests:
          - relationships: {to: source('a','t'), field: id}
";
    let said = brief(below);
    assert!(said.matches("yaml-syntax").count() == 2 && !said.contains("unknown-source"), "{said}");
    assert!(said.contains("quote what has commas: \"source('a','t')\""), "{said}");
    assert!(said.contains("unknown-ref"), "what is told is not that alone: {said}");
}

#[test]
fn slips_in_ingest_are_ours_before_they_are_the_connectors() {
    let text = r"
== ade.yml
name: shop
connections:
  a: {type: sqlite, path: a.db}
== sources/a.yml
sources:
  - name: a
    connection: a
    tables:
      - name: t
        ingest: {mod: incremental, curser: at, batch_rows: 3}
";
    let said = brief(text);
    assert!(said.contains("unknown key `mod`") && said.contains("(did you mean `mode`?)"), "{said}");
    assert!(said.contains("unknown key `curser`") && !said.contains("batch_rows"), "{said}");
}

#[test]
fn a_type_that_a_comma_cuts_in_two_is_told_whole() {
    let text = r"
== ade.yml
name: shop
connections:
  a: {type: sqlite, path: a.db}
== sources/a.yml
sources:
  - name: a
    connection: a
    tables:
      - name: t
        columns:
          - {name: amount, data_type: decimal(18, 2), privacy: public}
";
    let said = brief(text);
    assert!(
        said.contains("within { } a comma ends a value: write `data_type: \"decimal(18, 2)\"`, in quotes"),
        "{said}"
    );
}
