//! The SQL macros of dbt, dbt_utils and ade.

use super::fixture::Fixture;

#[test]
fn sql_of_the_packages() {
    let fixture = Fixture::new();
    for (template, expected) in [
        (
            "{{ dbt_utils.generate_surrogate_key(['a', 'b']) }}",
            "md5(cast(coalesce(cast(a as varchar), '_dbt_utils_surrogate_key_null_') || '-' || coalesce(cast(b as varchar), '_dbt_utils_surrogate_key_null_') as varchar))",
        ),
        ("{{ dbt_utils.star(ref('orders'), except=['STATUS']) }}", "\"id\",\n  \"amount\""),
        (
            "{{ dbt_utils.star(from=ref('orders'), relation_alias='o', prefix='o_') }}",
            "o.\"id\" as \"o_id\",\n  o.\"Status\" as \"o_Status\",\n  o.\"amount\" as \"o_amount\"",
        ),
        ("{{ dbt_utils.get_column_values(ref('orders'), 'status') }}", "['new', 'paid']"),
        ("{{ dbt_utils.get_single_value('select 1') }}", "new"),
        (
            "{{ dbt_utils.pivot('color', ['red', \"o'x\"]) }}",
            "sum(case when color = 'red' then 1 else 0 end) as \"red\",\n  sum(case when color = 'o''x' then 1 else 0 end) as \"o'x\"",
        ),
        ("{{ dbt_utils.group_by(3) }}", "group by 1,2,3"),
        (
            "{{ dbt_utils.safe_divide('a', 'b') }} {{ dbt_utils.safe_add(['a', 'b']) }}",
            "( a ) / nullif( ( b ), 0) coalesce(a, 0) + coalesce(b, 0)",
        ),
        ("{{ dbt_utils.slugify('My Column-2!') }}", "my_column_2"),
        (
            "{{ dbt.date_trunc('day', 'at') }} {{ dbt.dateadd('quarter', -2, 'at') }} {{ dbt.dateadd('days', 'n', 'at') }}",
            "date_trunc('day', at) (at + interval '-6 month') (at + (interval '1 day') * (n))",
        ),
        (
            "{{ dbt.datediff('a', 'b', 'month') }}",
            "cast(((date_part('year', cast(b as timestamp)) - date_part('year', cast(a as timestamp))) * 12 + date_part('month', cast(b as timestamp)) - date_part('month', cast(a as timestamp))) as bigint)",
        ),
        (
            "{{ dbt.type_string() }} {{ dbt.safe_cast('x', dbt.type_int()) }} {{ dbt.concat(['a', 'b']) }} {{ dbt.string_literal(dbt.escape_single_quotes(\"it's\")) }}",
            "varchar try_cast(x as integer) a || b 'it''s'",
        ),
        (
            "{{ surrogate_key(['store_id', 'day']) }} {{ surrogate_key('a', 'b') }} {{ batch_id() }}",
            "surrogate_key(store_id, day) surrogate_key(a, b) batch_id()",
        ),
        (
            "{{ day_spine('2024-01-01', 'current_date') }}",
            "(select cast(value as date) as date_day from generate_series(cast('2024-01-01' as timestamp), cast(current_date as timestamp), interval '1 day'))",
        ),
        (
            "{{ dbt_utils.date_spine('month', \"cast('2024-01-01' as date)\", 'x') }}",
            "(select value as date_month from range(cast(cast('2024-01-01' as date) as timestamp), cast(x as timestamp), interval '1 month'))",
        ),
        (
            "{{ dbt_utils.deduplicate(ref('orders'), 'id', 'at desc') }}",
            "select distinct on (id) * from \"main\".\"orders\" order by id, at desc",
        ),
    ] {
        assert_eq!(fixture.text(template), expected, "{template}");
    }
    insta::assert_snapshot!(fixture.text("{{ dbt_utils.union_relations([ref('a'), ref('b')], exclude=['amount', 'status']) }}"), @r#"
    (select cast('"main"."a"' as varchar) as _dbt_source_relation, cast("id" as bigint) as "id" from "main"."a")
    union all
    (select cast('"main"."b"' as varchar) as _dbt_source_relation, cast("id" as bigint) as "id" from "main"."b")
    "#);
    insta::assert_snapshot!(fixture.text("{{ dbt_utils.generate_surogate_key(['a']) }}"), @"models/model.sql:1:4 «dbt_utils.generate_surogate_key(['a'])» undefined-name: `dbt_utils` has no `generate_surogate_key` (did you mean `generate_surrogate_key`?)");
    insta::assert_snapshot!(fixture.text("{{ dbt_utils.generate_surrogate_key('a') }}"), @"models/model.sql:1:4 «dbt_utils.generate_surrogate_key('a')» template-error: `generate_surrogate_key` takes a list");
}
