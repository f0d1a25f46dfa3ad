{{ config(materialized='incremental', incremental_strategy='append') }}

-- Searches are only ever added.
select
    event_id,
    occurred_at,
    lower(trim(search_term)) as search_term,
    store_code,
    platform,
    loaded_at
from {{ ref('stg_events__events') }}
where event_type = 'search'
{% if is_incremental() %}
    and {{ landed_since_last_build('loaded_at') }}
    and event_id not in (select known.event_id from {{ this }} as known)
{% endif %}
