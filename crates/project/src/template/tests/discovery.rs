//! What parsing finds.

use super::fixture::{Fixture, show};
use crate::template::Uses;

fn shown(uses: &Uses) -> String {
    let refs = uses
        .refs
        .iter()
        .map(|found| format!("{}{}@{}", found.reference, if found.conditional { "?" } else { "" }, found.location));
    let sources = uses.sources.iter().map(|found| {
        format!("{}.{}{}@{}", found.source, found.table, if found.conditional { "?" } else { "" }, found.location)
    });
    let mut lines = vec![
        format!("refs {}", refs.collect::<Vec<_>>().join(" ")),
        format!("sources {}", sources.collect::<Vec<_>>().join(" ")),
    ];
    lines.push(format!("config {}", serde_json::to_string(&uses.config).unwrap()));
    let names = |names: &std::collections::BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(" ");
    lines.push(format!(
        "vars {} | env {} | macros {} | docs {}",
        names(&uses.vars),
        names(&uses.env_vars),
        names(&uses.macros),
        names(&uses.docs)
    ));
    lines.push(format!("introspects {} volatile {}", uses.introspects, uses.volatile));
    lines.join("\n")
}

#[test]
fn everything_in_all_branches() {
    let macros = "
{% macro outer() %}{% if false %}{{ inner() }}{% endif %}{% endmacro %}
{% macro inner() %}{{ ref('deep') }}{{ var('deep_var', 1) }}{{ adapter.dispatch('impl')() }}{% endmacro %}
{% macro default__impl() %}{{ env_var('DEEP', '') }}{% endmacro %}
{% macro unused() %}{{ ref('unused') }}{% endmacro %}";
    let fixture = Fixture::with_macros(macros);
    let text = "{{ config(materialized='incremental', tags=['a', var('cutoff')]) }}
select * from {{ ref('orders') }} join {{ source('app', 'users') }}
{% if is_incremental() %} where t > (select max(t) from {{ ref('state') }}) {% else %} {{ ref('other') }} {% endif %}
{% if target.name == 'prod' %}{{ ref('prod_only') }}{{ config(alias='not_taken') }}{% endif %}
{{ outer() }} {{ doc('about') }} {{ ref('orders') }}
{% for name in var('methods') %}{{ ref('m_' ~ name) }}{% endfor %} {{ run_started_at }}";
    let parsed = fixture.parse(text);
    assert_eq!(parsed.diagnostics, []);
    insta::assert_snapshot!(shown(&parsed.uses), @r#"
    refs orders@models/model.sql:2:18 state@models/model.sql:3:60 other@models/model.sql:3:91 prod_only?@models/model.sql:4:34 m_card@models/model.sql:6:36 m_cash@models/model.sql:6:36 deep?@macros/shop.sql:3:23
    sources app.users@models/model.sql:2:43
    config {"materialized":"incremental","tags":["a","2024-01-01"]}
    vars cutoff deep_var methods | env DEEP | macros macro.shop.default__impl macro.shop.inner macro.shop.outer | docs about
    introspects false volatile true
    "#);
}

#[test]
fn literal_templates_need_no_run_to_be_known() {
    // What the walk over the tree finds is what the run finds, for templates without branches.
    let fixture = Fixture::new();
    for text in [
        "select 1",
        "{{ ref('a') }}",
        "{{ ref('p', 'a', v=1) }} {{ source('s', 't') }} {{ ref('b') }} {{ var('cutoff') }} {{ env_var('REGION') }}",
    ] {
        let template = Fixture::template(text).unwrap();
        let mut walked = Uses::default();
        let found = crate::template::discover::scan(template.body(), template.file());
        crate::template::discover::complete(&fixture.set, &found, template.file(), &mut walked);
        assert_eq!(fixture.parse(text).uses, walked, "{text}");
    }
}

#[test]
fn names_that_nothing_has_are_said_even_where_no_run_comes_by() {
    let fixture = Fixture::with_macros(
        "{% macro cents_to_dollars(c) %}{{ c }}{% endmacro %}{% macro bad() %}{% if x %}{{ cents_to_dolars(1) }}{{ other.thing() }}{% endif %}{% endmacro %}{% macro snowflake__z() %}{{ dbt_utils.nope() }}{% endmacro %}",
    );
    let parsed = fixture.parse("{% if is_incremental() %}{{ cent_to_dollars(1) }}{{ dbt_utils.stars(this) }}{{ target.name.upper() }}{% endif %}{% set f = 1 %}{% if f == 2 %}{{ f() }}{% endif %}");
    insta::assert_snapshot!(parsed.diagnostics.iter().map(show).collect::<Vec<_>>().join("\n"), @r"
    models/model.sql:1:29 «cent_to_dollars» undefined-name: `cent_to_dollars` is not defined (did you mean `cents_to_dollars`?)
    models/model.sql:1:53 «dbt_utils.stars» undefined-name: there is no `dbt_utils.stars` (did you mean `star`?)
    ");
    insta::assert_snapshot!(fixture.set.check_macros().iter().map(show).collect::<Vec<_>>().join("\n"), @r"
    macros/shop.sql:1:83 «cents_to_dolars» undefined-name: `cents_to_dolars` is not defined (did you mean `cents_to_dollars`?)
    macros/shop.sql:1:107 «other.thing» undefined-name: there is no `other.thing`
    macros/shop.sql:1:177 «dbt_utils.nope» undefined-name: there is no `dbt_utils.nope`
    ");
}

#[test]
fn a_failure_does_not_hide_the_refs() {
    let parsed = Fixture::new().parse("{{ ref('a') }}{{ exceptions.raise_compiler_error('no') }}{{ ref('b') }}");
    assert_eq!(
        parsed.diagnostics.iter().map(show).collect::<Vec<_>>(),
        ["models/model.sql:1:18 «exceptions.raise_compiler_error('no')» template-error: no"]
    );
    assert_eq!(parsed.uses.refs.iter().map(|found| found.reference.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn two_macros_of_one_name_are_a_mistake() {
    let fixture = Fixture::with_macros("{% macro a() %}{% endmacro %}\n{% macro a() %}{% endmacro %}");
    insta::assert_snapshot!(fixture.problems.iter().map(show).collect::<String>(), @"macros/shop.sql:2:10 «a» duplicate-resource: there are two macros `a` [macros/shop.sql:1:10 first defined here]");
}
