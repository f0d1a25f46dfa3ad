//! All problems of a project in one go.

use crate::support::brief;

#[test]
fn of_every_file_and_of_every_kind() {
    let text = "
== dbt_project.yml
name: shop
== macros/broken.sql
{% macro money(x %}round({{ x }}, 2){% endmacro %}
{% test positive(model, column_name) %}select * from {{ model }} where {{ column_name | }} < 0{% endtest %}
== models/a.sql
{{ config(materialized='tabel' }}
select {{ money('x') }}, {{ 'a }} from {{ ref('orderz') }}
join {{ source('app', 'customer') }} {% if is_incremental() %} where {{ this. }} {% endif %}
== models/orders.sql
select {{ undefined_macro() }} from {{ ref('nothing') }} {{ var('unset') }}
== models/schema.yml
models:
  - name: a
    columns:
      - name: x
        data_tests: [positive, uniqe]
  - name: ordres
sources:
  - name: app
    tables: [{name: customers}]
";
    insta::assert_snapshot!(brief(text), @r"
    macros/broken.sql:1:18 `%` error template-syntax: expected `,` or `)`, found `%`
    macros/broken.sql:2:89 `}}` error template-syntax: expected a filter's name, found the end of the tag
    models/a.sql:1:32 `}` error template-syntax: a bracket is still open at the end of the tag (expected `,` or `)`)
    models/a.sql:2:29 `'a }}` error template-syntax: a text is not closed (put the same quote at its end)
    models/a.sql:2:43 `ref('orderz')` error unknown-ref: there is no model, seed or snapshot `orderz` (did you mean `orders`?)
    models/a.sql:3:9 `source('app', 'customer')` error unknown-source: the source `app` has no table `customer` (did you mean `customers`?)
    models/a.sql:3:79 `}}` error template-syntax: expected a name after `.`, found the end of the tag
    models/orders.sql:1:11 `undefined_macro()` error undefined-name: `undefined_macro` is not defined
    models/orders.sql:1:40 `ref('nothing')` error unknown-ref: there is no model, seed or snapshot `nothing`
    models/orders.sql:1:61 `var('unset')` error undefined-variable: the variable `unset` has no value (set it under `vars`, pass `--vars '{unset: …}'`, or give it a default: `var('unset', …)`)
    models/schema.yml:5:32 `uniqe` error unknown-check: there is no data test `uniqe` (did you mean `unique`?)
    models/schema.yml:6:11 `ordres` warning orphan-properties: there is no model `ordres`, so what is said about it has no effect (did you mean `orders`?)
    ");
}
