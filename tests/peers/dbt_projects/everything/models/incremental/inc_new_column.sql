{{ config(incremental_strategy='append', on_schema_change='append_new_columns') }}
select
    event_id,
    happened_at
    {%- if is_incremental() %},
    amount
    {%- endif %}
from {{ ref('events') }}
{% if is_incremental() %}
where event_id not in (select event_id from {{ this }})
{% endif %}
