{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key='order_id'
) }}

-- One row for each order ever made. Deleted, cancelled and test orders stay, told apart by `is_counted`.
select
    orders.order_id,
    customers.customer_key,
    orders.store_id,
    orders.order_date,
    orders.ordered_at,
    orders.status,
    orders.channel,
    orders.currency,
    orders.items_cents,
    orders.discount_cents,
    orders.shipping_cents,
    orders.total_cents,
    {{ euros('orders.total_cents', 'markets.rate_to_eur') }} as total_eur,
    coalesce(accounts.is_test, false) or stores.is_test as is_test,
    orders.is_migrated,
    orders.is_late,
    orders.is_deleted,
    not (
        orders.is_deleted
        or orders.status = 'cancelled'
        or coalesce(accounts.is_test, false)
        or stores.is_test
    ) as is_counted,
    orders.updated_at,
    orders.loaded_at
from {{ ref('stg_app__orders') }} as orders
inner join {{ ref('stg_app__stores') }} as stores on stores.store_id = orders.store_id
inner join {{ ref('dim_market') }} as markets on markets.market_id = stores.market_id
left join {{ ref('customer_accounts') }} as accounts on accounts.customer_id = orders.customer_id
left join {{ ref('dim_customer') }} as customers on customers.customer_key = accounts.customer_key
{% if is_incremental() %}
where {{ landed_since_last_build('orders.loaded_at') }}
{% endif %}
