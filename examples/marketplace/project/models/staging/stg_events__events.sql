-- Each event once: a retry after a time-out sends it again.
with numbered as (

    select
        event_id,
        event as event_type,
        occurred_at,
        received_at,
        visitor_id,
        session_id,
        user_id as customer_id,
        email,
        platform,
        store_code,
        sku_code,
        search_term,
        _ade_loaded_at as loaded_at,
        row_number() over (partition by event_id order by received_at, _ade_loaded_at) as place
    from {{ source('events', 'events') }}

)

select
    event_id,
    event_type,
    occurred_at,
    cast(occurred_at as date) as event_date,
    received_at,
    visitor_id,
    session_id,
    customer_id,
    email,
    platform,
    store_code,
    sku_code,
    search_term,
    loaded_at
from numbered
where place = 1
