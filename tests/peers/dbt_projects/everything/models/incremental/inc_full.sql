{{ config(materialized='incremental', full_refresh=true) }}
select {{ 1 if is_incremental() else 0 }} as was_incremental, count(*) as event_count from {{ ref('events') }}
