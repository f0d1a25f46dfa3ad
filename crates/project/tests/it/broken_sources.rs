//! Sources, seeds and exposures with mistakes.

use crate::support::brief;

#[test]
fn ingest_settings_that_contradict_each_other() {
    let text = r"
== ade.yml
name: shop
connections:
  app_db: {type: sqlite, path: x}
== sources/app.yml
sources:
  - name: app
    connection: app_bd
    tables: []
  - name: one
    connection: app_db
    tables:
      - name: a
        ingest: {mode: incremental}
      - name: b
        ingest: {cursor: updated_at}
      - name: c
        ingest: {mode: incremental, cursor: updated, overlap: 1 fortnight, key: [idd]}
        columns: [{name: id, privacy: identifyer}, {name: updated_at}]
      - name: d
        ingest: {mode: incremental, cursor: at, overlap: 10}
      - name: e
        ingest: {mode: incremetal}
  - name: two
    tables:
      - name: a
        ingest: {mode: full}
    loaded_at_query: select 1
";
    insta::assert_snapshot!(brief(text), @r"
    sources/app.yml:3:17 `app_bd` error unknown-connection: there is no connection `app_bd` (did you mean `app_db`?)
    sources/app.yml:9:24 `incremental` error invalid-ingest: `a` is incremental but has no `cursor` (add `cursor: <column>`: a column that grows with every change of a row)
    sources/app.yml:11:26 `updated_at` warning invalid-ingest: the `cursor` of `b` has no effect, because each run reads the whole table (add `mode: incremental`, or remove the cursor)
    sources/app.yml:13:45 `updated` error unknown-column: `c` has no column `updated` (did you mean `updated_at`?)
    sources/app.yml:13:63 `1 fortnight` error invalid-value: `1 fortnight` is not an overlap (write a duration such as `1 hour` or `2 days`, or a number for number cursors)
    sources/app.yml:13:82 `idd` error unknown-column: `c` has no column `idd` (did you mean `id`?)
    sources/app.yml:14:39 `identifyer` error unknown-privacy-class: there is no privacy class `identifyer` (did you mean `identifier`?)
    sources/app.yml:16:45 `at` error invalid-ingest: `d` reads its last rows again and has no `key`, so they would be there twice (add `key: [<columns>]`: the columns that identify a row)
    sources/app.yml:18:24 `incremetal` error unknown-value: `incremetal` is not a value of `mode` (did you mean `incremental`?)
    sources/app.yml:22:18 `mode` error invalid-ingest: `a` has `ingest` but its source has no connection (add `connection: <name>` to the source)
    sources/app.yml:23:22 `select 1` error unsupported: `loaded_at_query` is not supported (use `loaded_at_field`, which may be an SQL expression)
    ");
}

#[test]
fn seeds_and_exposures() {
    let text = r#"
== ade.yml
name: shop
== seeds/bottles.csv
id,label
== seeds/bottles.yml
seeds:
  - name: bottles
    config: {column_types: {lable: varchar}, delimiter: ";;"}
  - name: botles
    data_tests: [a_check]
    columns: [{name: id, tests: [unique, not_null]}]
exposures:
  - {name: weekly, type: dashboard, owner: {name: Ana}, depends_on: [ref('bottle'), orders, "source('x', 'y')"]}
  - {name: weekly, type: dashboard, owner: {name: Ana}}
"#;
    insta::assert_snapshot!(brief(text), @r#"
    seeds/bottles.yml:3:36 `varchar` error invalid-seed: `column_types` names the column `lable`, which `seeds/bottles.csv` does not have (did you mean `label`?)
    seeds/bottles.yml:3:57 `";;"` error invalid-seed: a delimiter is one ASCII character
    seeds/bottles.yml:4:11 `botles` error orphan-properties: there is no seed `botles`, so what is said about it has no effect: its 3 checks do not run (did you mean `bottles`?)
    seeds/bottles.yml:8:70 `ref('bottle')` error unknown-ref: there is no model, seed or snapshot `bottle` (did you mean `bottles`?)
    seeds/bottles.yml:8:85 `orders` error invalid-value: `orders` is not a reference (write `ref('model')` or `source('source', 'table')`)
    seeds/bottles.yml:8:93 `"source('x', 'y')"` error unknown-source: there is no source `x` (declare it in `sources/` or in a `.yml` file beside the models)
    seeds/bottles.yml:9:12 `weekly` error duplicate-resource: the exposure `weekly` is declared twice
    "#);
}

#[test]
fn what_dbt_has_and_ade_has_not_is_said() {
    let text = r"
== dbt_project.yml
name: shop
== packages.yml
packages: [{package: dbt-labs/dbt_utils, version: 1.0.0}]
== models/a.py
def model(dbt, session): pass
== snapshots/s.sql
{% snapshot s %}{% endsnapshot %}
== models/x.yml
unit_tests: [{name: x}]
metrics: []
";
    insta::assert_snapshot!(brief(text), @r"
    models/a.py:1:1 `` error unsupported: `models/a.py` is a Python model, which is not supported (write the model in SQL)
    models/x.yml:1:13 `[{name: x}]` warning unsupported: `unit_tests` has no effect yet (everything else in this file is read)
    models/x.yml:2:10 `[]` warning unsupported: `metrics` has no effect yet (everything else in this file is read)
    packages.yml:1:1 `packages` warning unsupported: packages are not read: `dbt-labs/dbt_utils` (copy the macros that you use into `macros/`)
    snapshots/s.sql:1:1 `` error unsupported: snapshots are not supported yet (use an incremental model with a `unique_key`, or remove the snapshot from this project)
    ");
}
