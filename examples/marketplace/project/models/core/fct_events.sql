{{ config(
    materialized='incremental',
    incremental_strategy='insert_overwrite',
    partition_by=['event_date']
) }}

-- Each day of events is replaced whole when any event of it arrives, so late ones find their day. Days with people who have
-- been erased since are made again, without their key.
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
        select cast(arrived.occurred_at as date)
        from {{ source('events', 'events') }} as arrived
        where {{ landed_since_last_build('arrived._ade_loaded_at') }}
        union all
        select known.event_date
        from {{ this }} as known
        left join {{ ref('dim_customer') }} as still_there on still_there.customer_key = known.customer_key
        where known.customer_key is not null and still_there.customer_key is null
    )
{% endif %}
