{{ config(materialized='ephemeral') }}
select
    o.order_id,
    o.customer,
    o.product_code,
    o.quantity,
    o.ordered_on,
    o.note,
    o.changed_at,
    p.kind,
    p.price_cents * o.quantity as total_cents
from {{ ref('stg_orders') }} as o
join {{ ref('stg_products') }} as p on p.product_code = o.product_code
