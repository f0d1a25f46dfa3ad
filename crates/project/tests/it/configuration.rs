//! Configuration from folder to file.

use crate::support::{brief, good};
use ade_project::Relation;
use ade_project::resource::{IncrementalStrategy, Materialization};
use ade_project::selector::{IndirectSelection, SelectRequest};
use serde_json::json;

const LAYERS: &str = r#"
== ade.yml
name: shop
models:
  +tags: everything
  +meta: {a: 1, b: 1}
  +post-hook: "select 'all'"
  shop:
    marts:
      +schema: marts
      +materialized: table
      +tags: [marts]
      +meta: {b: 2, c: 2}
      +post-hook: ["select 'marts'"]
      orders:
        +alias: orders_v1
== models/marts/orders.sql
{{ config(materialized='view', tags=['own'], meta={'c': 3}, post_hook="select 'own'") }}
select 1 as x
== models/marts/orders.yml
models:
  - name: orders
    tags: described
    config:
      materialized: incremental
      alias: orders_v2
== models/other.sql
select 1 as x
"#;

#[test]
fn file_wins_over_yaml_wins_over_folder_and_lists_add_up() {
    let project = good(LAYERS);
    let orders = &project.models["model.shop.orders"];
    assert_eq!(orders.materialized, Materialization::View);
    assert_eq!(orders.relation, Relation::new("main_marts", "orders_v2"));
    assert_eq!(orders.tags, ["everything", "marts", "described", "own"]);
    assert_eq!(json!(orders.meta), json!({"a": 1, "b": 2, "c": 3}));
    let hooks: Vec<&str> = orders.post_hooks.iter().map(|hook| hook.sql.as_str()).collect();
    assert_eq!(hooks, ["select 'all'", "select 'marts'", "select 'own'"]);
    assert_eq!(orders.post_hooks[1].origin.text(), "\"select 'marts'\"");
    let other = &project.models["model.shop.other"];
    assert_eq!((other.materialized, other.tags.as_slice()), (Materialization::View, &["everything".to_owned()][..]));
}

#[test]
fn switched_off_is_not_there_and_referring_to_it_is_explained() {
    let text = r"
== dbt_project.yml
name: shop
models:
  shop:
    old: {+enabled: false}
== models/old/gone.sql
select {{ this is not even a template
== models/off.sql
{{ config(enabled=false) }} select 1
== models/user.sql
select * from {{ ref('gone') }} join {{ ref('off') }}
";
    insta::assert_snapshot!(brief(text), @r"
    models/user.sql:1:18 `ref('gone')` error disabled-ref: `gone` is switched off with `enabled: false`
    models/user.sql:1:41 `ref('off')` error disabled-ref: `off` is switched off with `enabled: false`
    ");
}

#[test]
fn folders_and_keys_are_told_apart() {
    let text = r"
== dbt_project.yml
name: shop
models:
  shop:
    staging:
      meta: {owner: ana}
      tags: [a]
      deep:
        materialized: table
    nowhere:
      +materialized: table
      +materialised: view
    +matrialized: view
  elsewhere:
    +enabled: false
== models/staging/deep/a.sql
select 1
";
    insta::assert_snapshot!(brief(text), @r"
    dbt_project.yml:9:5 `nowhere` warning unused-config-path: nothing in the project is configured by `shop.nowhere`
    dbt_project.yml:11:7 `+materialised` error unknown-key: unknown key `materialised` in `config` of a model (did you mean `materialized`?)
    dbt_project.yml:12:5 `+matrialized` error unknown-key: unknown key `matrialized` in `config` of a model (did you mean `materialized`?)
    dbt_project.yml:13:3 `elsewhere` warning unused-config-path: nothing in the project is configured by `elsewhere`
    ");
}

#[test]
fn jinja_in_yaml_is_rendered_with_variables_and_target() {
    let text = r#"
== ade.yml
name: shop
vars: {kind: table, on: true}
environments:
  dev: {}
== models/a.sql
select 1 as x
== models/a.yml
models:
  - name: a
    config:
      materialized: "{{ var('kind') }}"
      enabled: "{{ target.name == 'dev' and var('on') }}"
      schema: "{{ 'x' ~ target.name }}"
"#;
    let project = good(text);
    let model = &project.models["model.shop.a"];
    assert_eq!((model.materialized, model.relation.to_string()), (Materialization::Table, "main_xdev.a".to_owned()));
}

#[test]
fn incremental_models_have_a_strategy_that_works() {
    let text = r"
== ade.yml
name: shop
== models/append.sql
{{ config(materialized='incremental') }} select 1 as id
== models/merge.sql
{{ config(materialized='incremental', unique_key=['a', 'b'], merge_exclude_columns='c') }} select 1 as a, 2 as b
== models/overwrite.sql
{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partition_by={'field': 'day'}) }} select 1 as day
== models/by_time.sql
{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='month', begin='2024-02-15', lookback=3) }}
select now() as at
";
    let project = good(text);
    let incremental =
        |name: &str| project.models[format!("model.shop.{name}").as_str()].incremental.as_ref().expect("incremental");
    assert_eq!(incremental("append").strategy, IncrementalStrategy::Append);
    assert_eq!(incremental("merge").strategy, IncrementalStrategy::Merge);
    assert_eq!(incremental("merge").unique_key, ["a", "b"]);
    assert_eq!(incremental("merge").merge_exclude_columns, ["c"]);
    assert_eq!(incremental("overwrite").partition_by, ["day"]);
    let interval = incremental("by_time").interval.as_ref().expect("an interval");
    assert_eq!((interval.lookback, interval.begin.to_rfc3339()), (3, "2024-02-01T00:00:00+00:00".to_owned()));
}

#[test]
fn configuration_that_cannot_work_is_explained() {
    let text = r"
== ade.yml
name: shop
== models/a.sql
{{ config(materialized='incremental', incremental_strategy='merge') }} select 1 as id
== models/b.sql
{{ config(materialized='incremental', incremental_strategy='insert_overwrite') }} select 1 as id
== models/c.sql
{{ config(
    materialized='incremental',
    incremental_strategy='microbatch',
    event_time='at') }} select 1 as id
== models/d.sql
{{ config(materialized='tabel', uniqe_key='id', cluster_by='x') }} select 1 as id
== models/e.sql
{{ config(contract={'enforced': true}, group='sales', enabled='maybe') }} select 1 as id
== models/e.yml
groups: [{name: sale, owner: {name: Ana}}]
models:
  - name: e
    columns: [{name: id}]
";
    insta::assert_snapshot!(brief(text), @r"
    models/a.sql:1:39 `incremental_strategy` warning invalid-config: `a` has `incremental_strategy: merge` and no `unique_key`, so rows are only added (add `unique_key`, or say `incremental_strategy: append`)
    models/b.sql:1:39 `incremental_strategy` error invalid-config: `b` replaces partitions and has no `partition_by` (add `partition_by: [<columns>]`)
    models/c.sql:3:5 `incremental_strategy` error invalid-config: `c` is replaced by time and has no `batch_size`, no `begin` (for instance `event_time: ordered_at`, `batch_size: day`, `begin: 2024-01-01`)
    models/d.sql:1:24 `'tabel'` error unknown-value: `tabel` is not a value of `materialized` (did you mean `table`?)
    models/d.sql:1:33 `uniqe_key` error unknown-key: unknown key `uniqe_key` in `config` of a model (did you mean `unique_key`?)
    models/e.sql:1:46 `'sales'` error invalid-config: there is no group `sales` (did you mean `sale`?)
    models/e.sql:1:63 `'maybe'` error wrong-type: `enabled` must be `true` or `false`, not text
    models/e.yml:4:22 `id` error invalid-contract: `e` has an enforced contract, and its column `id` has no type (add `data_type: <type>` to the column)
    ");
}

#[test]
fn selectors_see_what_holds_where_nothing_is_said() {
    let project = good(
        r"
== ade.yml
name: shop
models:
  shop:
    marts: {+materialized: table}
== models/plain.sql
select 1 as x
== models/marts/sums.sql
select 1 as x
== models/marts/days.sql
{{ config(materialized='incremental', unique_key='x') }}
select 1 as x
== models/marts/days.yml
models:
  - name: days
    columns: [{name: x, data_tests: [unique]}]
== seeds/cities.csv
city
Riga
",
    );
    let select = |selector: &str| {
        let select = [selector.to_owned()];
        let request = SelectRequest {
            select: &select,
            project: "shop",
            indirect: IndirectSelection::Empty,
            ..SelectRequest::default()
        };
        let found = ade_project::selector::select(&project.graph, &request).expect("a good selection");
        assert_eq!(found.warnings, [], "{selector}");
        found.nodes.iter().map(|id| id.name().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(select("config.materialized:view"), "plain");
    assert_eq!(select("config.materialized:table"), "sums");
    assert_eq!(select("config.materialized:seed"), "cities");
    assert_eq!(select("config.enabled:true,resource_type:model"), "days plain sums");
    assert_eq!(select("config.incremental_strategy:merge"), "days");
    assert_eq!(select("config.contract.enforced:false,config.access:protected"), "days plain sums");
    assert_eq!(select("config.severity:error"), "unique_days_x");
}
