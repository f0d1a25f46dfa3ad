//! Values without quotes mean what they mean to dbt, whose YAML is 1.1.

use crate::support::{brief, good};
use ade_project::resource::CheckKind;
use serde_json::json;

const PROJECT: &str = r"
== dbt_project.yml
name: shop
vars: {off: no, on: on, eight: 010, thousand: 1_000, exact: 1.10, quoted: 'no', list: [yes, no], day: 2024-01-01}
models:
  +meta: {reviewed: yes}
== ade.yml
name: shop
vars: {ours: off}
== macros/tests.sql
{% test limits(model, strict, than) %}select {{ than }} {{ 'strict' if strict else 'lenient' }}{% endtest %}
== models/a.sql
select {{ 1 if var('off') else 0 }}, {{ var('eight') }}, {{ var('thousand') + 1 }}, {{ var('exact') }}, {{ var('quoted') }},
{{ var('list') }}, {{ var('ours') }}, {{ var('on') }}, {{ var('day') }}
== models/a.yml
models:
  - name: a
    meta: {public: no, code: 0x1F}
    config: {enabled: yes}
    data_tests:
      - limits: {strict: no, than: 010}
    columns:
      - name: kind
        data_tests:
          - accepted_values: {values: [010, 1_000], quote: no}
          - dbt_utils.accepted_range: {min_value: 010, max_value: 1_000}
          - dbt_utils.accepted_range: {min_value: 0.10, max_value: 1e3}
";

#[test]
fn of_variables_meta_and_arguments() {
    let project = good(PROJECT);
    let a = &project.models["model.shop.a"];
    let compiled = project.compile(&a.id, &project).expect("compiles");
    assert_eq!(compiled.text.trim_end(), "select 0, 8, 1001, 1.1, no,\n[True, False], False, True, 2024-01-01");
    assert_eq!(json!(a.meta), json!({"reviewed": true, "public": false, "code": 31}));
    let limits = project.checks.values().find(|check| check.name.starts_with("limits")).expect("there");
    assert_eq!(limits.name, "limits_a_False__8");
    assert_eq!(project.compile(&limits.id, &project).expect("compiles").text, "select 8 lenient");
    let kinds: Vec<&CheckKind> = project.checks.values().map(|check| &check.kind).collect();
    let values = kinds.iter().find_map(|kind| match kind {
        CheckKind::AcceptedValues { values, quote, .. } => Some((json!(values), *quote)),
        _ => None,
    });
    assert_eq!(values, Some((json!([8, 1000]), false)));
    let ranges: Vec<_> = kinds
        .iter()
        .filter_map(|kind| match kind {
            CheckKind::AcceptedRange { min, max, .. } => Some((min.as_deref(), max.as_deref())),
            _ => None,
        })
        .collect();
    assert_eq!(ranges, [(Some("8"), Some("1000")), (Some("0.10"), Some("1e3"))]);
}

#[test]
fn a_truth_value_among_texts_is_doubted() {
    let text = r"
== ade.yml
name: shop
== models/a.sql
select 1
== models/a.yml
models:
  - name: a
    columns:
      - {name: x, data_tests: [{accepted_values: {values: [NO, SE, DK]}}]}
      - {name: y, data_tests: [{accepted_values: {values: [yes, no]}}]}
      - {name: z, data_tests: [{accepted_values: {values: ['NO', SE]}}]}
";
    insta::assert_snapshot!(brief(text), @"models/a.yml:4:60 `NO` warning invalid-check: `NO` is a truth value in YAML, and the other values are none (quote it if it is text: `'NO'`)");
}
