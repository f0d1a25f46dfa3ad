{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='order_id'
) }}

-- The lines of every order. An order that changed is replaced with all its lines, so a line that was taken off disappears.
select
    items.order_item_id,
    items.order_id,
    items.line,
    skus.sku_code,
    orders.store_id,
    orders.order_date,
    items.quantity,
    items.unit_price_cents,
    items.net_cents,
    {{ euros('items.net_cents', 'rates.rate_to_eur') }} as net_eur,
    orders.loaded_at
from {{ ref('stg_app__orders') }} as orders
inner join {{ ref('stg_app__order_items') }} as items on items.order_id = orders.order_id
inner join {{ ref('dim_sku') }} as skus on skus.sku_id = items.sku_id
inner join {{ ref('exchange_rates') }} as rates on rates.currency = orders.currency
{% if is_incremental() %}
where {{ landed_since_last_build('orders.loaded_at') }}
{% endif %}
