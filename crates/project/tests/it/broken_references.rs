//! References to what is not there, circles, and names that are there twice.

use crate::support::{brief, problems};

#[test]
fn unknown_names_are_shown_in_the_template_with_a_suggestion() {
    let text = r"
== ade.yml
name: shop
== sources/app.yml
sources: [{name: app, tables: [{name: customers}]}]
== models/stg_orders.sql
select 1 as id
== models/orders.sql
-- größe 🍾
select *
from {{ ref('stg_order') }}
join {{ source('ap', 'customers') }} using (id)
join {{ source('app', 'costumers') }} using (id)
join {{ ref('other', 'x') }} using (id)
";
    insta::assert_snapshot!(problems(text), @r"
    error[unknown-ref]: there is no model, seed or snapshot `stg_order`
     --> models/orders.sql:3:9
      |
    2 | select *
    3 | from {{ ref('stg_order') }}
      |         ^^^^^^^^^^^^^^^^
    4 | join {{ source('ap', 'customers') }} using (id)
      |
      = help: did you mean `stg_orders`?

    error[unknown-source]: there is no source `ap`
     --> models/orders.sql:4:9
      |
    3 | from {{ ref('stg_order') }}
    4 | join {{ source('ap', 'customers') }} using (id)
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^
    5 | join {{ source('app', 'costumers') }} using (id)
      |
      = help: did you mean `app`?

    error[unknown-source]: the source `app` has no table `costumers`
     --> models/orders.sql:5:9
      |
    4 | join {{ source('ap', 'customers') }} using (id)
    5 | join {{ source('app', 'costumers') }} using (id)
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^
    6 | join {{ ref('other', 'x') }} using (id)
      |
      = help: did you mean `customers`?

    error[unknown-package]: there is no package `other`
     --> models/orders.sql:6:9
      |
    5 | join {{ source('app', 'costumers') }} using (id)
    6 | join {{ ref('other', 'x') }} using (id)
      |         ^^^^^^^^^^^^^^^^^
      |
      = help: this project is `shop`; packages are not read
    ");
}

#[test]
fn branches_that_are_not_taken_may_name_what_is_not_there() {
    let text = r"
== ade.yml
name: shop
== models/a.sql
select 1 {% if var('x', false) %} from {{ ref('nowhere') }} {% endif %}
";
    assert_eq!(brief(text), "");
}

#[test]
fn circles_are_shown_as_a_path() {
    let text = r"
== ade.yml
name: shop
== models/a.sql
select * from {{ ref('c') }}
== models/b.sql
select * from {{ ref('a') }}
== models/c.sql
select * from {{ ref('b') }}
== models/d.sql
select * from {{ ref('d') }}
";
    insta::assert_snapshot!(brief(text), @r"
    models/a.sql:1:18 `ref('c')` error cycle: these models depend on each other: a → b → c → a (take one of the references out)
    models/d.sql:1:18 `ref('d')` error cycle: `d` refers to itself (use `{{ this }}` for its own table)
    ");
}

#[test]
fn names_and_tables_that_are_there_twice() {
    let text = r"
== ade.yml
name: shop
== models/one/a.sql
select 1
== models/two/a.sql
select 1
== models/b.sql
{{ config(alias='C') }} select 1
== models/c.sql
select 1
== seeds/c.csv
x
== models/x.yml
models: [{name: b}, {name: b}, {name: missng}, {name: a, columns: [{name: x}, {name: X}]}]
sources:
  - {name: app, tables: [{name: t}, {name: t}]}
";
    insta::assert_snapshot!(brief(text), @r"
    models/b.sql:1:1 `` error duplicate-relation: `model.shop.b` and `seed.shop.c` would both write the table `main.C` (give one of them another `alias` or `schema`)
    models/c.sql:1:1 `` error duplicate-resource: `c` is the name of two files, so `ref('c')` would be ambiguous (rename one of them)
    models/two/a.sql:1:1 `` error duplicate-resource: `a` is the name of two files, so `ref('a')` would be ambiguous (rename one of them)
    models/x.yml:1:28 `b` error duplicate-resource: the model `b` is described twice
    models/x.yml:1:39 `missng` warning orphan-properties: there is no model `missng`, so what is said about it has no effect
    models/x.yml:1:86 `X` error duplicate-resource: the column `X` is described twice
    models/x.yml:3:44 `t` error duplicate-resource: the source table `app.t` is declared twice
    ");
}

#[test]
fn private_models_are_for_their_group() {
    let text = r"
== ade.yml
name: shop
== models/inner.sql
{{ config(access='private', group='core') }} select 1
== models/friend.sql
{{ config(group='core') }} select * from {{ ref('inner') }}
== models/stranger.sql
select * from {{ ref('inner') }}
== models/groups.yml
groups: [{name: core, owner: {email: core@example.com}}]
";
    insta::assert_snapshot!(brief(text), @r"models/stranger.sql:1:18 `ref('inner')` error private-ref: `inner` is private to the group `core`, and `stranger` is not in it (give both the same `group`, or the other one `access: protected`)");
}

#[test]
fn mistakes_in_templates_are_shown_where_they_are() {
    let text = r#"
== ade.yml
name: shop
== models/a.sql
select {{ 1 + }}
== models/b.sql
select {{ centz('x') }}
== models/c.sql
select '{{ var("missing") }}'
== models/e.sql
select '{{ env_var("NOT_SET") }}'
== models/d.yml
models: [{name: a, description: "{{ doc('nope') }}"}]
== macros/cents.sql
{% macro cents(x) %}{{ x }}{% endmacro %}
"#;
    insta::assert_snapshot!(brief(text), @r#"
    models/a.sql:1:15 `}}` error template-syntax: expected an expression, found the end of the tag
    models/b.sql:1:11 `centz('x')` error undefined-name: `centz` is not defined (did you mean `cents`?)
    models/c.sql:1:12 `var("missing")` error undefined-variable: the variable `missing` has no value (set it under `vars`, pass `--vars '{missing: …}'`, or give it a default: `var('missing', …)`)
    models/d.yml:1:34 `{{ doc('nope') }}` error unknown-doc: there is no docs block `nope`
    models/e.sql:1:12 `env_var("NOT_SET")` error undefined-environment-variable: the environment variable `NOT_SET` is not set (set it, or give it a default: `env_var('NOT_SET', '…')`)
    "#);
}

#[test]
fn what_is_asked_of_a_model_that_is_not_there_is_an_error_and_a_description_of_it_a_warning() {
    let text = r"
== ade.yml
name: shop
== models/orders.sql
select 1 as id
== models/orders.yml
models:
  - name: ordrs
    description: described
  - name: order
    columns: [{name: id, data_tests: [unique, not_null]}]
  - name: orderss
    config: {contract: {enforced: true}}
    columns: [{name: id, data_type: bigint}]
  - name: ordes
    columns: [{name: id, constraints: [{type: not_null}]}]
";
    insta::assert_snapshot!(brief(text), @r"
    models/orders.yml:2:11 `ordrs` warning orphan-properties: there is no model `ordrs`, so what is said about it has no effect (did you mean `orders`?)
    models/orders.yml:4:11 `order` error orphan-properties: there is no model `order`, so what is said about it has no effect: its 2 checks do not run (did you mean `orders`?)
    models/orders.yml:6:11 `orderss` error orphan-properties: there is no model `orderss`, so what is said about it has no effect: its contract is not held (did you mean `orders`?)
    models/orders.yml:9:11 `ordes` error orphan-properties: there is no model `ordes`, so what is said about it has no effect: its constraints are not held (did you mean `orders`?)
    ");
}

#[test]
fn a_name_that_needs_quotes_is_told_and_one_that_cannot_be_a_table_is_an_error() {
    let text = r"
== ade.yml
name: shop
== models/2nd.sql
select 1 as id
== models/Orders.sql
select 1 as id
== models/Fine.sql
{{ config(alias='fine') }}
select 1 as id
== models/between.sql
{{ config(materialized='ephemeral', alias='X') }}
select 1 as id
== models/a.b.sql
select 1 as id
== models/_hidden.sql
{{ config(materialized='table') }}
select 1 as id
== seeds/3rd.csv
id
1
";
    insta::assert_snapshot!(brief(text), @r#"
    models/2nd.sql:1:1 `` warning invalid-name: `2nd` needs quotes in SQL: "2nd" (rename the file or give it an `alias`: small letters, digits and `_`, and no digit first)
    models/Orders.sql:1:1 `` warning invalid-name: `Orders` needs quotes in SQL: "Orders" (rename the file or give it an `alias`: small letters, digits and `_`, and no digit first)
    models/_hidden.sql:1:1 `` error invalid-name: a model cannot be `main._hidden`: `_hidden` begins with `.` or `_`, which hides it from other engines (give it another `alias`)
    models/a.b.sql:1:1 `` error invalid-name: `a.b` cannot be the name of a model (rename the file: use letters, digits, `_` and `-`)
    seeds/3rd.csv:1:1 `` warning invalid-name: `3rd` needs quotes in SQL: "3rd" (rename the file or give it an `alias`: small letters, digits and `_`, and no digit first)
    "#);
}
