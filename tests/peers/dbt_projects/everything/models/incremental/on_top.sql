{{ config(materialized='table') }}
select 'append' as origin, count(*) as row_count from {{ ref('inc_append') }}
union all
select 'merge', count(*) from {{ ref('inc_merge') }}
union all
select 'delete+insert', count(*) from {{ ref('inc_delete_insert') }}
