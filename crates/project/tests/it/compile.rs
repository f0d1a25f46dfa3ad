//! Templates to SQL.

use crate::support::good;
use ade_project::{NodeId, Project};

fn sql(project: &Project, id: &str) -> String {
    project.compile(&NodeId::parse(id).expect("an id"), project).expect("compiles").text
}

#[test]
fn references_macros_and_variables() {
    let project = good(crate::shop::SHOP);
    assert_eq!(
        sql(&project, "model.shop.stg_bottles").trim(),
        r#"select id as bottle_id, label, cast(price * 100 as bigint) as price_cents from "main"."raw_bottles""#
    );
    assert!(sql(&project, "model.shop.sales").contains("'EUR' as currency"));
    assert_eq!(
        sql(&project, "test.shop.no_free_bottles").trim(),
        r#"select * from "main"."stg_bottles" where price_cents = 0"#
    );
}

#[test]
fn ephemeral_models_become_expressions_of_those_that_read_them() {
    let text = r"
== ade.yml
name: shop
== models/one.sql
{{ config(materialized='ephemeral') }}select 1 as x
== models/two.sql
{{ config(materialized='ephemeral') }}select x + 1 as x from {{ ref('one') }}
== models/three.sql
with own as (select * from {{ ref('two') }}) select * from own join {{ ref('one') }} using (x)
";
    let project = good(text);
    insta::assert_snapshot!(sql(&project, "model.shop.three"), @r#"
    with "__dbt__cte__one" as (
    select 1 as x
    ), "__dbt__cte__two" as (
    select x + 1 as x from "__dbt__cte__one"
    ), own as (select * from "__dbt__cte__two") select * from own join "__dbt__cte__one" using (x)
    "#);
    let compiled = project.compile(&NodeId::parse("model.shop.three").expect("an id"), &project).expect("compiles");
    let at = compiled.text.find("x + 1").expect("there");
    let mapped = compiled.source_map.locate(at..at + 5);
    assert_eq!(mapped.map(|mapped| mapped.location.path().to_owned()).as_deref(), Some("models/two.sql"));
}

#[test]
fn hooks_are_rendered_as_text_of_their_model() {
    let text = "== ade.yml\nname: shop\n== models/a.sql\n{{ config(post_hook='select count(*) from {{ this }}') }}select 1 as x\n";
    let project = good(text);
    let model = &project.models["model.shop.a"];
    let hook = &model.post_hooks[0];
    let compiled = project.compile_text(&hook.sql, &hook.origin, Some(&model.id), &project).expect("compiles");
    assert_eq!(compiled.text, r#"select count(*) from "main"."a""#);
}
