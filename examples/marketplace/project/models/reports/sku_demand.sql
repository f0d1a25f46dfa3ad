-- What sold and was looked at in each market lately, best sellers first.
with as_of as (

    select max(order_date) as last_day from {{ ref('fct_orders') }}

),

sold as (

    select
        stores.market_code,
        items.sku_code,
        sum(items.quantity) as units_sold,
        sum(items.net_eur) as revenue_eur,
        count(distinct items.store_id) as stores_selling
    from {{ ref('fct_order_items') }} as items
    inner join {{ ref('fct_orders') }} as orders on orders.order_id = items.order_id
    inner join {{ ref('dim_store') }} as stores on stores.store_id = items.store_id
    cross join as_of
    where orders.is_counted
        and items.order_date > as_of.last_day - interval '{{ var("demand_days") }} days'
    group by stores.market_code, items.sku_code

),

viewed as (

    select
        stores.market_code,
        events.sku_code,
        count(*) as views
    from {{ ref('fct_events') }} as events
    inner join {{ ref('dim_store') }} as stores on stores.store_code = events.store_code
    cross join as_of
    where events.counts_as_demand
        and events.sku_code is not null
        and events.event_date > as_of.last_day - interval '{{ var("demand_days") }} days'
    group by stores.market_code, events.sku_code

)

select
    sold.market_code,
    sold.sku_code,
    skus.product_name,
    skus.category,
    sold.units_sold,
    round(sold.revenue_eur, 2) as revenue_eur,
    sold.stores_selling,
    coalesce(viewed.views, 0) as views,
    row_number() over (
        partition by sold.market_code
        order by sold.units_sold desc, coalesce(viewed.views, 0) desc, sold.sku_code
    ) as demand_rank
from sold
inner join {{ ref('dim_sku') }} as skus on skus.sku_code = sold.sku_code
left join viewed on viewed.market_code = sold.market_code and viewed.sku_code = sold.sku_code
where not skus.is_discontinued
