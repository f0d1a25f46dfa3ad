{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by=['event_date']
) }}

-- Each day of events is replaced whole when any event of it arrives, so late ones find their day.
select
    events.event_id,
    events.event_date,
    events.occurred_at,
    events.event_type,
    types.funnel_step,
    types.counts_as_demand,
    events.visitor_id,
    events.session_id,
    customers.customer_key,
    events.platform,
    events.store_code,
    events.sku_code,
    events.loaded_at
from {{ ref('stg_events__events') }} as events
inner join {{ ref('event_types') }} as types on types.event = events.event_type
left join {{ ref('customer_accounts') }} as accounts on accounts.customer_id = events.customer_id
left join {{ ref('dim_customer') }} as customers on customers.customer_key = accounts.customer_key
where not coalesce(accounts.is_test, false)
{% if is_incremental() %}
    and events.event_date in (
        select arrived.event_date
        from {{ ref('stg_events__events') }} as arrived
        where {{ landed_since_last_build('arrived.loaded_at') }}
    )
{% endif %}
