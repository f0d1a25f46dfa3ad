-- The lines of an order are worth what the order says. An order whose lines have not arrived would show here.
select
    orders.order_id,
    orders.items_cents,
    sum(items.net_cents) as lines_cents
from {{ ref('fct_orders') }} as orders
left join {{ ref('fct_order_items') }} as items on items.order_id = orders.order_id
group by orders.order_id, orders.items_cents
having orders.items_cents <> coalesce(sum(items.net_cents), 0)
