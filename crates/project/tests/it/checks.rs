//! Data tests in all their spellings.

use crate::support::good;
use ade_project::resource::{Check, CheckKind, CheckSeverity};
use ade_project::{Project, Relation};
use serde_json::json;

const PROJECT: &str = r#"
== dbt_project.yml
name: shop
tests:
  +severity: warn
  shop:
    marts:
      +store_failures: true
vars: {kinds: [red, white]}
== macros/tests.sql
{% test positive(model, column_name, than=0) %}
select * from {{ model }} where {{ column_name }} <= {{ than }}
{% endtest %}
== tests/generic/same_rows.sql
{% test same_rows(model, other) %}
select 1 where (select count(*) from {{ model }}) <> (select count(*) from {{ other }})
{% endtest %}
== models/wines.sql
select 1 as id
== models/marts/orders.sql
select 1 as id
== models/marts/orders.yml
models:
  - name: orders
    data_tests:
      - dbt_utils.expression_is_true: {expression: "total >= 0"}
      - dbt_utils.unique_combination_of_columns:
          arguments: {combination_of_columns: [id, line]}
      - dbt_utils.recency: {datepart: day, field: ordered_at, interval: 1}
      - row_count: {min: 1}
      - dbt_expectations.expect_table_row_count_to_be_between: {min_value: 1, max_value: 100}
      - same_rows:
          name: as_many_as_wines
          other: ref('wines')
          config: {severity: error, error_if: ">5", warn_if: "!=0", where: "id > 1", limit: 10, tags: nightly, alias: fewer}
    columns:
      - name: kind
        data_tests:
          - accepted_values: {values: "{{ var('kinds') }}", quote: false}
          - test_name: not_null
            name: kind_is_there
            where: "deleted is null"
      - name: total
        data_tests:
          - positive: {than: 3}
          - dbt_utils.accepted_range: {min_value: 0, max_value: "10 * 2", inclusive: false}
          - dbt_expectations.expect_column_values_to_be_unique: {row_condition: "id > 3"}
          - dbt_utils.expression_is_true: {expression: "> 0"}
"#;

fn check<'p>(project: &'p Project, name: &str) -> &'p Check {
    project.checks.values().find(|check| check.name == name).unwrap_or_else(|| {
        let names: Vec<&str> = project.checks.values().map(|check| check.name.as_str()).collect();
        panic!("{name} is not among {names:?}")
    })
}

#[test]
fn tests_of_known_packages_are_built_in() {
    let project = good(PROJECT);
    let kind = |name: &str| check(&project, name).kind.clone();
    assert_eq!(
        kind("dbt_utils_expression_is_true_orders_total_0"),
        CheckKind::ExpressionIsTrue { expression: "total >= 0".into(), column: None }
    );
    assert_eq!(
        kind("dbt_utils_expression_is_true_orders_total___0"),
        CheckKind::ExpressionIsTrue { expression: "> 0".into(), column: Some("total".into()) }
    );
    assert_eq!(
        kind("dbt_utils_unique_combination_of_columns_orders_id__line"),
        CheckKind::UniqueCombination { columns: vec!["id".into(), "line".into()] }
    );
    assert_eq!(
        kind("dbt_utils_recency_orders_day__ordered_at__1"),
        CheckKind::Recency {
            field: "ordered_at".into(),
            datepart: "day".into(),
            interval: 1,
            ignore_time_component: false,
            group_by: vec![]
        }
    );
    assert_eq!(kind("row_count_orders_1"), CheckKind::RowCount { min: Some(1), max: None });
    assert_eq!(
        kind("dbt_utils_accepted_range_orders_total__False__10_2__0"),
        CheckKind::AcceptedRange {
            expression: "total".into(),
            min: Some("0".into()),
            max: Some("10 * 2".into()),
            inclusive: false
        }
    );
}

#[test]
fn arguments_may_be_templates() {
    let project = good(PROJECT);
    let check = check(&project, "accepted_values_orders_kind__False__red__white");
    let CheckKind::AcceptedValues { values, quote, .. } = &check.kind else { panic!("{:?}", check.kind) };
    assert_eq!((json!(values), *quote), (json!(["red", "white"]), false));
}

#[test]
fn conditions_of_all_spellings_become_the_filter() {
    let project = good(PROJECT);
    assert_eq!(check(&project, "kind_is_there").filter.as_deref(), Some("deleted is null"));
    let unique =
        project.checks.values().find(|check| check.name.starts_with("dbt_expectations_expect_column_values_to_be_u"));
    assert_eq!(unique.and_then(|check| check.filter.as_deref()), Some("id > 3"));
}

#[test]
fn configuration_of_checks_is_merged_from_folders_and_the_test() {
    let project = good(PROJECT);
    let check = check(&project, "as_many_as_wines");
    assert_eq!(check.severity, CheckSeverity::Error);
    assert_eq!(check.error_if.to_string(), "> 5");
    assert_eq!((check.limit, check.store_failures), (Some(10), Some(true)));
    assert_eq!(check.tags, ["nightly"]);
    assert_eq!(check.failures, Relation::new("main_dbt_test__audit", "fewer"));
    let other = project.checks.values().find(|check| check.name.starts_with("row_count")).expect("there");
    assert_eq!(other.severity, CheckSeverity::Warn);
}

#[test]
fn tests_of_the_project_are_compiled_with_their_table_and_arguments() {
    let project = good(PROJECT);
    let compile = |name: &str| {
        let compiled = project.compile(&check(&project, name).id, &project).expect("compiles");
        compiled.text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(compile("positive_orders_total__3"), r#"select * from "main"."orders" where total <= 3"#);
    assert_eq!(
        compile("as_many_as_wines"),
        r#"select 1 where (select count(*) from (select * from "main"."orders" where id > 1) dbt_subquery) <> (select count(*) from "main"."wines")"#
    );
    let parents = project.graph.parents(check(&project, "as_many_as_wines").id.as_str());
    assert_eq!(parents.map(|node| node.id.as_str()).collect::<Vec<_>>(), ["model.shop.orders", "model.shop.wines"]);
}

#[test]
fn long_names_are_cut_for_tables_and_kept_for_people() {
    let values: Vec<String> = (0..20).map(|at| format!("value_{at}")).collect();
    let text = format!(
        "== ade.yml\nname: shop\n== models/a.sql\nselect 1\n== models/a.yml\nmodels:\n  - name: a\n    columns:\n      - name: x\n        data_tests: [{{accepted_values: {{values: [{}]}}}}]\n",
        values.join(", ")
    );
    let project = good(&text);
    let check = &project.checks[0];
    assert!(check.name.len() > 100);
    assert!(
        check.failures.table.len() <= 63 && check.failures.table.starts_with("accepted_values_a_"),
        "{}",
        check.failures
    );
}

#[test]
fn configuration_in_a_test_counts_over_folders_and_under_its_use() {
    let text = r#"
== dbt_project.yml
name: shop
data_tests:
  +severity: warn
  +tags: all
== tests/generic/positive.sql
{% test positive(model, column_name) %}
{{ config(severity='error', where='id > 1', error_if='> 3', fail_calc='sum(wrong)', tags=['strict'], limit=7) }}
select * from {{ model }} where {{ column_name }} <= 0 {% if execute %}-- {{ config.get('limit') }}{% endif %}
{% endtest %}
{% test odd(model) %}{{ config(serverity='warn') }} select * from {{ model }}{% endtest %}
{% test off(model) %}{{ config(enabled=false) }} select * from {{ ref('gone') }}{% endtest %}
{% test world(model) %}{{ config(severity='error') }}{% if execute %}select * from {{ ref('b') }}{% endif %}{{ model.rows.first.second() }}{% endtest %}
== models/a.sql
select 1 as id
== models/b.sql
select 1 as id
== models/a.yml
models:
  - name: a
    data_tests: [off, {off: {name: on_again, enabled: true}}, odd, world]
    columns:
      - name: id
        data_tests:
          - positive
          - positive: {name: mine, severity: warn, where: "id > 2"}
"#;
    // What is wrong in the tests themselves is said; the rest counts.
    insta::assert_snapshot!(crate::support::brief(text), @r"
    tests/generic/positive.sql:5:32 `serverity` error unknown-key: unknown key `serverity` in `config` of a data test (did you mean `severity`?)
    tests/generic/positive.sql:6:67 `ref('gone')` error unknown-ref: there is no model, seed or snapshot `gone`
    ");
    let good = text.replace("odd, world", "world").replace("off, {off: {name: on_again, enabled: true}}", "off");
    let project = self::good(&good);
    let positive = check(&project, "positive_a_id");
    assert_eq!(positive.severity, CheckSeverity::Error);
    assert_eq!(positive.error_if.to_string(), "> 3");
    assert_eq!((positive.fail_calc.as_str(), positive.limit), ("sum(wrong)", Some(7)));
    assert_eq!(positive.tags, ["all", "strict"]);
    assert_eq!(positive.filter.as_deref(), Some("id > 1"));
    let compiled = project.compile(&positive.id, &project).expect("compiles");
    assert_eq!(
        compiled.text.trim(),
        r#"select * from (select * from "main"."a" where id > 1) dbt_subquery where id <= 0 -- 7"#
    );
    let mine = check(&project, "mine");
    assert_eq!((mine.severity, mine.filter.as_deref()), (CheckSeverity::Warn, Some("id > 2")));
    assert_eq!(mine.fail_calc, "sum(wrong)");
    // What a test asks for before it fails without the world, and behind `execute`, counts too.
    let world = check(&project, "world_a_");
    assert_eq!(world.severity, CheckSeverity::Error);
    let parents = project.graph.parents(world.id.as_str());
    assert_eq!(parents.map(|node| node.id.as_str()).collect::<Vec<_>>(), ["model.shop.a", "model.shop.b"]);
    assert!(!project.checks.values().any(|check| check.name.starts_with("off")));
}
