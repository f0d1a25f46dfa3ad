-- Revenue by market and day, days without an order among them.
with sales as (

    select
        stores.market_code,
        orders.order_date,
        count(*) as order_count,
        count(distinct orders.customer_key) as customer_count,
        sum(orders.total_eur) as revenue_eur
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('dim_store') }} as stores on stores.store_id = orders.store_id
    where orders.is_counted
    group by stores.market_code, orders.order_date

),

span as (

    select min(order_date) as first_day, max(order_date) as last_day from {{ ref('fct_orders') }}

)

select
    markets.market_code,
    markets.city,
    days.date_day,
    days.is_weekend,
    coalesce(sales.order_count, 0) as order_count,
    coalesce(sales.customer_count, 0) as customer_count,
    coalesce(round(sales.revenue_eur, 2), 0) as revenue_eur
from {{ ref('dim_date') }} as days
inner join span on days.date_day between span.first_day and span.last_day
cross join {{ ref('dim_market') }} as markets
left join sales on sales.market_code = markets.market_code and sales.order_date = days.date_day
