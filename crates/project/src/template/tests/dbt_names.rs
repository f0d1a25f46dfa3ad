//! dbt's own functions and objects.

use super::fixture::{Fixture, World, show};

#[test]
fn relations_print_quoted() {
    let fixture = Fixture::new();
    assert_eq!(
        fixture.text("{{ ref('orders') }} {{ ref('shop', 'orders') }} {{ ref('orders', v=2) }}"),
        r#""main"."orders" "main"."orders" "main"."orders""#
    );
    assert_eq!(
        fixture.text("{{ source('app', 'Users') }} {{ this }} {{ ref('ephemeral') }}"),
        r#""app"."Users" "main"."model" "__dbt__cte__ephemeral""#
    );
    assert_eq!(
        fixture.text("{{ this.schema }} {{ this.identifier }} {{ this.name }} {{ this.table }} {{ this.include(schema=false) }} {{ this.type }} {{ this.is_view }}"),
        r#"main model model model "model" None False"#
    );
    assert_eq!(
        fixture.text("{% set r = api.Relation.create(schema='s', identifier='t') %}{{ r }} {{ r.render() }}"),
        r#""s"."t" "s"."t""#
    );
}

#[test]
fn variables_and_the_environment() {
    let fixture = Fixture::new();
    assert_eq!(
        fixture.text("{{ var('cutoff') }} {{ var('none', 7) }} {{ var.has_var('cutoff') }} {{ var('methods')[1] }}"),
        "2024-01-01 7 True cash"
    );
    assert_eq!(fixture.text("{{ env_var('REGION') }} {{ env_var('X', 'y') }}"), "eu y");
    insta::assert_snapshot!(fixture.text("{{ var('cutof') }}"), @"models/model.sql:1:4 «var('cutof')» undefined-variable: the variable `cutof` has no value (did you mean `cutoff`?) (set it under `vars`, pass `--vars '{cutof: …}'`, or give it a default: `var('cutof', …)`)");
    insta::assert_snapshot!(fixture.text("{{ env_var('NOPE') }}"), @"models/model.sql:1:4 «env_var('NOPE')» undefined-environment-variable: the environment variable `NOPE` is not set (set it, or give it a default: `env_var('NOPE', '…')`)");
}

#[test]
fn what_an_invocation_knows() {
    let fixture = Fixture::new();
    assert_eq!(fixture.text("{{ target.name }} {{ target.type }} {{ target['schema'] }} {{ target.nope }}|{{ project_name }} {{ execute }} {{ flags.FULL_REFRESH }} {{ model.name }}"), "dev ade main |shop True False model");
    assert_eq!(fixture.text("{{ run_started_at.strftime('%Y-%m-%d') }} {{ run_started_at }} {{ run_started_at.date() }} {{ run_started_at.year }}"), "2024-05-06 2024-05-06 07:08:09+00:00 2024-05-06 2024");
    assert_eq!(
        fixture.text("{% set d = modules.datetime %}{{ d.datetime.now() - d.timedelta(days=6, hours=1) }} {{ (d.date(2024, 3, 1) - d.timedelta(1)).isoformat() }} {{ (d.date(2024, 3, 1) - d.date(2024, 2, 1)).days }} {{ d.datetime.strptime('03.02.2024', '%d.%m.%Y').strftime('%Y/%m') }} {{ d.date.today() < d.date(2025, 1, 1) }}"),
        "2024-04-30 06:08:09 2024-02-29 29 2024/02 True"
    );
    assert_eq!(fixture.text("{{ modules.re.sub('(\\\\d+)', '<\\\\1>', 'a1b22') }} {{ modules.re.match('a(.)', 'abc').group(1) }} {{ modules.re.findall('[0-9]', 'a1b2') }}"), "a<1>b<2".to_owned() + "2> b ['1', '2']");
}

#[test]
fn configuration_prints_nothing_and_can_be_asked() {
    let fixture = Fixture::new();
    assert_eq!(fixture.text("{{ config(tags=['a'], alias='x') }}{{ config.get('alias') }} {{ config.get('materialized') }} {{ config.get('nope', 'd') }} {{ config.require('tags') }}"), "x incremental d ['a']");
    assert!(fixture.text("{{ config.require('unique_key') }}").contains("`unique_key` is required"));
    let compiled = fixture.compile("{{ config({'a': {'b': 1}}) }}", &World::default()).unwrap();
    assert_eq!(compiled.uses.config["a"]["b"], 1);
}

#[test]
fn incremental_runs() {
    let fixture = Fixture::new();
    let text =
        "select 1{% if is_incremental() %} where t > (select max(t) from {{ this }}){% endif %} {{ batch_id() }}";
    assert_eq!(fixture.text(text), "select 1 batch_id()");
    let incremental = fixture.compile(text, &World { incremental: true }).unwrap();
    assert_eq!(incremental.text, r#"select 1 where t > (select max(t) from "main"."model") '0190'"#);
}

#[test]
fn queries_only_when_there_is_a_world() {
    let fixture = Fixture::new();
    let text = "{% set rows = run_query('select status, n from t') %}{% if execute %}{% for row in rows %}{{ row.status }}{{ row[1] }}{{ row['n'] }},{% endfor %}{{ rows.columns[0].values() }} {{ rows.columns['n'].values() | sum }} {{ rows.column_names }} {{ rows.rows[0].values() }} {{ rows | length }}{% endif %}";
    assert_eq!(fixture.text(text), "new22,paid11,('new', 'paid') 3 ('status', 'n') ('new', 2) 2");
    let parsed = fixture.parse(text);
    assert!(parsed.diagnostics.is_empty() && parsed.uses.introspects);
    let statement = "{% call statement('s', fetch_result=true) %}select {{ 1 }}{% endcall %}{{ load_result('s')['data'][0][0] }} {{ load_result('s').table.columns[1].values() }}";
    assert_eq!(fixture.text(statement), "new (2, 1)");
    insta::assert_snapshot!(fixture.text("{% if true %}{% do run_query('select * from broken') %}{% endif %}"), @"models/model.sql:1:20 «run_query('select * from broken')» sql-error: there is no table `broken`");
    assert!(fixture.text("{{ adapter.drop_relation(this) }}").contains("templates cannot change the lake"));
}

#[test]
fn relations_can_be_looked_up() {
    let fixture = Fixture::new();
    assert_eq!(fixture.text("{{ adapter.get_relation(this.database, this.schema, 'x') }} {{ adapter.get_relation(none, 'main', 'nothing') is none }} {{ load_relation(this).is_table }}"), r#""main"."x" True True"#);
    assert_eq!(
        fixture.text("{% for c in adapter.get_columns_in_relation(ref('orders')) %}{{ c.name }}:{{ c.data_type }}:{{ c.is_number() }} {% endfor %}"),
        "id:bigint:True Status:varchar:False amount:decimal(12,2):True "
    );
}

#[test]
fn macros_can_speak() {
    let fixture = Fixture::with_macros(
        "{% macro careful() %}{% do exceptions.warn('mind the ' ~ 'gap') %}{{ log('loud', info=true) }}{{ log('quiet') }}{% do print(1) %}{% endmacro %}",
    );
    let compiled = fixture.compile("{{ careful() }}x", &World::default()).unwrap();
    assert_eq!((compiled.text.as_str(), compiled.messages), ("x", vec!["loud".to_owned(), "1".to_owned()]));
    assert_eq!(
        compiled.warnings.iter().map(show).collect::<Vec<_>>(),
        ["models/model.sql:1:4 «careful()» template-error: mind the gap"]
    );
}

#[test]
fn data_in_other_forms() {
    let fixture = Fixture::new();
    assert_eq!(fixture.text("{{ tojson({'b': [1, none], 'a': 'x'}) }} {{ tojson({'b': 1, 'a': 2}, sort_keys=true) }} {{ fromjson('{\"a\": [1]}').a[0] }} {{ fromjson('{', 'bad') }} {{ fromyaml('a: [1, x]').a }} {{ local_md5('a') }}"), r#"{"b": [1, null], "a": "x"} {"a": 2, "b": 1} 1 bad [1, 'x'] 0cc175b9c0f1b6a831c399e269772661"#);
    assert_eq!(fixture.text("{{ zip([1, 2], ['a', 'b', 'c']) | list }} {{ set([1, 2, 1]) }} {{ set([1]).union([2]) | list }} {{ modules.itertools.product([1, 2], ['a']) | list }}"), "[(1, 'a'), (2, 'b')] {1, 2} [1, 2] [(1, 'a'), (2, 'a')]");
}

#[test]
fn builtins_can_be_wrapped() {
    let fixture =
        Fixture::with_macros("{% macro ref(name) %}{% do return(builtins.ref('v2_' ~ name)) %}{% endmacro %}");
    assert_eq!(fixture.text("{{ ref('orders') }}"), r#""main"."v2_orders""#);
    let parsed = fixture.parse("{{ ref('orders') }}");
    assert!(parsed.uses.refs.iter().any(|found| found.reference.name == "v2_orders" && !found.conditional));
}

#[test]
fn generic_tests_and_schema_names_are_called_from_outside() {
    let macros = "
{% test positive(model, column_name, above=0) %}select * from {{ model }} where not {{ column_name }} > {{ above }}{% endtest %}
{% data_test other(model) %}{{ model }}{% enddata_test %}
{% macro generate_schema_name(custom_schema_name, node) %}{{ target.schema }}_{{ custom_schema_name | trim }}{% endmacro %}
{% materialization special, default %}{{ nothing }}{% endmaterialization %}";
    let fixture = Fixture::with_macros(macros);
    assert_eq!(fixture.problems, []);
    let call = |name: &str, arguments: &[(&str, crate::template::Argument)]| {
        let called = fixture.set.call(name, arguments, &fixture.settings, &fixture.node, Some(&World::default()));
        called.map(|outcome| outcome.map_or_else(|problem| show(&problem), |compiled| compiled.text))
    };
    let model = || ("model", crate::template::TemplateRelation::new("main", "orders").into());
    assert_eq!(
        call("test_positive", &[model(), ("column_name", "amount".into())]).unwrap(),
        r#"select * from "main"."orders" where not amount > 0"#
    );
    assert_eq!(
        call("generate_schema_name", &[("custom_schema_name", "marts".into()), ("node", serde_json::json!({}).into())])
            .unwrap(),
        "main_marts"
    );
    assert_eq!(call("nope", &[]), None);
    insta::assert_snapshot!(call("test_positive", &[model(), ("colum_name", "x".into())]).unwrap(), @"macros/shop.sql:2:9 «positive» template-error: `positive` has no argument `colum_name` (did you mean `column_name`?)");
    let test = fixture.set.generic_test("positive").unwrap();
    assert_eq!(test.parameters().collect::<Vec<_>>(), ["model", "column_name", "above"]);
    assert!(test.has_default("above") && !test.has_default("model"));
    assert_eq!(fixture.set.generic_tests().into_iter().collect::<Vec<_>>(), ["other", "positive"]);
}

#[test]
fn snapshots_are_templates_of_their_own() {
    let template = Fixture::template("{% snapshot a %}{{ config(unique_key='id') }}select * from {{ ref('x') }}{% endsnapshot %}\n{% snapshot b %}b{% endsnapshot %}").unwrap();
    let fixture = Fixture::new();
    let all: Vec<String> = template
        .snapshots()
        .map(|(name, body)| {
            format!(
                "{name}: {}",
                fixture.set.compile(&body, &fixture.settings, &fixture.node, &World::default()).unwrap().text
            )
        })
        .collect();
    assert_eq!(all, [r#"a: select * from "main"."x""#, "b: b"]);
}
