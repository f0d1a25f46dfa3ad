//! A whole project: a small shop in dbt's own files, and the same with ade's.

use crate::support::{good, problems};
use ade_project::resource::{CheckKind, Materialization};
use ade_project::{NodeId, Relation};

/// A dbt project with seeds, staging views, tables, tests, docs, an exposure and a macro.
pub(crate) const SHOP: &str = r#"
== dbt_project.yml
name: shop
version: '1.0'
config-version: 2
profile: shop
model-paths: ["models"]
seed-paths: ["seeds"]
clean-targets: ["target"]
require-dbt-version: [">=1.0.0", "<3.0.0"]
vars:
  min_total: 5
  shop:
    currency: EUR
models:
  shop:
    materialized: table
    staging:
      +materialized: view
      +tags: [staging]
seeds:
  shop:
    +tags: raw
== seeds/raw_bottles.csv
id,label,price
1,Riesling,9.5
== seeds/raw_sales.csv
id,bottle_id,sold_on
1,1,2024-01-01
== macros/money.sql
{% macro cents(column) %}cast({{ column }} * 100 as bigint){% endmacro %}
== models/docs.md
{% docs sale %}
One bottle that was sold.
{% enddocs %}
== models/staging/stg_bottles.sql
select id as bottle_id, label, {{ cents('price') }} as price_cents from {{ ref('raw_bottles') }}
== models/staging/stg_sales.sql
select id as sale_id, bottle_id, sold_on from {{ ref('raw_sales') }}
== models/sales.sql
{{ config(tags=['mart']) }}
select s.sale_id, b.price_cents, '{{ var("currency") }}' as currency
from {{ ref('stg_sales') }} s join {{ ref('stg_bottles') }} b using (bottle_id)
where b.price_cents > {{ var('min_total') }}
== models/schema.yml
version: 2
models:
  - name: sales
    description: '{{ doc("sale") }}'
    columns:
      - name: sale_id
        tests: [unique, not_null]
      - name: bottle_id
        data_tests:
          - relationships:
              to: ref('stg_bottles')
              field: bottle_id
  - name: stg_bottles
    columns:
      - name: label
        data_tests:
          - accepted_values: {values: [Riesling, 'Grauer Burgunder']}
exposures:
  - name: weekly
    label: Weekly sales
    type: dashboard
    owner: {name: Ana, email: ana@example.com}
    depends_on: [ref('sales')]
== tests/no_free_bottles.sql
select * from {{ ref('stg_bottles') }} where price_cents = 0
"#;

fn id(text: &str) -> NodeId {
    NodeId::parse(text).expect("an id")
}

#[test]
fn everything_is_found_and_joined() {
    let project = good(SHOP);
    assert_eq!(project.name, "shop");
    let models: Vec<&str> = project.models.values().map(|model| model.name.as_str()).collect();
    assert_eq!(models, ["sales", "stg_bottles", "stg_sales"]);
    let sales = &project.models["model.shop.sales"];
    assert_eq!(sales.materialized, Materialization::Table);
    assert_eq!(sales.relation, Relation::new("main", "sales"));
    assert_eq!(sales.description, "One bottle that was sold.");
    assert_eq!(sales.tags, ["mart"]);
    assert_eq!(sales.fqn, ["shop", "sales"]);
    let bottles = &project.models["model.shop.stg_bottles"];
    assert_eq!((bottles.materialized, bottles.tags.as_slice()), (Materialization::View, &["staging".to_owned()][..]));
    assert_eq!(bottles.fqn, ["shop", "staging", "stg_bottles"]);
    assert_eq!(project.seeds["seed.shop.raw_bottles"].tags, ["raw"]);
    let parents: Vec<&str> = project.graph.parents("model.shop.sales").map(|node| node.id.as_str()).collect();
    assert_eq!(parents, ["model.shop.stg_bottles", "model.shop.stg_sales"]);
    let exposure = &project.exposures["exposure.shop.weekly"];
    assert_eq!((exposure.title(), exposure.depends_on.as_slice()), ("Weekly sales", &[id("model.shop.sales")][..]));
}

#[test]
fn checks_have_dbts_names_and_know_their_tables() {
    let project = good(SHOP);
    let names: Vec<&str> = project.checks.values().map(|check| check.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "unique_sales_sale_id",
            "not_null_sales_sale_id",
            "relationships_sales_bottle_id__bottle_id__ref_stg_bottles_",
            "accepted_values_stg_bottles_label__Riesling__Grauer_Burgunder",
            "no_free_bottles",
        ]
    );
    let relationships = &project.checks[2];
    let CheckKind::Relationships { expression, to, to_relation, field } = &relationships.kind else {
        panic!("{:?}", relationships.kind)
    };
    assert_eq!(
        (expression.as_str(), to.as_str(), field.as_str()),
        ("bottle_id", "model.shop.stg_bottles", "bottle_id")
    );
    assert_eq!(to_relation, &Relation::new("main", "stg_bottles"));
    assert_eq!(relationships.target.as_ref().map(|target| target.node.as_str()), Some("model.shop.sales"));
    assert_eq!(relationships.failures.schema, "main_dbt_test__audit");
    let parents: Vec<&str> = project.graph.parents(relationships.id.as_str()).map(|node| node.id.as_str()).collect();
    assert_eq!(parents, ["model.shop.sales", "model.shop.stg_bottles"]);
}

#[test]
fn the_same_project_with_an_ade_file_has_its_environments() {
    let text = format!(
        "{SHOP}== ade.yml\nenvironments:\n  dev: {{schema_prefix: dev_}}\n  prod:\n    lake: s3://lake/prod\n    schema: marts\n"
    );
    let project = good(&text);
    assert_eq!(project.environment.name, "dev");
    assert_eq!(project.models["model.shop.sales"].relation, Relation::new("dev_main", "sales"));
    assert_eq!(project.environments["prod"].lake.to_string(), "s3://lake/prod");
}

#[test]
fn no_project_says_what_to_do() {
    insta::assert_snapshot!(problems("== README.md\nhello\n"), @r"
    error[no-project]: there is no project here: neither `ade.yml` nor `dbt_project.yml`
     |
     = help: go to the project's folder, pass `--project-dir`, or start one with `ade init`
    ");
}
