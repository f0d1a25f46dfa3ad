//! Data tests with mistakes.

use crate::support::brief;

#[test]
fn every_mistake_is_shown_where_it_stands() {
    let text = r#"
== ade.yml
name: shop
== macros/tests.sql
{% test positive(model, column_name, than) %} select 1 {% endtest %}
== models/a.sql
select 1
== models/a.yml
models:
  - name: a
    data_tests:
      - uniqe
      - dbt_utils.equal_rowcount: {compare_model: ref('a')}
      - not_null
      - accepted_values:
        values: [1]
      - unique: x
      - row_count
    columns:
      - name: x
        data_tests:
          - accepted_values: {vals: [1]}
          - accepted_values: {values: 3}
          - relationships: {to: ref('b'), field: id}
          - relationships: {to: ref('a')}
          - accepted_range: {min: 3}
          - recency: {datepart: dya, interval: soon}
          - positive: {then: 3}
          - unique: {config: {severity: warning, error_if: 10, wehre: x}}
          - unique: {config: {error_if: "many"}, name: other}
          - not_null
          - not_null
"#;
    insta::assert_snapshot!(brief(text), @r#"
    models/a.yml:4:9 `uniqe` error unknown-check: there is no data test `uniqe` (did you mean `unique`?)
    models/a.yml:5:9 `dbt_utils.equal_rowcount` error unknown-check: there is no data test `dbt_utils.equal_rowcount` (packages are not read: copy the test from `dbt_utils` into `macros/`)
    models/a.yml:6:9 `not_null` error invalid-check: the data test `not_null` needs `column_name` (put the test below a column)
    models/a.yml:8:9 `values` error invalid-check: `values` stands beside the data test `accepted_values` instead of below it (indent what belongs to `accepted_values` by two more spaces)
    models/a.yml:9:17 `x` error invalid-check: the arguments of `unique` must be a mapping, not text (write `unique: {arguments: {…}}`)
    models/a.yml:10:9 `row_count` error invalid-check: the data test `row_count` needs `min` or `max`
    models/a.yml:14:31 `vals` error invalid-check: the data test `accepted_values` has no argument `vals` (did you mean `values`?)
    models/a.yml:15:39 `3` error invalid-check: `values` of `accepted_values` must be a list with at least one value, not a number
    models/a.yml:16:33 `ref('b')` error unknown-ref: there is no model, seed or snapshot `b` (did you mean `a`?)
    models/a.yml:17:13 `relationships` error invalid-check: the data test `relationships` needs `field`
    models/a.yml:18:30 `min` error invalid-check: the data test `accepted_range` has no argument `min` (did you mean `min_value`?)
    models/a.yml:19:33 `dya` error invalid-check: `dya` is not a unit of time (did you mean `day`?)
    models/a.yml:19:48 `soon` error invalid-check: `interval` of `recency` must be a whole number, not text
    models/a.yml:20:24 `then` error invalid-check: the data test `positive` has no argument `then` (did you mean `than`?)
    models/a.yml:21:41 `warning` error unknown-value: `warning` is not a value of `severity` (did you mean `warn`?)
    models/a.yml:21:60 `10` error invalid-threshold: `10` is not a comparison with a number of failing rows (write for instance `"> 10"` or `"!= 0"`)
    models/a.yml:21:64 `wehre` error unknown-key: unknown key `wehre` in `config` of a data test (did you mean `where`?)
    models/a.yml:22:41 `"many"` error invalid-threshold: `many` is not a comparison with a number of failing rows (write for instance `"> 10"` or `"!= 0"`)
    models/a.yml:24:13 `not_null` error duplicate-resource: the check `not_null_a_x` is here twice (remove one of them, or give one a `name`)
    "#);
}
