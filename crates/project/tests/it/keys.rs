//! Every key of configuration that is accepted does something, or says that it does not.

use crate::support::{brief, load};
use ade_project::Loaded;
use ade_project::file::ADAPTER_CONFIG_KEYS;
use serde_json::Value;

/// What a project is but for its `config`, which holds every key whether anybody looks at it or not.
fn says(loaded: &Loaded) -> String {
    let problems: Vec<String> = loaded.diagnostics.iter().map(|problem| problem.message.clone()).collect();
    let Some(project) = &loaded.project else { return problems.join("\n") };
    let mut project = project.clone();
    project.models.values_mut().for_each(|model| model.config.clear());
    project.seeds.values_mut().for_each(|seed| seed.config.clear());
    project.sources.values_mut().for_each(|source| source.config.clear());
    project.checks.values_mut().for_each(|check| check.config.clear());
    let resources = (&project.models, &project.seeds, &project.sources, &project.checks);
    format!("{resources:?}\n{}", problems.join("\n"))
}

/// Keys of a kind of configuration with their descriptions, out of its schema.
fn keys(title: &str) -> Vec<(String, String)> {
    fn find<'v>(value: &'v Value, title: &str) -> Option<&'v Value> {
        match value {
            Value::Object(entries) if entries.get("title").and_then(Value::as_str) == Some(title) => Some(value),
            Value::Object(entries) => entries.values().find_map(|value| find(value, title)),
            Value::Array(items) => items.iter().find_map(|value| find(value, title)),
            _ => None,
        }
    }
    let schemas = ade_project::file::schemas();
    let found = schemas.iter().find_map(|(_, schema)| find(schema, title)).expect(title);
    let properties = found["properties"].as_object().expect("properties");
    let said = |value: &Value| value["description"].as_str().unwrap_or_default().to_owned();
    properties.iter().map(|(key, value)| (key.clone(), said(value))).collect()
}

/// `known` is a value for each key that does something; `project` puts `key: value` where it belongs.
fn each_has_a_reader(title: &str, known: &[(&str, &str)], project: impl Fn(&str) -> String) {
    let without = says(&load(&project("")));
    for (key, description) in keys(title) {
        if ADAPTER_CONFIG_KEYS.contains(&key.as_str()) {
            continue;
        }
        match known.iter().find(|(known, _)| *known == key) {
            Some((_, value)) => {
                let with = says(&load(&project(&format!("{key}: {value}"))));
                assert_ne!(with, without, "{title}: nothing reads `{key}: {value}`");
            }
            None => assert!(description.contains("no effect"), "{title}: does `{key}` have an effect? {description}"),
        }
    }
}

#[test]
fn every_key_of_a_model_has_a_reader() {
    let known = [
        ("enabled", "false"),
        ("materialized", "table"),
        ("alias", "other"),
        ("schema", "other"),
        ("tags", "t"),
        ("meta", "{a: 1}"),
        ("incremental_strategy", "delete+insert"),
        ("unique_key", "[id, other]"),
        ("partition_by", "day"),
        ("on_schema_change", "fail"),
        ("incremental_predicates", "[x > 1]"),
        ("predicates", "[x > 1]"),
        ("merge_update_columns", "[x]"),
        ("merge_exclude_columns", "[x]"),
        ("full_refresh", "true"),
        ("event_time", "at, incremental_strategy: microbatch, begin: 2024-01-01, batch_size: day"),
        ("batch_size", "day, incremental_strategy: microbatch, begin: 2024-01-01, event_time: at"),
        ("lookback", "3, incremental_strategy: microbatch, begin: 2024-01-01, event_time: at, batch_size: day"),
        ("begin", "2024-01-01, incremental_strategy: microbatch, event_time: at, batch_size: day"),
        ("contract", "{enforced: true}"),
        ("pre_hook", "select 1"),
        ("pre-hook", "select 1"),
        ("post_hook", "select 1"),
        ("post-hook", "select 1"),
        ("group", "finance"),
        ("access", "private"),
        ("owner", "{name: Ana, email: a@example.org}"),
        ("maturity", "production"),
        ("sql_header", "set x = 1"),
        ("grants", "{select: [ana]}"),
    ];
    each_has_a_reader("`config` of a model", &known, |entry| {
        let sets = if entry.starts_with("materialized") || entry.starts_with("unique_key") {
            ""
        } else {
            "materialized: incremental, unique_key: id, "
        };
        format!(
            "== ade.yml\nname: shop\n== models/a.sql\nselect 1 as id\n== models/a.yml\ngroups: [{{name: finance, owner: {{name: Fin}}}}]\nmodels:\n  - name: a\n    config: {{{sets}{entry}}}\n    columns: [{{name: id, data_type: bigint}}]\n"
        )
    });
}

#[test]
fn every_key_of_a_seed_has_a_reader() {
    let known = [
        ("enabled", "false"),
        ("alias", "other"),
        ("schema", "other"),
        ("column_types", "{a: varchar}"),
        ("delimiter", "';'"),
        ("quote_columns", "true"),
        ("tags", "t"),
        ("meta", "{a: 1}"),
        ("contract", "{enforced: true}"),
        ("pre_hook", "select 1"),
        ("pre-hook", "select 1"),
        ("post_hook", "select 1"),
        ("post-hook", "select 1"),
        ("owner", "{name: Ana}"),
        ("group", "finance"),
        ("grants", "{select: [ana]}"),
    ];
    each_has_a_reader("`config` of a seed", &known, |entry| {
        format!(
            "== ade.yml\nname: shop\n== seeds/a.csv\na\n1\n== seeds/a.yml\ngroups: [{{name: finance, owner: {{name: Fin}}}}]\nseeds:\n  - name: a\n    config: {{{entry}}}\n"
        )
    });
}

#[test]
fn every_key_of_a_source_has_a_reader() {
    let known = [
        ("enabled", "false"),
        ("tags", "t"),
        ("meta", "{a: 1}"),
        ("freshness", "{warn_after: {count: 1, period: day}}"),
        ("loaded_at_field", "at, freshness: {warn_after: {count: 1, period: day}}"),
        ("loaded_at_query", "select 1"),
        ("schema", "other"),
    ];
    each_has_a_reader("`config` of a source", &known, |entry| {
        format!(
            "== ade.yml\nname: shop\n== sources/a.yml\nsources:\n  - name: a\n    config: {{{entry}}}\n    tables: [{{name: t}}]\n"
        )
    });
}

#[test]
fn every_key_of_a_check_has_a_reader() {
    let known = [
        ("enabled", "false"),
        ("severity", "warn"),
        ("warn_if", "'> 3'"),
        ("error_if", "'> 3'"),
        ("fail_calc", "sum(x)"),
        ("where", "x > 1"),
        ("limit", "7"),
        ("store_failures", "true"),
        ("store_failures_as", "table"),
        ("schema", "other"),
        ("alias", "other"),
        ("tags", "t"),
        ("meta", "{a: 1}"),
        ("sql_header", "set x = 1"),
    ];
    each_has_a_reader("`config` of a data test", &known, |entry| {
        format!(
            "== ade.yml\nname: shop\n== models/a.sql\nselect 1 as id\n== models/a.yml\nmodels:\n  - name: a\n    columns: [{{name: id, data_tests: [{{unique: {{config: {{{entry}}}}}}}]}}]\n"
        )
    });
}

#[test]
fn what_nothing_carries_out_is_said_once_for_each_place() {
    let text = r"
== dbt_project.yml
name: shop
models:
  +grants: {select: [ana]}
  +sql_header: ''
== models/a.sql
{{ config(materialized='incremental', unique_key='id', incremental_predicates=['x > 1']) }} select 1 as id
== models/b.sql
{{ config(sql_header='set x = 1', hours_to_expiration=24) }} select 1 as id, 2 as other, 3 as up
== models/b.yml
models:
  - name: a
    columns:
      - {name: id, nullable: false}
      - {name: other, nullable: false, data_tests: [not_null]}
  - name: b
    config: {contract: {enforced: true}}
    constraints: [{type: primary_key, columns: [id, other]}]
    columns:
      - {name: id, data_type: bigint, nullable: false, constraints: [{type: unique}]}
      - {name: other, data_type: bigint, constraints: [{type: not_null}, {type: unique}], data_tests: [unique]}
      - {name: up, data_type: bigint, constraints: [{type: foreign_key, to: ref('a'), to_columns: [id]}, {type: check, expression: up > 1}]}
";
    insta::assert_snapshot!(brief(text), @r"
    dbt_project.yml:3:3 `+grants` warning unsupported: `grants` protects nothing here (who may read the lake is decided where its files are)
    models/a.sql:1:56 `incremental_predicates` warning unsupported: `incremental_predicates` has no effect: a row replaces the one with the same key wherever that is (remove it: only files that hold such keys are read and written again)
    models/b.sql:1:11 `sql_header` error unsupported: `sql_header` is not carried out: models and checks are queries alone (put what it says into the query, or into a macro that the query calls)
    models/b.sql:1:35 `hours_to_expiration` warning unsupported: `hours_to_expiration` removes nothing here (leave old rows out in the query of the model)
    models/b.yml:4:16 `id` warning unsupported: nothing holds `nullable: false` of `id` (add the data test `not_null`, or to a model `contract: {enforced: true}`)
    models/b.yml:8:26 `primary_key` warning unsupported: `primary_key`: nothing holds that keys differ (add the data test `dbt_utils.unique_combination_of_columns`)
    models/b.yml:10:77 `unique` warning unsupported: `unique`: nothing holds this constraint (add the data test `unique`)
    models/b.yml:12:60 `foreign_key` warning unsupported: `foreign_key`: nothing holds this constraint (add the data test `relationships`)
    models/b.yml:12:113 `check` warning unsupported: `check`: nothing holds this constraint (add the data test `dbt_utils.expression_is_true`)
    ");
}
