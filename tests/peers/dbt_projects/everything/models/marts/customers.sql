{#- Two ephemeral models, one on top of the other, and a CTE of the same name as a table elsewhere. -#}
with orders as (select * from {{ ref('eph_priced_orders') }})
select
    c.customer,
    c.first_order,
    c.last_order,
    c.order_count,
    sum(o.total_cents) as total_cents,
    cast(avg(o.quantity) as double) as mean_quantity,
    c.last_order - c.first_order as days_between,
    row_number() over (order by sum(o.total_cents) desc, c.customer) as place
from {{ ref('eph_customers') }} as c
join orders as o on o.customer = c.customer
group by c.customer, c.first_order, c.last_order, c.order_count
