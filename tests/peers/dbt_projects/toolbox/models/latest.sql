{{ config(materialized='incremental', unique_key='id', incremental_strategy='merge', merge_exclude_columns=['value']) }}
{%- if execute and is_incremental() %}
    {%- set newest = run_query("select max(id) from " ~ this).columns[0][0] %}
{%- else %}
    {%- set newest = 0 %}
{%- endif %}
select id, sensor, value, {{ newest }} as seen_after
from {{ ref('readings') }}
where id > {{ newest }} - 3
