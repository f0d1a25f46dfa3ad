{{ config(incremental_strategy='append', on_schema_change='sync_all_columns') }}
select
    event_id,
    {% if is_incremental() %}amount{% else %}kind{% endif %},
    happened_at
from {{ ref('events') }}
{% if is_incremental() %}
where event_id not in (select event_id from {{ this }})
{% endif %}
