{%- call statement('newest', fetch_result=True) -%}
    select cast(max(id) as integer) as newest, count(*) as row_count from {{ ref('readings') }}
{%- endcall -%}
{%- set row = load_result('newest')['data'][0] if execute else [0, 0] -%}
select {{ row[0] }} as newest, {{ row[1] }} as row_count, count(*) as counted from {{ ref('readings') }}
