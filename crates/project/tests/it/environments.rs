//! Environments, connections, privacy and settings with secrets.

use std::collections::BTreeMap;

use crate::support::{brief, good, good_with, tree};
use ade_project::resource::CustomSchema;
use ade_project::{LoadOptions, Project, Relation, Setting, SettingPart};
use serde_json::json;

const PROJECT: &str = r#"
== ade.yml
name: shop
default_environment: prod
environments:
  dev:
    schema_prefix: dev_
  prod:
    lake: "${env:LAKE_URL}"
    schema: marts
    custom_schema: replace
connections:
  app_db:
    type: sqlite
    path: data/app.db
  crm:
    type: postgres
    password: "${env:CRM_PASSWORD}"
    port: 5432
    options: {certificate: "${file:secrets/crm.pem}"}
privacy:
  key: "${env:ADE_KEY}"
  classes:
    email: {treatment: pseudonym, domain: person}
    wine_notes: {treatment: redact}
  rules:
    - {column: "*_at", class: public, types: [timestamp, date]}
    - {column: note, table: "crm.*", class: wine_notes, treatment: drop}
== models/a.sql
{{ config(schema='finance') }} select 1 as x
"#;

#[test]
fn schemas_follow_the_environment() {
    let project = good(PROJECT);
    assert_eq!((project.environment.name.as_str(), project.environment.custom_schema), ("prod", CustomSchema::Replace));
    assert_eq!(project.models["model.shop.a"].relation, Relation::new("finance", "a"));
    let dev = LoadOptions { environment: Some("dev".into()), ..LoadOptions::default() };
    let project = good_with(PROJECT, &dev);
    assert_eq!(project.models["model.shop.a"].relation, Relation::new("dev_main_finance", "a"));
}

#[test]
fn secrets_stay_references_and_never_show() {
    let options = LoadOptions {
        environment_variables: BTreeMap::from([("CRM_PASSWORD".to_owned(), "hunter2".to_owned())]),
        ..LoadOptions::default()
    };
    let project = good_with(PROJECT, &options);
    let crm = &project.connections["crm"];
    assert_eq!(crm.kind, "postgres");
    let password = &crm.settings["password"];
    assert_eq!(password.value, Setting::Text(vec![SettingPart::Environment("CRM_PASSWORD".into())]));
    assert_eq!(password.value_origin.line(), 16);
    assert_eq!(crm.settings["port"].value, Setting::Plain(json!(5432)));
    assert!(crm.settings["options"].value.has_reference());
    assert!(!format!("{:?} {:?}", project.connections, project.environment).contains("hunter2"));
}

#[test]
fn privacy_rules_fit_by_name_table_and_type() {
    let policy = good(PROJECT).privacy;
    assert_eq!(policy.classes["email"].settings["domain"], json!("person"));
    let [times, notes] = policy.rules.as_slice() else { panic!("{:?}", policy.rules) };
    assert!(times.fits("app", "orders", "created_AT", |name| name == "timestamp"));
    assert!(!times.fits("app", "orders", "created_at", |name| name == "varchar"));
    assert!(notes.fits("crm", "calls", "note", |_| false));
    assert!(!notes.fits("app", "calls", "note", |_| false));
    assert_eq!(notes.settings["treatment"], json!("drop"));
}

#[test]
fn mistakes_in_the_root_file_are_shown_in_place() {
    let text = r#"
== ade.yml
name: my-shop
defaultenvironment: dev
default_environment: production
environments:
  dev: {lake: lake}
  prod: {lake: lake, custom_schema: prepend}
  staging: {lake: "${vault:x}", schem: x}
connections:
  app: {path: x}
privacy:
  classes: {email: {treatment: pseudonymise}}
  rules:
    - {column: x, class: emial}
== dbt_project.yml
name: shop
"#;
    insta::assert_snapshot!(brief(text), @r"
    ade.yml:1:7 `my-shop` error invalid-name: `my-shop` cannot be the name of a project (use letters, digits and `_`, and do not begin with a digit)
    ade.yml:1:7 `my-shop` error name-mismatch: the project is called `my-shop` here and `shop` in `dbt_project.yml` (use one name in both files)
    ade.yml:2:1 `defaultenvironment` error unknown-key: unknown key `defaultenvironment` in `ade.yml` (did you mean `default_environment`?)
    ade.yml:3:22 `production` error unknown-environment: there is no environment `production`
    ade.yml:6:3 `prod` error environments-overlap: the environments `dev` and `prod` would write the same tables (give `prod` a `schema_prefix` or a `lake` of its own)
    ade.yml:6:37 `prepend` error unknown-value: `prepend` is not a value of `custom_schema`
    ade.yml:7:20 `${vault:x}` error invalid-secret-reference: `${vault:x}` is not a reference to a secret (write `${env:NAME}`, `${file:path}`, or `$${` for a literal `${`)
    ade.yml:7:33 `schem` error unknown-key: unknown key `schem` in an environment (did you mean `schema`?)
    ade.yml:9:8 `{path: x}` error missing-key: the key `type` is missing in a connection
    ade.yml:11:32 `pseudonymise` error unknown-value: `pseudonymise` is not a value of `treatment` (did you mean `pseudonym`?)
    ade.yml:13:26 `emial` error unknown-privacy-class: there is no privacy class `emial` (did you mean `email`?)
    ");
}

#[test]
fn a_key_that_is_written_out_is_refused() {
    for key in ["0011ff", "a${env:ADE_KEY}", "${env:A}${env:B}", "$${env:A}"] {
        let text = format!("\n== ade.yml\nname: shop\nprivacy:\n  key: \"{key}\"\n");
        let told = brief(&text);
        let expected = "error inline-secret: the environment's key must not be written here (write `key: ${env:NAME}` or `key: ${file:path}`)";
        assert!(told.starts_with("ade.yml:3:8") && told.contains(expected), "{key}: {told}");
    }
    for key in ["${env:ADE_KEY}", "${file:/run/secrets/key}"] {
        good(&format!("\n== ade.yml\nname: shop\nprivacy:\n  key: \"{key}\"\n"));
    }
}

#[test]
fn an_unknown_environment_is_refused_with_a_suggestion() {
    let options = LoadOptions { environment: Some("pord".into()), ..LoadOptions::default() };
    let loaded = Project::load(&tree(PROJECT), &options);
    assert!(loaded.project.is_none());
    let problem = &loaded.diagnostics[0];
    assert_eq!((problem.id(), problem.hints[0].as_str()), ("unknown-environment", "did you mean `prod`?"));
}

#[test]
fn two_environments_may_not_write_the_same_tables() {
    let text = r"
== ade.yml
name: shop
environments:
  dev: {schema: dev}
  prod: {schema: prod}
";
    insta::assert_snapshot!(crate::support::problems(text), @r"
    error[environments-overlap]: the environments `dev` and `prod` would write the same tables
     --> ade.yml:4:3
      |
    3 |   dev: {schema: dev}
    4 |   prod: {schema: prod}
      |   ^^^^
      |
     ::: ade.yml:3:3
      |
    2 | environments:
    3 |   dev: {schema: dev}
      |   --- the other environment
    4 |   prod: {schema: prod}
      |
      = note: both use the lake `lake` and no schema prefix
      = help: give `prod` a `schema_prefix` or a `lake` of its own
    ");
}

#[test]
fn a_macro_of_the_project_makes_schemas() {
    let text = r"
== ade.yml
name: shop
== macros/schema.sql
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ custom_schema_name | default(target.schema, true) | trim }}_{{ node.name }}
{%- endmacro %}
== models/a.sql
{{ config(schema='finance') }} select 1 as x
== models/b.sql
select 1 as x
";
    let project = good(text);
    assert_eq!(project.models["model.shop.a"].relation, Relation::new("finance_a", "a"));
    assert_eq!(project.models["model.shop.b"].relation, Relation::new("main_b", "b"));
}

#[test]
fn variables_of_the_command_line_win() {
    let text = "== dbt_project.yml\nname: shop\nvars: {a: 1, shop: {a: 2, b: 2}}\n== models/x.sql\nselect {{ var('a') }}, {{ var('b') }}\n";
    assert_eq!(json!(good(text).vars), json!({"a": 2, "b": 2}));
    let vars = json!({"b": 3}).as_object().expect("a mapping").clone();
    let project = good_with(text, &LoadOptions { vars, ..LoadOptions::default() });
    assert_eq!(json!(project.vars), json!({"a": 2, "b": 3}));
}

#[test]
fn tables_that_nobody_could_read_are_refused() {
    let text = r"
== ade.yml
name: shop
environments: {dev: {custom_schema: replace}}
connections: {db: {type: sqlite, path: a.db}}
== models/runs.sql
{{ config(schema='ade') }} select 1 as x
== models/out.sql
{{ config(alias='../../x', materialized='table') }} select 1 as x
== models/escaped.sql
{{ config(alias='a%2F..b') }} select 1 as x
== models/_hidden.sql
select 1 as x
== models/_hidden_table.sql
{{ config(materialized='table') }} select 1 as x
== models/_between.sql
{{ config(materialized='ephemeral', alias='../x') }} select 1 as x
== seeds/countries.csv
code
de
== seeds/seeds.yml
seeds: [{name: countries, config: {schema: pg_catalog}}]
== sources/system.yml
sources:
  - {name: ade, tables: [{name: runs}]}
  - {name: landed, connection: db, schema: ade, tables: [{name: runs}]}
";
    insta::assert_snapshot!(crate::support::brief(text), @r"
    models/_hidden_table.sql:1:1 `` error invalid-name: a model cannot be `main._hidden_table`: `_hidden_table` begins with `.` or `_`, which hides it from other engines (give it another `alias`)
    models/escaped.sql:1:17 `'a%2F..b'` error invalid-name: a model cannot be `main.a%2F..b`: `a%2F..b` holds '%', which cannot be part of a folder's name on every store (give it another `alias`)
    models/out.sql:1:17 `'../../x'` error invalid-name: a model cannot be `main.../../x`: `../../x` begins with `.` or `_`, which hides it from other engines (give it another `alias`)
    models/runs.sql:1:1 `` error duplicate-relation: `model.shop.runs` and `source.shop.landed.runs` would both write the table `ade.runs` (give one of them another `alias` or `schema`)
    models/runs.sql:1:18 `'ade'` error invalid-name: a model cannot be `ade.runs`: the schema `ade` is the program's own (give it another `schema`)
    seeds/seeds.yml:1:44 `pg_catalog` error invalid-name: a seed cannot be `pg_catalog.countries`: the schema `pg_catalog` is the program's own (give it another `schema`)
    sources/system.yml:3:65 `runs` error invalid-name: a source table cannot be `ade.runs`: the schema `ade` is the program's own (give it another `schema`)
    ");
}
